/// Appends little-endian numbers, varints and bytes to one growing array.
package struct ByteWriter: Sendable {
    /// What was written so far.
    package var bytes: [UInt8] = []

    /// An empty writer with room for some bytes.
    package init(reserving capacity: Int = 0) {
        self.bytes.reserveCapacity(capacity)
    }

    /// One byte.
    package mutating func byte(_ value: UInt8) { self.bytes.append(value) }

    /// Two bytes, little-endian.
    package mutating func fixed16(_ value: UInt16) { self.little(value) }
    /// Four bytes, little-endian.
    package mutating func fixed32(_ value: UInt32) { self.little(value) }
    /// Eight bytes, little-endian.
    package mutating func fixed64(_ value: UInt64) { self.little(value) }

    /// The eight bytes of a double (IEEE 754), little-endian.
    package mutating func double(_ value: Double) { self.little(value.bitPattern) }

    /// Base-128 with the high bit as continuation, as protobuf has it.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// How many bytes ``varint(_:)`` writes.
    static func varintByteCount(_ value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }

    /// A signed number whose small magnitudes stay short.
    package mutating func zigzag(_ value: Int64) {
        self.varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Bytes as they are.
    package mutating func bytes(_ more: some Sequence<UInt8>) { self.bytes.append(contentsOf: more) }

    /// Borrowed bytes as they are.
    package mutating func bytes(_ more: RawSpan) {
        unsafe more.withUnsafeBytes { unsafe self.bytes.append(contentsOf: $0) }
    }

    /// Length as varint, then the UTF-8 bytes.
    package mutating func text(_ value: String) {
        self.varint(UInt64(value.utf8.count))
        self.bytes.append(contentsOf: value.utf8)
    }

    /// A protobuf tag followed by a length-delimited payload.
    package mutating func field(_ number: UInt32, _ payload: some Collection<UInt8>) {
        self.varint(UInt64(number << 3 | 2))
        self.varint(UInt64(payload.count))
        self.bytes.append(contentsOf: payload)
    }

    private mutating func little(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe self.bytes.append(contentsOf: $0) }
    }
}

extension [UInt8] {
    /// Appends a range of other bytes; a range outside them appends what is inside.
    mutating func append(_ bytes: RawSpan, _ range: Range<Int>) {
        let inside = range.clamped(to: 0..<bytes.byteCount)
        unsafe bytes.extracting(inside).withUnsafeBytes { unsafe self.append(contentsOf: $0) }
    }

    /// The bytes, borrowed: a byte has no padding, so reading them raw is safe.
    package var raw: RawSpan {
        @_lifetime(borrow self)
        get { unsafe self.span.bytes }
    }
}
