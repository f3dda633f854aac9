/// What one pass over a request tells about one span or log record; all ranges lie in the request's bytes.
package struct ItemRecord: Sendable {
    /// Zeros where it is missing or not 16 bytes long.
    package var trace = TraceID(high: 0, low: 0)
    /// Zero where it is missing or not 8 bytes long.
    package var span: UInt64 = 0
    /// Zero for a root.
    package var parent: UInt64 = 0
    /// Start of a span, or the event time of a log record.
    package var start: UInt64 = 0
    /// End of a span, or the observed time of a log record.
    package var end: UInt64 = 0
    /// The message's bytes, without its tag and length.
    package var bodyOffset: UInt32 = 0
    /// Bytes of the message.
    package var bodyLength: UInt32 = 0
    /// The span's name, or the log record's event name.
    package var nameOffset: UInt32 = 0
    /// Bytes of the name.
    package var nameLength: UInt32 = 0
    /// The trace state as sent; empty when there is none.
    package var traceStateOffset: UInt32 = 0
    /// Bytes of the trace state.
    package var traceStateLength: UInt32 = 0
    /// Index into ``ScanResult/envelopes`` of the resource.
    package var resource: UInt32 = 0
    /// Index into ``ScanResult/envelopes`` of the scope.
    package var scope: UInt32 = 0
    /// Index of the first of this item's notes in ``ScanResult/notes``.
    package var firstNote: UInt32 = 0
    /// How many notes there are.
    package var noteCount: UInt32 = 0
    /// SpanKind of a span (0 to 5), severity number of a log record (0 to 24); larger numbers read as 0.
    package var kind: UInt8 = 0
    /// Status code of a span: 0 unset, 1 ok, 2 error; larger numbers read as 0.
    package var status: UInt8 = 0
    /// Data points of a metric; 1 for spans and log records.
    package var units: UInt32 = 1
    /// What is wrong with the item alone; the rest of its request is fine.
    package var defect: ItemDefect?

    /// Where the message stands.
    package var body: Range<Int> { Self.range(self.bodyOffset, self.bodyLength) }
    /// Where the name stands.
    package var name: Range<Int> { Self.range(self.nameOffset, self.nameLength) }
    /// Where the trace state stands.
    package var traceState: Range<Int> { Self.range(self.traceStateOffset, self.traceStateLength) }

    /// Nanoseconds from start to end; zero where the end is missing or lies before the start.
    package var duration: UInt64 { self.end > self.start ? self.end - self.start : 0 }

    /// Nothing known yet.
    package init() {}

    private static func range(_ offset: UInt32, _ length: UInt32) -> Range<Int> {
        Int(offset)..<(Int(offset) + Int(length))
    }
}

/// Why one span or log record cannot be kept while its neighbours can.
package enum ItemDefect: UInt8, CaseIterable, Sendable {
    case traceIDLength = 1
    case traceIDZero = 2
    case spanIDLength = 3
    case spanIDZero = 4

    /// The reason as it stands in a partial success and in the label `reason`.
    package var reason: String {
        switch self {
        case .traceIDLength: "trace_id_length"
        case .traceIDZero: "trace_id_zero"
        case .spanIDLength: "span_id_length"
        case .spanIDZero: "span_id_zero"
        }
    }

    /// What was expected and what came, for people.
    package var explanation: String {
        switch self {
        case .traceIDLength: "expected a trace id of 16 bytes"
        case .traceIDZero: "expected a trace id that is not all zeros"
        case .spanIDLength: "expected a span id of 8 bytes"
        case .spanIDZero: "expected a span id that is not all zeros"
        }
    }
}
