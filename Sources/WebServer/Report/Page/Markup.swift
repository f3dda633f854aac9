/// Text that may stand in a page as it is.
///
/// Only literals in this program's source are taken as they are; whatever is put into one by interpolation is escaped, so
/// that a name that somebody sent cannot become part of the page's structure. Attribute values stand in double quotes, always.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    /// Markup of ours.
    init(stringLiteral text: String) { self.text = text }

    /// Markup of ours with texts of others in it.
    init(stringInterpolation: StringInterpolation) { self.text = stringInterpolation.text }

    /// Pieces one after another.
    init(_ pieces: [Markup]) { self.text = pieces.map(\.text).joined() }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    /// Escapes what lies between literals.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            self.text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { self.text += literal }

        /// Text of others.
        mutating func appendInterpolation(_ text: String) { self.text += Markup.escaped(text) }

        /// Markup of ours.
        mutating func appendInterpolation(_ markup: Markup) { self.text += markup.text }

        /// Markup of ours, piece after piece.
        mutating func appendInterpolation(_ pieces: [Markup]) {
            for piece in pieces { self.text += piece.text }
        }

        /// A whole number.
        mutating func appendInterpolation(_ number: some BinaryInteger) { self.text += String(number) }

        /// A coordinate, to a tenth.
        mutating func appendInterpolation(_ place: Double) { self.text += PageNumbers.decimal(place, 1) }
    }

    /// A text in which nothing is markup, and nothing commands a browser or turns the direction of reading.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case _ where Self.isControl(scalar): result += "·"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.isBidiControl
            || scalar.properties.isNoncharacterCodePoint
    }
}
