internal import OTLP
internal import OTLPMessages
internal import Pipeline
internal import Storage
internal import SwiftProtobuf
internal import Telemetry

/// Finds the operations with the highest 99th percentile, and for each a trace with such a span.
struct SlowOperationSearch {
    let reader: any TelemetryReader
    /// Nanoseconds since the Unix epoch.
    let from: UInt64
    /// The same.
    let to: UInt64

    /// Operations that are told.
    private static let operationsMax = 10
    /// Traces that are looked for, and those of them that are read, for each operation.
    private static let (candidatesMax, readsMax) = (200, 8)
    /// A trace of more spans is not read.
    private static let spansMax = 5000

    func find(in lines: [SeriesLine]) async throws -> [SlowOperation] {
        let slowest = Report.operations(lines).map { operation in
            (operation: operation, bar: operation.durations.quantile(0.99) ?? 0)
        }.sorted {
            ($1.bar, $0.operation.service, $0.operation.name) < (
                $0.bar, $1.operation.service, $1.operation.name
            )
        }
        return try await withThrowingTaskGroup(of: (Int, SlowOperation).self) { group in
            for (rank, slow) in slowest.prefix(Self.operationsMax).enumerated() {
                group.addTask {
                    let example = try await self.example(of: slow.operation, seconds: slow.bar)
                    return (rank, SlowOperation(operation: slow.operation, example: example))
                }
            }
            var found: [(Int, SlowOperation)] = []
            for try await one in group { found.append(one) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// A slow span of it: the slowest of all where it can be found, else one beyond the percentile, else any.
    ///
    /// A trace lasts at least as long as its longest span, and the shortest of those that last long enough is likeliest to
    /// owe its length to that span.
    private func example(
        of operation: Report.Operation,
        seconds: Double
    ) async throws -> SlowOperation.Example? {
        var best: SlowOperation.Example?
        // Percentiles are those of a bucket, whose bounds lie a little apart.
        for bar in [operation.durations.maximum * 0.999, seconds * 0.9, 0] {
            let wanted = UInt64(exactly: (max(bar, 0) * 1e9).rounded()) ?? 0
            var query = SearchQuery(
                from: self.from,
                to: self.to,
                minDuration: wanted,
                limit: Self.candidatesMax
            )
            query.select(service: operation.service, operation: operation.name)
            let hits = try await self.reader.search(query).hits.filter { $0.spanCount <= Self.spansMax }
            let shortest = hits.sorted { ($0.duration, $0.start) < ($1.duration, $1.start) }
            for hit in shortest.prefix(Self.readsMax) {
                guard let stored = try? await self.reader.trace(hit.trace),
                    let duration = Self.longest(operation, try OTLPTracesData(serializedBytes: stored.spans)),
                    best.map({ duration > $0.duration }) ?? true
                else { continue }
                best = SlowOperation.Example(trace: hit.trace, duration: duration)
                if duration >= wanted { return best }
            }
        }
        return best
    }

    /// The longest span of an operation in a trace, in nanoseconds; nil where there is none that has ended.
    private static func longest(_ operation: Report.Operation, _ trace: OTLPTracesData) -> UInt64? {
        var longest: UInt64?
        for group in trace.resourceSpans where group.resource.serviceName == operation.service {
            for span in group.scopeSpans.flatMap(\.spans) where span.name == operation.name {
                let kind = SpanKindName.text(UInt8(clamping: span.kind.rawValue))
                let (start, end) = (span.startTimeUnixNano, span.endTimeUnixNano)
                if kind == operation.kind, end >= start { longest = max(longest ?? 0, end - start) }
            }
        }
        return longest
    }
}
