package import Telemetry

/// One trace of very many spans, handed out in parts: a session that lasts for hours, or a runaway loop.
///
/// A tree in which each span has up to ten children; parents come before their children, and times nest. Nothing is
/// remembered but the position, so a trace of any size costs no memory.
package struct GiantTrace: Sendable {
    /// The id of the one trace.
    package let traceID: TraceID
    /// How many spans the trace has in all.
    package let spanCount: Int
    /// How many spans are still to come.
    package var remaining: Int { self.spanCount - self.position }

    private let seed: UInt64
    private let begin: UInt64
    private var position = 0

    /// Starts at the root.
    ///
    /// - Parameters:
    ///   - spans: how many; cut to 0...100,000,000.
    ///   - seed: decides the ids.
    ///   - now: when the root ends; the trace lasts two microseconds for each span.
    package init(spans: Int, seed: UInt64, at now: Timestamp) {
        var random = SplitMix64(seed: seed)
        self.traceID = random.traceID()
        self.seed = random.next()
        self.spanCount = min(max(spans, 0), 100_000_000)
        let duration = 2_000 * UInt64(self.spanCount)
        self.begin = now.nanoseconds - min(now.nanoseconds, duration)
    }

    /// The next part as a request of its own.
    ///
    /// - Parameter count: how many spans, one at least; cut to ``Batch/itemsMax`` and to what remains.
    /// - Returns: nil when all spans were given.
    package mutating func next(_ count: Int) -> Batch? {
        let size = min(max(count, 1), Batch.itemsMax, self.remaining)
        guard size > 0 else { return nil }
        let spans = (self.position..<self.position + size).map { self.span($0) }
        self.position += size
        return Batch(
            signal: .spans,
            bytes: PlainSpan.encode(spans),
            itemCount: size,
            traceIDs: [self.traceID]
        )
    }

    private func span(_ index: Int) -> PlainSpan {
        PlainSpan(
            trace: self.traceID.octets,
            span: self.id(index).octets,
            parent: index == 0 ? [] : self.id((index - 1) / 10).octets,
            service: "neo-clone",
            name: index == 0 ? "invoke_agent neo-clone" : "execute_tool loop",
            start: self.begin &+ 1_000 * UInt64(index),
            end: self.begin &+ 1_000 * UInt64(2 * self.spanCount - index),
            attribute: Attribute("loop.iteration", index)
        )
    }

    /// Distinct for distinct indices, and never zero.
    private func id(_ index: Int) -> SpanID {
        SpanID(max(SplitMix64.mixed(self.seed &+ UInt64(index)), 1))
    }
}
