extension JSONReader {
    /// Reads a string, judging its escapes and its UTF-8.
    @inline(__always)
    mutating func string() throws(JSONFailure) -> StringToken {
        try self.expect(UInt8(ascii: "\""), .string)
        let start = self.offset
        let end = JSONText.plainEnd(of: self.bytes, from: start, to: self.bytes.count)
        self.offset = end
        if self.current == UInt8(ascii: "\"") {
            self.offset &+= 1
            return StringToken(start: start, end: end, isPlain: true)
        }
        return try self.stringRest(from: start)
    }

    private mutating func stringRest(from start: Int) throws(JSONFailure) -> StringToken {
        var isPlain = true
        while self.offset < self.bytes.count {
            let byte = self.bytes[self.offset]
            if byte == UInt8(ascii: "\"") {
                self.offset &+= 1
                return StringToken(start: start, end: self.offset &- 1, isPlain: isPlain)
            } else if byte == UInt8(ascii: "\\") {
                isPlain = false
                try self.escape()
            } else if byte >= 0x80 {
                let length = JSONText.characterLength(in: self.bytes, at: self.offset, to: self.bytes.count)
                guard let length else { throw self.failure(.utf8) }
                self.offset &+= length
            } else {
                // A control byte: RFC 8259, section 7 wants it escaped.
                guard byte >= 0x20 else { throw self.failure(.stringEnd) }
            }
            self.offset = JSONText.plainEnd(of: self.bytes, from: self.offset, to: self.bytes.count)
        }
        throw self.failure(.stringEnd)
    }

    private mutating func escape() throws(JSONFailure) {
        let start = self.offset
        self.offset &+= 1
        switch self.current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.offset &+= 1
        case UInt8(ascii: "u"):
            self.offset &+= 1
            let unit = try self.codeUnit()
            if 0xDC00...0xDFFF ~= unit { throw self.failure(.surrogate, at: start) }
            guard 0xD800...0xDBFF ~= unit else { return }
            try self.expect(UInt8(ascii: "\\"), .surrogate)
            try self.expect(UInt8(ascii: "u"), .surrogate)
            let low = self.offset
            guard 0xDC00...0xDFFF ~= (try self.codeUnit()) else { throw self.failure(.surrogate, at: low) }
        default:
            throw self.failure(.escape)
        }
    }

    private mutating func codeUnit() throws(JSONFailure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = JSONText.hexValue(self.current) else { throw self.failure(.escape) }
            unit = unit &<< 4 | UInt16(digit)
            self.offset &+= 1
        }
        return unit
    }

    /// Appends the text that a string with escapes stands for, as UTF-8.
    ///
    /// The token was judged when it was read, so nothing here can fail.
    func unescape(_ token: StringToken, into output: inout [UInt8]) {
        var index = token.start
        while index < token.end {
            let plainEnd = JSONText.plainEnd(of: self.bytes, from: index, to: token.end)
            let run = self.bytes.extracting(index..<plainEnd)
            unsafe run.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
            index = plainEnd
            guard index < token.end else { return }
            let byte = self.bytes[index]
            guard byte == UInt8(ascii: "\\"), index &+ 1 < token.end else {
                output.append(byte)
                index &+= 1
                continue
            }
            let kind = self.bytes[index &+ 1]
            index &+= 2
            switch kind {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = self.codeUnit(at: index)
                index &+= 4
                if 0xD800...0xDBFF ~= scalar {
                    let low = self.codeUnit(at: index &+ 2)
                    scalar = 0x10000 &+ (scalar & 0x3FF) &<< 10 &+ (low & 0x3FF)
                    index &+= 6
                }
                Self.append(scalar, to: &output)
            default: output.append(kind)
            }
        }
    }

    private func codeUnit(at start: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<start &+ 4 where index < self.bytes.count {
            unit = unit &<< 4 | UInt32(JSONText.hexValue(self.bytes[index]) ?? 0)
        }
        return unit
    }

    private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            output.append(UInt8(truncatingIfNeeded: scalar))
            return
        case 0x80..<0x800:
            output.append(0xC0 | UInt8(truncatingIfNeeded: scalar &>> 6))
        case 0x800..<0x10000:
            output.append(0xE0 | UInt8(truncatingIfNeeded: scalar &>> 12))
            output.append(0x80 | UInt8(truncatingIfNeeded: scalar &>> 6) & 0x3F)
        default:
            output.append(0xF0 | UInt8(truncatingIfNeeded: scalar &>> 18))
            output.append(0x80 | UInt8(truncatingIfNeeded: scalar &>> 12) & 0x3F)
            output.append(0x80 | UInt8(truncatingIfNeeded: scalar &>> 6) & 0x3F)
        }
        output.append(0x80 | UInt8(truncatingIfNeeded: scalar) & 0x3F)
    }
}
