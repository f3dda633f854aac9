import Telemetry

/// Protobuf bytes in the making: fields are written as the specification's encoders write them.
///
/// A length stands before its content but is known after it: room is reserved by a guess, and where the guess was
/// wrong the content moves by the difference.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 0) { self.bytes.reserveCapacity(capacity) }

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        self.bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Bytes that are fields already.
    mutating func append(_ fields: [UInt8]) { self.bytes.append(contentsOf: fields) }

    /// A field of type uint32, uint64, int32, int64, bool or an enumeration.
    mutating func integer(_ number: UInt64, _ value: UInt64) {
        self.varint(number &<< 3)
        self.varint(value)
    }

    /// A field of type sint32.
    mutating func zigzag(_ number: UInt64, _ value: Int32) {
        self.integer(number, UInt64(UInt32(bitPattern: (value &<< 1) ^ (value &>> 31))))
    }

    mutating func fixed32(_ number: UInt64, _ value: UInt32) {
        self.varint(number &<< 3 | 5)
        self.little(value)
    }

    mutating func fixed64(_ number: UInt64, _ value: UInt64) {
        self.varint(number &<< 3 | 1)
        self.little(value)
    }

    mutating func double(_ number: UInt64, _ value: Double) { self.fixed64(number, value.bitPattern) }

    mutating func text(_ number: UInt64, _ value: String) {
        self.varint(number &<< 3 | 2)
        self.varint(UInt64(value.utf8.count))
        self.bytes.append(contentsOf: value.utf8)
    }

    mutating func blob(_ number: UInt64, _ value: [UInt8]) {
        self.varint(number &<< 3 | 2)
        self.varint(UInt64(value.count))
        self.bytes.append(contentsOf: value)
    }

    /// A field of type bytes that holds a trace id: 16 bytes, most significant first.
    mutating func traceID(_ number: UInt64, _ id: TraceID) {
        self.varint(number &<< 3 | 2)
        self.bytes.append(16)
        self.inMemoryOrder(id.high.bigEndian)
        self.inMemoryOrder(id.low.bigEndian)
    }

    /// A field of type bytes that holds a span id: 8 bytes, most significant first.
    mutating func spanID(_ number: UInt64, _ id: SpanID) {
        self.varint(number &<< 3 | 2)
        self.bytes.append(8)
        self.inMemoryOrder(id.bits.bigEndian)
    }

    /// A repeated field of fixed64 or double, packed.
    mutating func packedFixed64(_ number: UInt64, _ values: some Collection<UInt64>) {
        self.varint(number &<< 3 | 2)
        self.varint(UInt64(values.count &* 8))
        for value in values { self.little(value) }
    }

    /// A repeated field of uint64, packed.
    mutating func packedVarints(_ number: UInt64, _ values: [UInt64]) {
        self.message(number) { writer in for value in values { writer.varint(value) } }
    }

    /// A field whose content the body writes; `reserving` is how many bytes its length will probably take.
    @inline(__always)
    mutating func message(
        _ number: UInt64,
        reserving reserved: Int = 1,
        _ body: (inout ProtobufWriter) -> Void
    ) {
        self.varint(number &<< 3 | 2)
        for _ in 0..<reserved { self.bytes.append(0) }
        let start = self.bytes.count
        body(&self)
        self.close(at: start, reserved: reserved)
    }

    private mutating func close(at start: Int, reserved: Int) {
        var length = UInt64(self.bytes.count - start)
        var position = start - reserved
        let needed = (70 - (length | 1).leadingZeroBitCount) / 7
        if needed > reserved {
            self.bytes.insert(contentsOf: repeatElement(0, count: needed - reserved), at: start)
        } else if needed < reserved {
            self.bytes.removeSubrange(position..<position + reserved - needed)
        }
        while length >= 0x80 {
            self.bytes[position] = UInt8(truncatingIfNeeded: length) | 0x80
            length >>= 7
            position += 1
        }
        self.bytes[position] = UInt8(truncatingIfNeeded: length)
    }

    @inline(__always)
    private mutating func little(_ value: some FixedWidthInteger) {
        self.inMemoryOrder(value.littleEndian)
    }

    @inline(__always)
    private mutating func inMemoryOrder(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value) { unsafe self.bytes.append(contentsOf: $0) }
    }
}
