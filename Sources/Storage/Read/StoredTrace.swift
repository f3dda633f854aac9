/// One trace as stored: its spans and the log records that name it, as OTLP bytes.
package struct StoredTrace: Equatable, Sendable {
    /// TracesData.
    package var spans: [UInt8]
    /// LogsData.
    package var logs: [UInt8]
    /// Spans in ``spans``.
    package var spanCount: Int
    /// Records in ``logs``.
    package var logCount: Int
    /// Spans that were stored more than once; a copy of a chunk on another node is the same one.
    package var duplicateCount: Int
    /// Frames that could not be read; the answer lacks what they held.
    package var damagedFrames: Int
    /// Nodes that did not answer, sorted; the trace may lack what only they hold.
    package var missing: [String]

    /// A trace of these parts.
    package init(
        spans: [UInt8],
        logs: [UInt8],
        spanCount: Int,
        logCount: Int,
        duplicateCount: Int,
        damagedFrames: Int,
        missing: [String] = []
    ) {
        self.spans = spans
        self.logs = logs
        self.spanCount = spanCount
        self.logCount = logCount
        self.duplicateCount = duplicateCount
        self.damagedFrames = damagedFrames
        self.missing = missing
    }
}
