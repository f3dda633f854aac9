/// A cursor over a range of protobuf bytes.
struct ProtobufReader: ~Copyable, ~Escapable {
    /// One field as it stands on the wire.
    struct Field {
        var number: UInt64
        var wireType: UInt8
        /// The number of types 0, 1 and 5.
        var value: UInt64 = 0
        /// The content of type 2, empty for the others.
        var content: Range<Int> = 0..<0
        /// Where the tag stands.
        var start: Int
    }

    let bytes: Span<UInt8>
    var offset: Int
    let end: Int

    /// Reads a range, which is cut to what there is.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        self.offset = range.lowerBound
        self.end = min(range.upperBound, bytes.count)
    }

    var isAtEnd: Bool { self.offset >= self.end }

    mutating func varint() throws(ProtobufFailure) -> UInt64 {
        let start = self.offset
        var value: UInt64 = 0
        for shift in stride(from: 0 as UInt64, through: 63, by: 7) {
            guard !self.isAtEnd else { throw .truncated(atByte: start) }
            let byte = self.bytes[self.offset]
            self.offset &+= 1
            guard shift < 63 || byte <= 1 else { throw .overlongInteger(atByte: start) }
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
        }
        throw .overlongInteger(atByte: start)
    }

    /// Reads a little-endian integer of 4 or 8 bytes.
    mutating func fixed(_ length: Int) throws(ProtobufFailure) -> UInt64 {
        guard self.end &- self.offset >= length else { throw .truncated(atByte: self.offset) }
        var value: UInt64 = 0
        for index in (0..<length).reversed() {
            value = value &<< 8 | UInt64(self.bytes[self.offset &+ index])
        }
        self.offset &+= length
        return value
    }

    /// Reads a field whole: its tag and its value.
    mutating func field() throws(ProtobufFailure) -> Field {
        let start = self.offset
        let tag = try self.varint()
        var field = Field(number: tag &>> 3, wireType: UInt8(truncatingIfNeeded: tag & 7), start: start)
        guard 1...536_870_911 ~= field.number else { throw .invalidTag(atByte: start) }
        switch field.wireType {
        case 0: field.value = try self.varint()
        case 1: field.value = try self.fixed(8)
        case 5: field.value = try self.fixed(4)
        case 2:
            let length = try self.varint()
            guard length <= UInt64(self.end &- self.offset) else { throw .truncated(atByte: start) }
            let contentEnd = self.offset &+ Int(length)
            field.content = self.offset..<contentEnd
            self.offset = contentEnd
        default: throw .unsupportedWireType(atByte: start)
        }
        return field
    }
}
