import Telemetry

/// A span before it is encoded; its times count from the begin of its trace.
struct SpanDraft: Sendable {
    var id: SpanID
    /// Nil for a root.
    var parent: SpanID?
    /// Whether the parent is a span of another process.
    var isParentRemote = false
    /// Index of its service in the fleet.
    var service: Int
    var scope: Scope
    var name: String
    var kind: SpanKind
    /// Nanoseconds after the begin of the trace.
    var start: UInt64
    /// Nanoseconds after the begin of the trace, never before `start`.
    var end: UInt64
    var attributes: [Attribute]
    /// What an exception event tells, where the failure arose in this very span.
    var exception: Failure?
    /// The message of an error status; nil where all went well.
    var errorMessage: String?
}
