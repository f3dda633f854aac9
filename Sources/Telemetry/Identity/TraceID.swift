/// The 16 bytes that all spans of one trace share.
///
/// Ordered as the bytes are: `high` holds bytes 0 to 7, big-endian. All zeros is not a valid id (W3C Trace Context).
package struct TraceID: Hashable, Comparable, Sendable {
    /// Bytes 0 to 7, big-endian.
    package var high: UInt64
    /// Bytes 8 to 15, big-endian.
    package var low: UInt64

    /// An id whose bytes are known.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits of any case; nil for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 32,
            let high = Hex.value(digits[0..<16]),
            let low = Hex.value(digits[16..<32])
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Whether any bit is set, as the specification demands of an id.
    package var isValid: Bool { self.high | self.low != 0 }

    /// 32 lower-case hexadecimal digits.
    package var hex: String { Hex.text(self.high) + Hex.text(self.low) }

    /// Orders as the bytes do.
    package static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

/// The 8 bytes that name one span inside its trace; zero means none.
package struct SpanID: Hashable, Comparable, Sendable {
    /// The bytes, big-endian.
    package var bits: UInt64

    /// An id whose bytes are known.
    package init(_ bits: UInt64) { self.bits = bits }

    /// Reads 16 hexadecimal digits of any case; nil for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 16, let bits = Hex.value(digits[...]) else { return nil }
        self.init(bits)
    }

    /// Whether any bit is set, as the specification demands of an id.
    package var isValid: Bool { self.bits != 0 }

    /// 16 lower-case hexadecimal digits.
    package var hex: String { Hex.text(self.bits) }

    /// Orders as the bytes do.
    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}
