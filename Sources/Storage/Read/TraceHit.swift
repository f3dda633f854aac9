package import Telemetry

/// One trace of a search, put together from all its chunks.
package struct TraceHit: Equatable, Sendable {
    package var trace: TraceID
    /// Nanoseconds since the Unix epoch.
    package var start: UInt64
    package var end: UInt64
    package var spanCount: Int
    package var errorCount: Int
    /// Service of the root span, else of the first span; nil where neither is known.
    package var rootService: String?
    package var rootName: String?

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
        self.start = min(self.start, entry.firstStart)
        self.end = max(self.end, entry.lastEnd)
        self.spanCount += Int(entry.itemCount)
        self.errorCount += Int(entry.errorCount)
        if entry.flags.contains(.root) || self.rootService == nil {
            self.rootService = frame.name(entry.service) ?? self.rootService
            self.rootName = frame.name(entry.rootName) ?? self.rootName
        }
    }
}
