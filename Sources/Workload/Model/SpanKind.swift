/// SpanKind of trace.proto.
enum SpanKind: UInt64, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3
}
