extension RawSpan {
    /// The four bytes at a place that the caller has checked, little-endian.
    @inline(__always)
    func word32(at offset: Int) -> UInt32 {
        UInt32(
            littleEndian: unsafe self.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
        )
    }

    /// The eight bytes at a place that the caller has checked, little-endian.
    @inline(__always)
    func word64(at offset: Int) -> UInt64 {
        UInt64(
            littleEndian: unsafe self.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        )
    }

    /// The byte at a place that the caller has checked.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafe self.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Whether the byte at a place continues a UTF-8 character; false outside the bytes.
    package func isContinuation(at offset: Int) -> Bool {
        offset >= 0 && offset < self.byteCount && self.byte(at: offset) & 0xc0 == 0x80
    }

    /// Whether two runs hold the same bytes.
    package func equals(_ other: RawSpan) -> Bool {
        let count = self.byteCount
        guard count == other.byteCount else { return false }
        guard count >= 8 else {
            for offset in 0..<count where self.byte(at: offset) != other.byte(at: offset) { return false }
            return true
        }
        // The last word overlaps the one before it, so that no bytes are left over.
        var offset = 0
        while offset < count &- 8 {
            guard self.word64(at: offset) == other.word64(at: offset) else { return false }
            offset &+= 8
        }
        return self.word64(at: count &- 8) == other.word64(at: count &- 8)
    }
}
