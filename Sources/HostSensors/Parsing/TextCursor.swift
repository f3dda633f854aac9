/// Reads a kernel file from left to right, in place.
///
/// Words are runs of bytes between blanks (space, tab, carriage return, newline). Every reading method skips
/// leading blanks and moves past what it looked at, whether it could be used or not, so garbage costs one
/// field and never the rest of the line. Nothing is copied and nothing traps.
struct TextCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset = 0

    /// Starts at the first byte.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// Whether no byte is left.
    var isAtEnd: Bool { self.offset >= self.bytes.count }

    /// What has not been read yet.
    var rest: Span<UInt8> {
        @_lifetime(copy self)
        get { self.bytes.extracting(min(self.offset, self.bytes.count)..<self.bytes.count) }
    }

    /// Takes one line, without its newline.
    @_lifetime(copy self)
    mutating func line() -> TextCursor {
        TextCursor(self.text(until: UInt8(ascii: "\n")))
    }

    /// Takes everything before `stop`, and `stop` too; everything left if `stop` does not come.
    @_lifetime(copy self)
    mutating func text(until stop: UInt8) -> Span<UInt8> {
        let start = self.offset
        while self.offset < self.bytes.count, self.bytes[self.offset] != stop { self.offset &+= 1 }
        let text = self.bytes.extracting(start..<self.offset)
        if self.offset < self.bytes.count { self.offset &+= 1 }
        return text
    }

    /// Takes the next word; empty at the end.
    @_lifetime(copy self)
    mutating func word() -> Span<UInt8> {
        self.skipBlanks()
        let start = self.offset
        while self.offset < self.bytes.count, !Self.isBlank(self.bytes[self.offset]) { self.offset &+= 1 }
        return self.bytes.extracting(start..<self.offset)
    }

    /// Passes over `count` words.
    mutating func skipWords(_ count: Int) {
        for _ in 0..<count { _ = self.word() }
    }

    /// Takes the next word as a whole number; nil if it is none or beyond 64 bits.
    mutating func number() -> UInt64? {
        self.skipBlanks()
        let start = self.offset
        var value: UInt64 = 0
        var fits = true
        while self.offset < self.bytes.count {
            let digit = self.bytes[self.offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            let (tens, overTens) = value.multipliedReportingOverflow(by: 10)
            let (sum, overSum) = tens.addingReportingOverflow(UInt64(digit))
            fits = fits && !overTens && !overSum
            value = sum
            self.offset &+= 1
        }
        guard self.offset > start, fits, self.isAtWordEnd else {
            self.skipRestOfWord()
            return nil
        }
        return value
    }

    /// Takes the next word as a number with an optional sign.
    mutating func signedNumber() -> Int64? {
        self.skipBlanks()
        let isNegative = self.offset < self.bytes.count && self.bytes[self.offset] == UInt8(ascii: "-")
        if isNegative { self.offset &+= 1 }
        // A lone sign must not reach into the next word.
        guard !self.isAtWordEnd, let magnitude = self.number() else { return nil }
        if isNegative {
            return magnitude <= UInt64(Int64.max) &+ 1 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    /// Takes the next word as a hexadecimal number without prefix.
    mutating func hexadecimal() -> UInt64? {
        let word = self.word()
        guard !word.isEmpty, word.count <= 16 else { return nil }
        var value: UInt64 = 0
        for index in word.indices {
            guard let digit = Self.hexadecimalDigit(word[index]) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    /// Takes the next word as a decimal fraction, as `0.25`.
    mutating func decimal() -> Double? {
        var word = TextCursor(self.word())
        guard let whole = word.digits() else { return nil }
        guard !word.isAtEnd else { return Double(whole.value) }
        guard word.bytes[word.offset] == UInt8(ascii: ".") else { return nil }
        word.offset &+= 1
        guard let fraction = word.digits(), word.isAtEnd else { return nil }
        var scale = 1.0
        for _ in 0..<fraction.count { scale *= 10 }
        // One division of exact operands rounds once, so 0.25 is exactly 0.25.
        return (Double(whole.value) * scale + Double(fraction.value)) / scale
    }

    /// Takes `name` if it comes next, up to and including it.
    mutating func skip(_ name: StaticString) -> Bool {
        guard self.rest.starts(with: name) else { return false }
        self.offset &+= name.utf8CodeUnitCount
        return true
    }

    /// Passes over blanks.
    mutating func skipBlanks() {
        while self.offset < self.bytes.count, Self.isBlank(self.bytes[self.offset]) { self.offset &+= 1 }
    }

    private mutating func digits() -> (value: UInt64, count: Int)? {
        let start = self.offset
        var value: UInt64 = 0
        // 15 digits are exact in a double; the kernel prints at most 2 after the point.
        while self.offset < self.bytes.count, self.offset &- start < 15 {
            let digit = self.bytes[self.offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            value = value &* 10 &+ UInt64(digit)
            self.offset &+= 1
        }
        return self.offset > start ? (value, self.offset &- start) : nil
    }

    private var isAtWordEnd: Bool {
        self.offset >= self.bytes.count || Self.isBlank(self.bytes[self.offset])
    }

    private mutating func skipRestOfWord() {
        while !self.isAtWordEnd { self.offset &+= 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte >= 9 && byte <= 13)
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
