extension JSONTranscoder {
    /// Reads the value of a field that is not a message: one, or a list of them.
    @inline(__always)
    mutating func scalarField(_ entry: OTLPSchema.Entry, in frame: inout Frame) throws(JSONFailure) {
        if entry.isRepeated {
            try self.list(entry)
        } else {
            // A default that overwrites nothing is not written, as in any other protobuf.
            let isDefaultWritten = !entry.isImplicit || frame.written & entry.bit != 0
            let start = self.output.bytes.count
            self.output.varint(entry.tag)
            let isDefault = try self.scalar(entry)
            if isDefault && !isDefaultWritten {
                self.output.bytes.removeSubrange(start...)
            } else {
                frame.written |= entry.bit
            }
        }
    }

    private mutating func list(_ entry: OTLPSchema.Entry) throws(JSONFailure) {
        // Read past, as if it were unknown: a list of `Any` is only ever written.
        if case .any = entry.kind { return try self.reader.skipValue(depth: self.frames.count &+ 1) }
        try self.reader.expect(UInt8(ascii: "["), .array)
        self.reader.skipSpace()
        if self.reader.current == UInt8(ascii: "]") {
            self.reader.offset &+= 1
            return
        }
        var start = 0
        if entry.isPacked {
            self.output.varint(entry.tag)
            start = self.output.open(reserving: 2)
        }
        while true {
            self.reader.skipSpace()
            if !entry.isPacked { self.output.varint(entry.tag) }
            _ = try self.scalar(entry)
            self.reader.skipSpace()
            if self.reader.current == UInt8(ascii: "]") { break }
            try self.reader.expect(UInt8(ascii: ","), .commaOrArrayEnd)
        }
        self.reader.offset &+= 1
        if entry.isPacked { self.output.close(at: start, reserved: 2) }
    }

    /// Reads one value and writes it without its tag.
    ///
    /// - Returns: whether it is the default of its type.
    @inline(__always)
    private mutating func scalar(_ entry: OTLPSchema.Entry) throws(JSONFailure) -> Bool {
        switch entry.kind {
        case .string: return try self.string()
        case .id: return try self.identifier()
        case .bytes: return try self.base64()
        case .fixed64:
            let value = try self.reader.unsigned(max: .max)
            self.output.fixed64(value)
            return value == 0
        case .bool:
            let value = try self.reader.boolean()
            self.output.varint(value ? 1 : 0)
            return !value
        case .int64: return try self.varint(self.reader.signed(.min ... .max))
        case .uint64:
            let value = try self.reader.unsigned(max: .max)
            self.output.varint(value)
            return value == 0
        case .uint32:
            let value = try self.reader.unsigned(max: UInt64(UInt32.max))
            self.output.varint(value)
            return value == 0
        case .enumeration(let enumeration): return try self.enumerated(enumeration)
        case .double:
            let value = try self.reader.double()
            self.output.fixed64(value.bitPattern)
            return value.bitPattern == 0
        case .int32: return try self.varint(self.reader.signed(Self.int32))
        case .sint32:
            let value = try self.reader.signed(Self.int32)
            self.output.varint(UInt64(bitPattern: value &<< 1 ^ value &>> 63))
            return value == 0
        case .fixed32:
            let value = try self.reader.unsigned(max: UInt64(UInt32.max))
            self.output.fixed32(UInt32(truncatingIfNeeded: value))
            return value == 0
        case .sfixed64:
            let value = try self.reader.signed(.min ... .max)
            self.output.fixed64(UInt64(bitPattern: value))
            return value == 0
        case .message, .any:
            assertionFailure("messages are read by members(of:)")
            throw self.reader.failure(.value)
        }
    }

    private static let int32 = Int64(Int32.min)...Int64(Int32.max)

    @inline(__always)
    private mutating func varint(_ value: Int64) -> Bool {
        self.output.varint(UInt64(bitPattern: value))
        return value == 0
    }

    @inline(__always)
    private mutating func string() throws(JSONFailure) -> Bool {
        let token = try self.reader.string()
        if token.isPlain {
            self.output.varint(UInt64(truncatingIfNeeded: token.end &- token.start))
            self.output.append(self.reader.bytes.extracting(token.start..<token.end))
        } else {
            let start = self.output.open(reserving: 1)
            self.reader.unescape(token, into: &self.output.bytes)
            self.output.close(at: start, reserved: 1)
        }
        return token.start == token.end
    }

    private mutating func identifier() throws(JSONFailure) -> Bool {
        let token = try self.reader.string()
        let start = self.output.open(reserving: 1)
        let text = self.reader.bytes.extracting(token.start..<token.end)
        if let wrong = Base64.decodeHex(text, into: &self.output.bytes) {
            throw self.reader.failure(.hexadecimal, at: token.start &+ wrong)
        }
        self.output.close(at: start, reserved: 1)
        return token.start == token.end
    }

    private mutating func base64() throws(JSONFailure) -> Bool {
        let token = try self.reader.string()
        let start = self.output.open(reserving: 1)
        let wrong: Int?
        if token.isPlain {
            let text = self.reader.bytes.extracting(token.start..<token.end)
            wrong = Base64.decode(text, into: &self.output.bytes)
        } else {
            // Some writers escape every slash.
            var text: [UInt8] = []
            self.reader.unescape(token, into: &text)
            // Offsets within the unescaped text would mislead: the string's start is named.
            wrong = Base64.decode(text.span, into: &self.output.bytes) == nil ? nil : 0
        }
        if let wrong { throw self.reader.failure(.base64, at: token.start &+ wrong) }
        self.output.close(at: start, reserved: 1)
        return token.start == token.end
    }

    private mutating func enumerated(_ enumeration: OTLPEnumeration) throws(JSONFailure) -> Bool {
        guard self.reader.current == UInt8(ascii: "\"") else {
            let start = self.reader.offset
            let decimal = try self.reader.decimal()
            guard let value = decimal.signed, Self.int32.contains(value) else {
                throw self.reader.failure(.enumeration, at: start)
            }
            return self.varint(value)
        }
        let token = try self.reader.string()
        guard let value = enumeration.value(named: self.reader.bytes.extracting(token.start..<token.end))
        else {
            throw self.reader.failure(.enumeration, at: token.start)
        }
        return self.varint(Int64(value))
    }
}
