extension RawSpan {
    /// Whether a range, which must lie inside, is well-formed UTF-8 (Unicode 15, table 3-7).
    @inline(__always)
    func isText(_ range: Range<Int>) -> Bool {
        let start = range.lowerBound
        let end = range.upperBound
        var bits: UInt64 = 0
        if end &- start >= 8 {
            // The last word overlaps the one before it, so that no bytes are left over.
            var offset = start
            while offset < end &- 8 {
                bits |= self.word64(at: offset)
                offset &+= 8
            }
            bits |= self.word64(at: end &- 8)
        } else if end &- start >= 4 {
            bits = UInt64(self.word32(at: start) | self.word32(at: end &- 4))
        } else {
            var offset = start
            while offset < end {
                bits |= UInt64(self.byte(at: offset))
                offset &+= 1
            }
        }
        return bits & Self.highBits == 0 || self.isMixedText(range)
    }

    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// The slow way, for runs with bytes beyond ASCII.
    @inline(never)
    private func isMixedText(_ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        let end = range.upperBound
        while offset < end {
            if end - offset >= 8, self.word64(at: offset) & Self.highBits == 0 {
                offset += 8
                continue
            }
            let first = self.byte(at: offset)
            switch first {
            case 0x00...0x7f: offset += 1
            case 0xc2...0xdf:
                guard self.continues(offset + 1, end) else { return false }
                offset += 2
            case 0xe0...0xef:
                guard self.continues(offset + 1, end), self.continues(offset + 2, end) else { return false }
                let second = self.byte(at: offset + 1)
                if first == 0xe0, second < 0xa0 { return false }
                if first == 0xed, second > 0x9f { return false }
                offset += 3
            case 0xf0...0xf4:
                guard self.continues(offset + 1, end), self.continues(offset + 2, end),
                    self.continues(offset + 3, end)
                else { return false }
                let second = self.byte(at: offset + 1)
                if first == 0xf0, second < 0x90 { return false }
                if first == 0xf4, second > 0x8f { return false }
                offset += 4
            default: return false
            }
        }
        return true
    }

    private func continues(_ offset: Int, _ end: Int) -> Bool {
        offset < end && self.byte(at: offset) & 0xc0 == 0x80
    }
}
