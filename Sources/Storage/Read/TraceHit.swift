package import Telemetry

/// One trace of a search, put together from all its chunks.
package struct TraceHit: Equatable, Sendable {
    /// Its id.
    package var trace: TraceID
    /// Nanoseconds since the Unix epoch.
    package var start: UInt64
    /// Latest end of a span, nanoseconds since the Unix epoch.
    package var end: UInt64
    /// Spans in all its chunks; one that was stored twice counts twice.
    package var spanCount: Int
    /// Spans that failed.
    package var errorCount: Int
    /// Service of the root span, else of the first span; nil where neither is known.
    package var rootService: String?
    /// Name of the root span; nil where it is not here.
    package var rootName: String?

    /// A trace of which no chunk was seen yet.
    package init(trace: TraceID) {
        self.trace = trace
        self.start = .max
        self.end = 0
        self.spanCount = 0
        self.errorCount = 0
    }

    /// Nanoseconds from the first start to the last end.
    package var duration: UInt64 { self.end > self.start ? self.end - self.start : 0 }

    /// Adds what a chunk's index entry knows.
    package mutating func add(_ entry: ChunkEntry, in frame: Frame) {
        self.add(ChunkFact(entry, of: frame.header.id, in: frame))
    }

    /// Adds what is known of a chunk.
    package mutating func add(_ fact: ChunkFact) {
        self.start = min(self.start, fact.start)
        self.end = max(self.end, fact.end)
        self.spanCount += Int(fact.itemCount)
        self.errorCount += Int(fact.errorCount)
        if fact.isRoot || self.rootService == nil {
            self.rootService = fact.service ?? self.rootService
            self.rootName = fact.rootName ?? self.rootName
        }
    }
}
