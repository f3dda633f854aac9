import Telemetry

/// As much of a span as a log record about it needs.
struct SpanReference: Sendable {
    var trace: TraceID
    var span: SpanID
    var service: Int
    var name: String
    /// Nanoseconds since the Unix epoch.
    var end: UInt64
    var duration: UInt64
    var errorMessage: String?

    init(_ span: SpanDraft, of trace: TraceDraft) {
        self.trace = trace.id
        self.span = span.id
        self.service = span.service
        self.name = span.name
        self.end = trace.begin &+ span.end
        self.duration = span.end - span.start
        self.errorMessage = span.errorMessage
    }
}
