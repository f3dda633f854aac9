internal import Pipeline
package import Storage
internal import Telemetry

/// Neo-Clone's health formula: 100 − min(5·errors, 50) − 20 where there are more than five bottlenecks.
package struct SeedHealth: Equatable, Sendable {
    /// The score in a word.
    package enum Status: String, Sendable {
        case healthy
        case degraded
        case unhealthy
    }

    /// 0 to 100.
    package var score: Int
    /// Failed spans.
    package var errorCount: UInt64
    /// Open bottlenecks.
    package var bottleneckCount: Int

    /// Computes the score; 0 before anything runs.
    package init(errorCount: UInt64, bottleneckCount: Int, isInitialised: Bool) {
        self.errorCount = errorCount
        self.bottleneckCount = bottleneckCount
        let penalty = Int(min(errorCount, 10)) * 5 + (bottleneckCount > 5 ? 20 : 0)
        self.score = isInitialised ? max(100 - penalty, 0) : 0
    }

    /// The health that the errors among series of span durations stand for.
    package init(of lines: [SeriesLine]) {
        var errorCount: UInt64 = 0
        for line in lines where line.series.name == MetricName.spanDuration {
            guard case .service = line.series.subject, line.series["status.code"] == "error" else { continue }
            for point in line.points {
                guard case .histogram(let histogram) = point.value else { continue }
                errorCount = errorCount.saturatingAdd(histogram.count)
            }
        }
        self.init(errorCount: errorCount, bottleneckCount: 0, isInitialised: true)
    }

    /// Below 50 unhealthy, below 80 degraded.
    package var status: Status { self.score < 50 ? .unhealthy : self.score < 80 ? .degraded : .healthy }
}
