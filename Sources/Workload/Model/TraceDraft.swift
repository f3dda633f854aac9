import Telemetry

/// One trace before it is encoded.
struct TraceDraft: Sendable {
    var id: TraceID
    /// When its root starts, in nanoseconds since the Unix epoch.
    var begin: UInt64 = 0
    /// The root first, each parent before its children.
    var spans: [SpanDraft] = []
    /// What metrics are made from.
    var measurements: [Measurement] = []

    var errorCount: Int { self.spans.count { $0.errorMessage != nil } }

    /// Moves the trace so that its root ends at an instant, or as early as the epoch allows.
    mutating func end(at instant: UInt64) {
        let duration = self.spans.first?.end ?? 0
        self.begin = instant > duration ? instant - duration : 0
    }
}
