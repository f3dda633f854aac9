/// Why a JSON text was refused: where, what was expected there, and what came.
///
/// It holds no part of the text but one byte, so it may be logged and sent back to the client.
package struct JSONFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the reader could have gone on with.
    package enum Expectation: String, Sendable {
        case value = "a value"
        case object = "an object"
        case array = "an array"
        case memberOrEnd = "a member name or the end of the object"
        case member = "a member name"
        case colon = "a colon"
        case commaOrObjectEnd = "a comma or the end of the object"
        case commaOrArrayEnd = "a comma or the end of the array"
        case string = "a string"
        case stringEnd = "the end of the string"
        case escape = "an escape sequence"
        case surrogate = "the other half of a surrogate pair"
        case utf8 = "UTF-8"
        case boolean = "true or false"
        case digit = "a digit"
        case integer = "an integer in the range of its type"
        case double = "a number in the range of a double"
        case shortNumber = "a number of at most 1,024 characters"
        case enumeration = "an integer or a name of the enumeration"
        case hexadecimal = "pairs of hexadecimal digits"
        case base64 = "base64"
        case shallow = "at most 64 levels of nesting"
        case end = "the end of the text"
    }

    /// Offset into the text, in bytes.
    package let byte: Int
    package let expected: Expectation
    /// The byte found there, nil when the text had ended.
    package let found: UInt8?

    package init(atByte byte: Int, expected: Expectation, found: UInt8?) {
        self.byte = byte
        self.expected = expected
        self.found = found
    }

    package var description: String {
        "expected \(self.expected.rawValue) at byte \(self.byte), found \(self.foundDescription)"
    }

    private var foundDescription: String {
        guard let found else { return "the end of the text" }
        guard (0x21...0x7E).contains(found) else {
            let digits = String(found, radix: 16, uppercase: true)
            return "byte 0x" + (digits.utf8.count < 2 ? "0" : "") + digits
        }
        return "'\(Character(UnicodeScalar(found)))'"
    }
}
