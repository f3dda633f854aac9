/// The wire types of protobuf (encoding specification, "Message Structure").
enum WireType {
    static let varint: UInt32 = 0
    static let fixed64: UInt32 = 1
    static let lengthDelimited: UInt32 = 2
    static let startGroup: UInt32 = 3
    static let endGroup: UInt32 = 4
    static let fixed32: UInt32 = 5
}

extension WireReader {
    /// The next field's tag: number << 3 | wire type, in at most five bytes.
    @inline(__always)
    mutating func tag() throws(WireFailure) -> UInt32 {
        guard self.offset < self.end else { throw .truncated(atByte: self.offset) }
        let first = unsafe self.bytes.unsafeLoad(fromUncheckedByteOffset: self.offset, as: UInt8.self)
        guard first < 0x80 else { return try self.longTag() }
        guard first >= 8, first & 7 <= 5 else { throw .invalidTag(atByte: self.offset) }
        self.offset &+= 1
        return UInt32(first)
    }

    @inline(never)
    private mutating func longTag() throws(WireFailure) -> UInt32 {
        let start = self.offset
        let value = try self.varint()
        // SwiftProtobuf and the C++ decoder both refuse a tag of more than five bytes, whatever its value.
        guard self.offset &- start <= 5 else { throw .invalidTag(atByte: start) }
        return try Self.checked(value, start)
    }

    /// A tag inside a group that is passed over: any varint that spells one, as SwiftProtobuf has it.
    private mutating func groupTag() throws(WireFailure) -> UInt32 {
        let start = self.offset
        return try Self.checked(try self.varint(), start)
    }

    private static func checked(_ value: UInt64, _ start: Int) throws(WireFailure) -> UInt32 {
        guard value <= UInt64(UInt32.max), value >= 8, value & 7 <= 5 else {
            throw .invalidTag(atByte: start)
        }
        return UInt32(truncatingIfNeeded: value)
    }

    /// A length-delimited field that must be UTF-8.
    @inline(__always)
    mutating func string() throws(WireFailure) -> Range<Int> {
        let range = try self.lengthDelimited()
        guard self.bytes.isText(range) else { throw .invalidText(atByte: range.lowerBound) }
        return range
    }

    /// Moves past the value of a field whose tag was just read; groups are followed to their end.
    mutating func skip(_ tag: UInt32, depth: Int) throws(WireFailure) {
        switch tag & 7 {
        case WireType.varint: _ = try self.varint()
        case WireType.fixed64: _ = try self.take(8)
        case WireType.lengthDelimited: _ = try self.lengthDelimited()
        case WireType.fixed32: _ = try self.take(4)
        case WireType.startGroup: try self.skipGroup(tag, depth: depth)
        default: throw .unbalancedGroup(atByte: self.offset)
        }
    }

    private mutating func skipGroup(_ tag: UInt32, depth: Int) throws(WireFailure) {
        guard depth > 0 else { throw .tooDeep(atByte: self.offset) }
        while true {
            guard !self.isAtEnd else { throw .truncated(atByte: self.offset) }
            let inner = try self.groupTag()
            if inner & 7 == WireType.endGroup {
                guard inner >> 3 == tag >> 3 else { throw .unbalancedGroup(atByte: self.offset) }
                return
            }
            try self.skip(inner, depth: depth - 1)
        }
    }
}

extension WireReader {
    /// A nested message: a range that a reader of the same bytes gave, and that therefore lies inside them.
    @inline(__always)
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, inside range: Range<Int>) {
        self.bytes = bytes
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    /// Key and value of a KeyValue that is laid out as nearly all are: field 1, then field 2, both short.
    ///
    /// Nil says only that the bytes must be read field by field.
    @inline(__always)
    func plainPair() -> (key: Range<Int>, value: Range<Int>)? {
        let start = self.offset
        guard self.end &- start >= 4, self.bytes.byte(at: start) == 1 << 3 | 2 else { return nil }
        let keyLength = Int(truncatingIfNeeded: self.bytes.byte(at: start &+ 1))
        let middle = start &+ 2 &+ keyLength
        guard keyLength < 0x80, middle &+ 2 <= self.end, self.bytes.byte(at: middle) == 2 << 3 | 2 else {
            return nil
        }
        let valueLength = Int(truncatingIfNeeded: self.bytes.byte(at: middle &+ 1))
        guard valueLength < 0x80, middle &+ 2 &+ valueLength == self.end else { return nil }
        return unsafe (
            Range(uncheckedBounds: (start &+ 2, middle)), Range(uncheckedBounds: (middle &+ 2, self.end))
        )
    }

    /// The text of an AnyValue that is one short string; nil says only that it must be read field by field.
    @inline(__always)
    func plainText() -> Range<Int>? {
        let start = self.offset
        guard self.end &- start >= 2, self.bytes.byte(at: start) == 1 << 3 | 2,
            Int(truncatingIfNeeded: self.bytes.byte(at: start &+ 1)) == self.end &- start &- 2,
            self.bytes.byte(at: start &+ 1) < 0x80
        else { return nil }
        return unsafe Range(uncheckedBounds: (start &+ 2, self.end))
    }
}

/// One field of a message that is being copied.
package struct WireField: Sendable {
    /// As the message's definition numbers it.
    package var number: UInt32
    /// Where the length stands, right behind the tag.
    package var lengthOffset: Int
    /// The payload of a length-delimited field; nil for the other wire types.
    package var payload: Range<Int>?
}

extension WireReader {
    /// Moves past the next field and tells where it was; nil where the bytes are no message.
    package mutating func nextField() -> WireField? {
        do throws(WireFailure) {
            let tag = try self.tag()
            let lengthOffset = self.offset
            if tag & 7 == WireType.lengthDelimited {
                let payload = try self.lengthDelimited()
                return WireField(number: tag >> 3, lengthOffset: lengthOffset, payload: payload)
            }
            try self.skip(tag, depth: Scanner.depthLimit)
            return WireField(number: tag >> 3, lengthOffset: lengthOffset, payload: nil)
        } catch { return nil }
    }
}
