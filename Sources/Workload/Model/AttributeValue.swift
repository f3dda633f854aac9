/// The kinds of AnyValue that instrumentation sends.
enum AttributeValue: Equatable, Sendable {
    case text(String)
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case texts([String])
}
