package import Telemetry

/// Makes requests that are well-formed protobuf and yet a trial for the receiver.
package struct OddTraffic: Sendable {
    private var random: SplitMix64

    /// Starts a row of requests that is the same for the same seed.
    package init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    /// Makes a request in which every item is odd in one way.
    ///
    /// - Parameters:
    ///   - oddity: in which way.
    ///   - count: how many spans; cut to 0...``Batch/itemsMax``.
    ///   - now: when the request is sent.
    /// - Returns: a request of traces of one span each.
    package mutating func spans(_ oddity: Oddity, count: Int, at now: Timestamp) -> Batch {
        self.batch(oddity, count: count, at: now) { _ in true }
    }

    /// Makes a request in which every second span, from the first on, is odd and its neighbours are sound.
    ///
    /// - Parameters:
    ///   - oddity: in which way the odd ones are odd.
    ///   - count: how many spans in all; cut to 0...``Batch/itemsMax``.
    ///   - now: when the request is sent.
    /// - Returns: a request of which half must arrive, whatever becomes of the other half.
    package mutating func mixedSpans(_ oddity: Oddity, count: Int, at now: Timestamp) -> Batch {
        self.batch(oddity, count: count, at: now) { $0.isMultiple(of: 2) }
    }

    private mutating func batch(
        _ oddity: Oddity,
        count: Int,
        at now: Timestamp,
        isOdd: (Int) -> Bool
    ) -> Batch {
        let size = min(max(count, 0), Batch.itemsMax)
        let shared = self.soundSpan(at: now)
        var spans: [PlainSpan] = []
        var traces: [TraceID] = []
        var seen: Set<TraceID> = []
        var refused = 0
        for index in 0..<size {
            let trace = self.random.traceID()
            var span = self.soundSpan(at: now)
            span.trace = trace.octets
            let odd = isOdd(index)
            if odd { Self.make(&span, oddity, index: index, like: shared, now: now.nanoseconds) }
            if odd, oddity.isRefused {
                refused += 1
            } else if let id = TraceID(octets: span.trace), seen.insert(id).inserted {
                traces.append(id)
            }
            spans.append(span)
        }
        return Batch(
            signal: .spans,
            bytes: PlainSpan.encode(spans),
            itemCount: size,
            traceIDs: traces,
            damagedCount: refused
        )
    }

    private mutating func soundSpan(at now: Timestamp) -> PlainSpan {
        let duration = UInt64(self.random.logNormal(median: 5e6, spread: 0.5))
        return PlainSpan(
            trace: self.random.traceID().octets,
            span: self.random.spanID().octets,
            service: "odd",
            name: "execute_tool odd",
            start: now.nanoseconds - min(now.nanoseconds, duration),
            end: now.nanoseconds,
            attribute: Attribute("gen_ai.tool.name", "odd")
        )
    }

    private static func make(
        _ span: inout PlainSpan,
        _ oddity: Oddity,
        index: Int,
        like shared: PlainSpan,
        now: UInt64
    ) {
        let tenYears: UInt64 = 10 * 365 * 86_400 * 1_000_000_000
        switch oddity {
        case .distinctNames: span.name = "operation-\(index)"
        case .distinctLabelValues: span.attribute = Attribute("gen_ai.tool.name", "tool-\(index)")
        case .distinctServices: span.service = "service-\(index)"
        case .zeroTraceID: span.trace = Array(repeating: 0, count: 16)
        case .zeroSpanID: span.span = Array(repeating: 0, count: 8)
        case .shortTraceID: span.trace.removeLast(8)
        case .shortSpanID: span.span.removeLast(5)
        case .longTraceID: span.trace.append(1)
        case .missingIDs: (span.trace, span.span) = ([], [])
        case .duplicateSpanID: (span.trace, span.span) = (shared.trace, shared.span)
        case .ownParent: span.parent = span.span
        case .absentParent: span.parent = span.trace.suffix(8)
        case .endBeforeStart: (span.start, span.end) = (span.end, span.start)
        case .zeroTimes: (span.start, span.end) = (0, 0)
        case .farPast:
            span.start -= min(span.start, tenYears)
            span.end -= min(span.end, tenYears)
        case .farFuture:
            span.start = span.start.saturatingAdd(tenYears)
            span.end = span.end.saturatingAdd(tenYears)
        case .latestTimes: (span.start, span.end) = (.max - 1, .max)
        }
    }
}
