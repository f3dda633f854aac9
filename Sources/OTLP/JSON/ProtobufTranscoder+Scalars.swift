extension ProtobufTranscoder {
    /// Writes a field that is not a message, with its name, from the chain of its occurrences.
    mutating func scalars(_ index: Int, _ entry: OTLPSchema.Entry, _ first: Int) throws(ProtobufFailure) {
        guard first >= 0 else { return }
        var record = first
        guard entry.isRepeated else {
            while self.records[record].next >= 0 { record = self.records[record].next }
            let field = self.records[record].field
            if entry.isImplicit, Self.isDefault(field) { return }
            self.writer.key(plain: self.schema.keys[index])
            return try self.scalar(entry.kind, field)
        }
        self.writer.key(plain: self.schema.keys[index])
        self.writer.beginArray()
        while record >= 0 {
            let field = self.records[record].field
            if entry.isPacked, field.wireType == 2 {
                try self.packed(entry, field.content)
            } else {
                try self.scalar(entry.kind, field)
            }
            record = self.records[record].next
        }
        self.writer.endArray()
    }

    private static func isDefault(_ field: ProtobufReader.Field) -> Bool {
        field.wireType == 2 ? field.content.isEmpty : field.value == 0
    }

    private mutating func packed(_ entry: OTLPSchema.Entry, _ content: Range<Int>) throws(ProtobufFailure) {
        var reader = ProtobufReader(self.bytes, content)
        while !reader.isAtEnd {
            var field = ProtobufReader.Field(number: 1, wireType: entry.kindWireType, start: reader.offset)
            switch entry.kindWireType {
            case 0: field.value = try reader.varint()
            case 1: field.value = try reader.fixed(8)
            default: field.value = try reader.fixed(4)
            }
            try self.scalar(entry.kind, field)
        }
    }

    private mutating func scalar(
        _ kind: OTLPField.Kind,
        _ field: ProtobufReader.Field
    ) throws(ProtobufFailure) {
        let value = field.value
        switch kind {
        case .string: self.writer.string(utf8: self.bytes.extracting(field.content))
        case .id:
            self.writer.quoted { writer in
                for index in field.content {
                    writer.append(JSONText.hexDigit(self.bytes[index] &>> 4))
                    writer.append(JSONText.hexDigit(self.bytes[index] & 0xF))
                }
            }
        case .bytes: self.writer.base64(field.content.map { self.bytes[$0] })
        case .bool: self.writer.boolean(value != 0)
        case .int32, .enumeration: self.writer.integer(Int64(Int32(truncatingIfNeeded: value)))
        case .uint32, .fixed32: self.writer.integer(value & 0xFFFF_FFFF)
        case .sint32:
            let half = Int64(truncatingIfNeeded: (value & 0xFFFF_FFFF) &>> 1)
            self.writer.integer(half ^ (0 &- Int64(truncatingIfNeeded: value & 1)))
        case .int64, .sfixed64: self.writer.quotedInteger(Int64(bitPattern: value))
        case .uint64, .fixed64: self.writer.quotedInteger(value)
        case .double: self.writer.double(Double(bitPattern: value))
        case .any: try self.any(field.content)
        case .message: assertionFailure("messages are written by step(_:)")
        }
    }

    /// Writes a `google.protobuf.Any`: a RetryInfo in its own form, anything else with its bytes as base64.
    private mutating func any(_ content: Range<Int>) throws(ProtobufFailure) {
        var reader = ProtobufReader(self.bytes, content)
        var url = 0..<0
        var value = 0..<0
        while !reader.isAtEnd {
            let field = try reader.field()
            guard field.wireType == 2 else { continue }
            if field.number == 1 { url = field.content }
            if field.number == 2 { value = field.content }
        }
        self.writer.beginObject()
        self.writer.key("@type")
        self.writer.string(utf8: self.bytes.extracting(url))
        if String(decoding: url.map { self.bytes[$0] }, as: UTF8.self) == RPCDetail.retryInfoURL {
            let (seconds, nanoseconds) = try self.retryDelay(value)
            self.writer.key("retryDelay")
            self.writer.string(RPCDetail.text(seconds: seconds, nanoseconds: nanoseconds))
        } else {
            self.writer.key("value")
            self.writer.base64(value.map { self.bytes[$0] })
        }
        self.writer.endObject()
    }

    /// Reads `RetryInfo.retry_delay`, a `google.protobuf.Duration`.
    private func retryDelay(_ content: Range<Int>) throws(ProtobufFailure) -> (Int64, Int32) {
        var seconds: Int64 = 0
        var nanoseconds: Int32 = 0
        var info = ProtobufReader(self.bytes, content)
        while !info.isAtEnd {
            let delay = try info.field()
            guard delay.number == 1, delay.wireType == 2 else { continue }
            var duration = ProtobufReader(self.bytes, delay.content)
            while !duration.isAtEnd {
                let field = try duration.field()
                guard field.wireType == 0 else { continue }
                if field.number == 1 { seconds = Int64(bitPattern: field.value) }
                if field.number == 2 { nanoseconds = Int32(truncatingIfNeeded: field.value) }
            }
        }
        return (seconds, nanoseconds)
    }
}
