internal import OTLP
internal import Pipeline
package import Storage
package import Telemetry

/// What a node knows about a range of time, for a person or a program; pure, and written as JSON.
package struct Report: Sendable {
    /// What one operation did in the whole range.
    package struct Operation: Sendable {
        /// Whose operation it is.
        package var service: String
        /// The span name.
        package var name: String
        /// The span kind, as `server`.
        package var kind: String
        /// In seconds; its count is that of all spans.
        package var durations: ExponentialHistogram
        /// Spans with status error.
        package var errorCount: UInt64
        /// Whether a client sampled before, so that numbers were scaled up.
        package var isEstimated: Bool
    }

    /// Nanoseconds since the Unix epoch.
    package var from: UInt64
    /// Nanoseconds since the Unix epoch.
    package var to: UInt64
    /// Who answers.
    package var identity: NodeIdentity
    /// The host, now or in the range; nil where nothing is known.
    package var host: HostFigures?
    /// Most time spent first.
    package var operations: [Operation]
    /// All series of the range, one point each.
    package var series: [SeriesLine]
    /// Longest first.
    package var slowest: [TraceHit]
    /// Latest first.
    package var recent: [TraceHit]
    /// The seed's shape of one example trace; nil where there is none.
    package var exampleTrace: [UInt8]?
    /// The families `neoscope_items_*`.
    package var accounts: [MetricFamily]
    /// Parts of the node that do not do their work; a node that takes nothing in is not healthy.
    package var failing: [ComponentHealth]
    /// Nodes that did not answer, sorted; what only they hold is not in the report.
    package var missing: [String]
    /// Whether it is of stored telemetry alone, so that every node tells the same: nothing in it but who answered is of now.
    package var isOfThePast = false
    /// When it was made, in cluster time.
    package var made = ClusterTime(nanoseconds: 0)
    /// Every host of which something is stored in the range, by name.
    package var hosts: [ReportHost] = []
    /// The cluster as it is now; nil for a process without one.
    package var cluster: ClusterPicture?
    /// The highest 99th percentile first.
    package var slowOperations: [SlowOperation] = []
    /// What was not kept, or not let in, since the processes started; the most first.
    package var drops: [ReportDrop] = []
    /// Steps over the range; nil where nobody asked for them.
    package var timeline: Timeline?

    /// Adds operations up from their series.
    package init(
        from: UInt64,
        to: UInt64,
        identity: NodeIdentity,
        host: HostFigures?,
        series: [SeriesLine],
        slowest: [TraceHit],
        recent: [TraceHit],
        exampleTrace: [UInt8]?,
        accounts: [MetricFamily],
        failing: [ComponentHealth],
        missing: [String] = []
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
        self.failing = failing
        self.missing = missing
        self.operations = Self.operations(series)
    }

    /// What every operation did, most time spent first.
    static func operations(_ lines: [SeriesLine]) -> [Operation] {
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
                if line.series["status.code"] == "error" {
                    operation.errorCount = operation.errorCount.saturatingAdd(histogram.count)
                }
            }
            operation.isEstimated = operation.isEstimated || line.isEstimated
            result[[service, name, kind]] = operation
        }
        return result.values.sorted {
            ($1.durations.nanoSum, $0.service, $0.name, $0.kind) < (
                $0.durations.nanoSum, $1.service, $1.name, $1.kind
            )
        }
    }

    /// Operations added up by service, by name.
    var services: [(name: String, durations: ExponentialHistogram, errorCount: UInt64)] {
        var services: [String: (durations: ExponentialHistogram, errorCount: UInt64)] = [:]
        for operation in self.operations {
            var known = services[operation.service] ?? (ExponentialHistogram(), 0)
            known.durations.merge(operation.durations)
            known.errorCount = known.errorCount.saturatingAdd(operation.errorCount)
            services[operation.service] = known
        }
        return services.sorted { $0.key < $1.key }.map { ($0.key, $0.value.durations, $0.value.errorCount) }
    }

    /// All operations together.
    var total: (durations: ExponentialHistogram, errorCount: UInt64) {
        var durations = ExponentialHistogram()
        var errors: UInt64 = 0
        for operation in self.operations {
            durations.merge(operation.durations)
            errors = errors.saturatingAdd(operation.errorCount)
        }
        return (durations, errors)
    }

    /// Health by the formula of the program that Neoscope replaces, until diagnosis exists.
    package var health: SeedHealth { SeedHealth(of: self.series) }
}
