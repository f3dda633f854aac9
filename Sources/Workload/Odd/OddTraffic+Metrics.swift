package import Telemetry

extension OddTraffic {
    /// Makes a request of metrics with so many distinct names, label values or services.
    ///
    /// - Parameters:
    ///   - oddity: `distinctNames`, `distinctLabelValues`, `distinctServices`, or one of the oddities of time; the
    ///     others mean nothing for points and give sound ones.
    ///   - count: how many points, each a sum; cut to 0...``Batch/itemsMax``.
    ///   - now: the time of the points.
    /// - Returns: a request without trace ids.
    package func points(_ oddity: Oddity, count: Int, at now: Timestamp) -> Batch {
        let size = min(max(count, 0), Batch.itemsMax)
        let (start, end) = Self.times(oddity, now: now.nanoseconds)
        func point(_ index: Int) -> MetricDraft.Point {
            let value = oddity == .distinctLabelValues ? "tool-\(index)" : "odd"
            return MetricDraft.Point([Attribute("gen_ai.tool.name", value)], .integer(Int64(index)))
        }
        func metric(_ name: String, _ points: [MetricDraft.Point]) -> MetricDraft {
            MetricDraft(name: name, unit: "1", shape: .sum(isMonotonic: true), points: points)
        }
        let groups: [(service: String, metrics: [MetricDraft])] =
            switch oddity {
            case .distinctServices: (0..<size).map { ("service-\($0)", [metric("odd.count", [point($0)])]) }
            case .distinctNames: [("odd", (0..<size).map { metric("odd.count.\($0)", [point($0)]) })]
            default: [("odd", [metric("odd.count", (0..<size).map(point))])]
            }
        var writer = ProtobufWriter(reserving: size * 128)
        for group in groups {
            writer.message(1, reserving: 2) { resource in
                resource.resource([Attribute("service.name", group.service)])
                resource.message(2, reserving: 2) { scope in
                    scope.scope(.application)
                    for metric in group.metrics { scope.metric(metric, from: start, to: end) }
                }
            }
        }
        return Batch(signal: .points, bytes: writer.bytes, itemCount: size)
    }

    private static func times(_ oddity: Oddity, now: UInt64) -> (start: UInt64, end: UInt64) {
        let minute: UInt64 = 60_000_000_000
        let tenYears: UInt64 = 10 * 365 * 1_440 * minute
        return switch oddity {
        case .endBeforeStart: (now, now - min(now, minute))
        case .zeroTimes: (0, 0)
        case .farPast: (now - min(now, tenYears &+ minute), now - min(now, tenYears))
        case .farFuture: (now.saturatingAdd(tenYears), now.saturatingAdd(tenYears &+ minute))
        case .latestTimes: (.max - 1, .max)
        default: (now - min(now, minute), now)
        }
    }
}
