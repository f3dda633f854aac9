/// The byte-level questions that reading and writing JSON share.
enum JSONText {
    private static let lows: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first byte of the range that is not plain: a quote, a backslash, a control byte or not ASCII.
    ///
    /// Eight bytes are judged at a time. A subtraction borrows into the next byte only from a byte that is itself
    /// a hit, so the lowest hit is always true, and only that one is used.
    /// - Returns: its index, or `end`. Traps when the range is not within the span.
    static func plainEnd(of bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(start <= end && end <= bytes.count)
        let raw = unsafe bytes.bytes
        var index = start
        while index &+ 8 <= end {
            let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            let hits = Self.hits(in: UInt64(littleEndian: word))
            if hits != 0 {
                return index &+ (hits.trailingZeroBitCount &>> 3)
            }
            index &+= 8
        }
        while index < end {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                return index
            }
            index &+= 1
        }
        return end
    }

    @inline(__always)
    private static func hits(in word: UInt64) -> UInt64 {
        let quotes = word ^ 0x2222_2222_2222_2222
        let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let isControl = (word &- 0x2020_2020_2020_2020) & ~word
        let isQuote = (quotes &- Self.lows) & ~quotes
        let isBackslash = (backslashes &- Self.lows) & ~backslashes
        return (isControl | isQuote | isBackslash | word) & Self.highs
    }

    /// How many bytes the character that starts with a non-ASCII byte takes, or nil when it is not UTF-8.
    ///
    /// Overlong forms, surrogates and values over U+10FFFF are not UTF-8 (RFC 3629, section 4).
    static func characterLength(in bytes: borrowing Span<UInt8>, at start: Int, to end: Int) -> Int? {
        let lead = bytes[start]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard end &- start >= length, second.contains(bytes[start &+ 1]) else { return nil }
        var index = start &+ 2
        while index < start &+ length {
            guard bytes[index] & 0xC0 == 0x80 else { return nil }
            index &+= 1
        }
        return length
    }

    /// The value of a hexadecimal digit of either case.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// The digit of a number below sixteen, in lower case.
    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
    }
}
