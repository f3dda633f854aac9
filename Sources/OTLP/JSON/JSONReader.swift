/// A cursor over JSON text (RFC 8259) that judges as it goes and builds nothing.
///
/// It never recurses, reads each byte a bounded number of times, and traps on no input.
struct JSONReader: ~Copyable, ~Escapable {
    /// A string that was found whole and valid: the range of its text between the quotes.
    struct StringToken {
        var start: Int
        var end: Int
        /// Without escapes, so that the range is the text itself.
        var isPlain: Bool
    }

    let bytes: Span<UInt8>
    var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// The byte at the cursor, 0 at the end: outside a string no JSON text holds a 0.
    @inline(__always) var current: UInt8 {
        self.offset < self.bytes.count ? self.bytes[self.offset] : 0
    }

    /// The failure to throw for what stands at the cursor, or at an earlier byte.
    @inline(never)
    func failure(_ expected: JSONFailure.Expectation, at byte: Int? = nil) -> JSONFailure {
        let byte = byte ?? self.offset
        return JSONFailure(
            atByte: byte,
            expected: expected,
            found: byte < self.bytes.count ? self.bytes[byte] : nil
        )
    }

    @inline(__always)
    mutating func skipSpace() {
        // Compact text has none: one comparison tells.
        if self.current > 0x20 { return }
        self.skipSpaceRun()
    }

    private mutating func skipSpaceRun() {
        while self.offset < self.bytes.count {
            switch self.bytes[self.offset] {
            case 0x20, 0x09, 0x0A, 0x0D: self.offset &+= 1
            default: return
            }
        }
    }

    /// Steps over one byte of punctuation.
    @inline(__always)
    mutating func expect(_ byte: UInt8, _ expected: JSONFailure.Expectation) throws(JSONFailure) {
        guard self.current == byte else { throw self.failure(expected) }
        self.offset &+= 1
    }

    /// Reads a member's name and the colon after it, up to the first byte of its value.
    @inline(__always)
    mutating func memberName() throws(JSONFailure) -> StringToken {
        let name = try self.string()
        self.skipSpace()
        try self.expect(UInt8(ascii: ":"), .colon)
        self.skipSpace()
        return name
    }

    /// Steps over `true`, `false` or `null`.
    mutating func literal(_ text: StaticString, _ expected: JSONFailure.Expectation) throws(JSONFailure) {
        let start = self.offset
        let length = text.utf8CodeUnitCount
        guard self.bytes.count &- start >= length else { throw self.failure(expected) }
        for index in 0..<length where unsafe self.bytes[start &+ index] != text.utf8Start[index] {
            throw self.failure(expected)
        }
        self.offset = start &+ length
    }

    /// Reads `true` or `false`.
    mutating func boolean() throws(JSONFailure) -> Bool {
        if self.current == UInt8(ascii: "t") {
            try self.literal("true", .boolean)
            return true
        }
        try self.literal("false", .boolean)
        return false
    }

    /// Demands that nothing but space is left.
    mutating func end() throws(JSONFailure) {
        self.skipSpace()
        guard self.offset == self.bytes.count else { throw self.failure(.end) }
    }
}
