/// Why bytes could not be read, and where.
package enum WireFailure: Error, Equatable, Sendable {
    /// The bytes ended inside a value.
    case truncated(atByte: Int)
    /// A varint ran over ten bytes.
    case overlongInteger(atByte: Int)
    /// A length reached past the end of its message.
    case lengthBeyondEnd(atByte: Int)
    /// A tag had field number zero or a wire type that does not exist.
    case invalidTag(atByte: Int)
    /// A group ended that was not open, or stayed open.
    case unbalancedGroup(atByte: Int)
    /// A string was not UTF-8.
    case invalidText(atByte: Int)
    /// Messages nested deeper than the limit.
    case tooDeep(atByte: Int)
    /// More of something than its limit.
    case tooMany(atByte: Int)
}

extension WireFailure: CustomStringConvertible {
    /// What was expected, and where.
    package var description: String {
        switch self {
        case .truncated(let offset): "the bytes end inside a value at byte \(offset)"
        case .overlongInteger(let offset): "expected an integer of at most ten bytes at byte \(offset)"
        case .lengthBeyondEnd(let offset): "a length reaches past the end of its message at byte \(offset)"
        case .invalidTag(let offset): "expected a field tag at byte \(offset)"
        case .unbalancedGroup(let offset): "a group does not end where it should at byte \(offset)"
        case .invalidText(let offset): "expected UTF-8 text at byte \(offset)"
        case .tooDeep(let offset): "messages nest deeper than allowed at byte \(offset)"
        case .tooMany(let offset): "more items than allowed at byte \(offset)"
        }
    }
}

/// A bounds-checked cursor over part of a byte run.
///
/// Copying one is cheap; a nested message is read by a copy with a nearer `end`.
package struct WireReader: ~Escapable {
    /// All bytes, of which the reader reads a part.
    package let bytes: RawSpan
    /// Where the next value begins.
    package var offset: Int
    /// Where the part ends.
    package var end: Int

    /// Reads all bytes.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.offset = 0
        self.end = bytes.byteCount
    }

    /// Reads a part; a range outside the bytes is cut to them.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, _ range: Range<Int>) {
        self.bytes = bytes
        self.offset = min(max(range.lowerBound, 0), bytes.byteCount)
        self.end = min(max(range.upperBound, self.offset), bytes.byteCount)
    }

    /// Whether the part is read.
    package var isAtEnd: Bool { self.offset >= self.end }

    /// One byte.
    package mutating func byte() throws(WireFailure) -> UInt8 {
        guard self.offset < self.end else { throw .truncated(atByte: self.offset) }
        defer { self.offset += 1 }
        return unsafe self.bytes.unsafeLoad(fromUncheckedByteOffset: self.offset, as: UInt8.self)
    }

    /// Two bytes, little-endian.
    package mutating func fixed16() throws(WireFailure) -> UInt16 {
        guard self.end - self.offset >= 2 else { throw .truncated(atByte: self.offset) }
        defer { self.offset += 2 }
        return UInt16(
            littleEndian: unsafe self.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: self.offset,
                as: UInt16.self
            )
        )
    }

    /// Four bytes, little-endian.
    package mutating func fixed32() throws(WireFailure) -> UInt32 {
        guard self.end - self.offset >= 4 else { throw .truncated(atByte: self.offset) }
        defer { self.offset += 4 }
        return UInt32(
            littleEndian: unsafe self.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: self.offset,
                as: UInt32.self
            )
        )
    }

    /// Eight bytes, little-endian.
    package mutating func fixed64() throws(WireFailure) -> UInt64 {
        guard self.end - self.offset >= 8 else { throw .truncated(atByte: self.offset) }
        defer { self.offset += 8 }
        return UInt64(
            littleEndian: unsafe self.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: self.offset,
                as: UInt64.self
            )
        )
    }

    /// A double (IEEE 754) of eight bytes, little-endian.
    package mutating func double() throws(WireFailure) -> Double { Double(bitPattern: try self.fixed64()) }

    /// A base-128 integer of at most ten bytes; bits beyond the 64th are dropped, as protobuf readers do.
    @inline(__always)
    package mutating func varint() throws(WireFailure) -> UInt64 {
        guard self.offset < self.end else { throw .truncated(atByte: self.offset) }
        let first = unsafe self.bytes.unsafeLoad(fromUncheckedByteOffset: self.offset, as: UInt8.self)
        if first < 0x80 {
            self.offset += 1
            return UInt64(first)
        }
        return try self.longVarint()
    }

    private mutating func longVarint() throws(WireFailure) -> UInt64 {
        let start = self.offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 70 {
            guard self.offset < self.end else { throw .truncated(atByte: self.offset) }
            let byte = unsafe self.bytes.unsafeLoad(fromUncheckedByteOffset: self.offset, as: UInt8.self)
            self.offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .overlongInteger(atByte: start)
    }

    /// A signed number as ``ByteWriter/zigzag(_:)`` writes it.
    package mutating func zigzag() throws(WireFailure) -> Int64 {
        let value = try self.varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A length and the range of that many bytes; the cursor moves past them.
    @inline(__always)
    package mutating func lengthDelimited() throws(WireFailure) -> Range<Int> {
        let start = self.offset
        let length = try self.varint()
        guard length <= UInt64(self.end - self.offset) else { throw .lengthBeyondEnd(atByte: start) }
        let begin = self.offset
        self.offset = begin &+ Int(truncatingIfNeeded: length)
        return unsafe Range(uncheckedBounds: (begin, self.offset))
    }

    /// Moves past `count` bytes and gives their range.
    package mutating func take(_ count: Int) throws(WireFailure) -> Range<Int> {
        guard count >= 0, count <= self.end - self.offset else { throw .truncated(atByte: self.offset) }
        defer { self.offset += count }
        return self.offset..<(self.offset + count)
    }

    /// Text with its length before it, as ``ByteWriter/text(_:)`` writes it.
    package mutating func text() throws(WireFailure) -> String {
        let range = try self.lengthDelimited()
        return self.bytes.text(range)
    }
}

extension RawSpan {
    /// The bytes of a range as text, damaged UTF-8 repaired; a range outside the bytes gives what is inside.
    package func text(_ range: Range<Int>) -> String {
        let inside = range.clamped(to: 0..<self.byteCount)
        return unsafe self.extracting(inside).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of a range; a range outside the bytes gives what is inside.
    package func array(_ range: Range<Int>) -> [UInt8] {
        let inside = range.clamped(to: 0..<self.byteCount)
        return unsafe self.extracting(inside).withUnsafeBytes { unsafe Array($0) }
    }
}
