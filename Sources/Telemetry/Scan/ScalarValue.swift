/// An attribute value that is one number, flag or text.
package enum ScalarValue: Equatable, Sendable {
    case text(String)
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    /// An array, a list or bytes.
    case other

    /// A number, also where a sender spelled it as text; nil for anything else.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        case .text(let text): Double(text)
        case .bool, .other: nil
        }
    }

    /// Text, also of a number; nil for compound values.
    package var text: String? {
        switch self {
        case .text(let text): text
        case .integer(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): value ? "true" : "false"
        case .other: nil
        }
    }
}
