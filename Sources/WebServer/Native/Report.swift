package import HostSensors
internal import OTLP
internal import Pipeline
package import Storage
package import Telemetry

/// What a node knows about a range of time, for a person or a program; pure, and written as JSON.
package struct Report: Sendable {
    package struct Operation: Sendable {
        package var service: String
        package var name: String
        package var kind: String
        package var durations: ExponentialHistogram
        package var errorCount: UInt64
        package var isEstimated: Bool
    }

    package var from: UInt64
    package var to: UInt64
    package var identity: NodeIdentity
    package var host: HostSummary?
    /// Most time spent first.
    package var operations: [Operation]
    package var series: [SeriesLine]
    package var slowest: [TraceHit]
    package var recent: [TraceHit]
    /// The seed's shape of one example trace; nil where there is none.
    package var exampleTrace: [UInt8]?
    package var accounts: [MetricFamily]

    package init(
        from: UInt64,
        to: UInt64,
        identity: NodeIdentity,
        host: HostSummary?,
        series: [SeriesLine],
        slowest: [TraceHit],
        recent: [TraceHit],
        exampleTrace: [UInt8]?,
        accounts: [MetricFamily]
    ) {
        self.from = from
        self.to = to
        self.identity = identity
        self.host = host
        self.series = series
        self.slowest = slowest
        self.recent = recent
        self.exampleTrace = exampleTrace
        self.accounts = accounts
        self.operations = Self.operations(series)
    }

    private static func operations(_ lines: [SeriesLine]) -> [Operation] {
        var result: [[String]: Operation] = [:]
        for line in lines where line.series.name == MetricName.spanDuration {
            guard case .service(let service) = line.series.subject else { continue }
            let name = line.series["span.name"] ?? ""
            let kind = line.series["span.kind"] ?? ""
            var operation =
                result[[service, name, kind]]
                ?? Operation(
                    service: service,
                    name: name,
                    kind: kind,
                    durations: ExponentialHistogram(),
                    errorCount: 0,
                    isEstimated: false
                )
            for point in line.points {
                guard case .histogram(let histogram) = point.value else { continue }
                operation.durations.merge(histogram)
                if line.series["status.code"] == "error" { operation.errorCount += histogram.count }
            }
            operation.isEstimated = operation.isEstimated || line.isEstimated
            result[[service, name, kind]] = operation
        }
        return result.values.sorted {
            ($1.durations.nanoSum, $0.service, $0.name, $0.kind) < ($0.durations.nanoSum, $1.service, $1.name, $1.kind)
        }
    }

    /// All operations together.
    var total: (durations: ExponentialHistogram, errorCount: UInt64) {
        var durations = ExponentialHistogram()
        var errors: UInt64 = 0
        for operation in self.operations {
            durations.merge(operation.durations)
            errors += operation.errorCount
        }
        return (durations, errors)
    }

    /// Health by the formula of the program that Neoscope replaces, until diagnosis exists.
    package var health: SeedHealth {
        SeedHealth(errorCount: self.total.errorCount, bottleneckCount: 0, isInitialised: true)
    }
}

/// Neo-Clone's health formula: 100 − min(5·errors, 50) − 20 where there are more than five bottlenecks.
package struct SeedHealth: Equatable, Sendable {
    package enum Status: String, Sendable {
        case healthy
        case degraded
        case unhealthy
    }

    package var score: Int
    package var errorCount: UInt64
    package var bottleneckCount: Int

    package init(errorCount: UInt64, bottleneckCount: Int, isInitialised: Bool) {
        self.errorCount = errorCount
        self.bottleneckCount = bottleneckCount
        let penalty = Int(min(errorCount, 10)) * 5 + (bottleneckCount > 5 ? 20 : 0)
        self.score = isInitialised ? max(100 - penalty, 0) : 0
    }

    /// Below 50 unhealthy, below 80 degraded.
    package var status: Status { self.score < 50 ? .unhealthy : self.score < 80 ? .degraded : .healthy }
}
