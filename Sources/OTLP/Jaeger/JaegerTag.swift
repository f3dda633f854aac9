import OTLPMessages

extension JSONWriter {
    /// Integers that every JavaScript reader keeps: 2^53 - 1.
    private static var safeIntegerMax: UInt64 { 9_007_199_254_740_991 }

    /// Writes a key with a typed value, as Jaeger's UI model has them.
    mutating func jaegerTag(_ key: String, _ value: OTLPAnyValue) {
        switch value.value {
        case .stringValue(let text): self.jaegerTag(key, text)
        case .boolValue(let truth): self.jaegerTag(key, "bool") { $0.boolean(truth) }
        case .intValue(let integer): self.jaegerTag(key, integer)
        case .doubleValue(let double): self.jaegerTag(key, "float64") { $0.double(double) }
        case .bytesValue(let bytes): self.jaegerTag(key, "binary") { $0.base64(bytes) }
        case .arrayValue, .kvlistValue:
            var text = JSONWriter(capacityBytes: 64)
            text.jaegerValue(value, depth: 0)
            self.jaegerTag(key, "string") { $0.string(utf8: text.bytes.span) }
        case .stringValueStrindex, nil: self.jaegerTag(key, "")
        }
    }

    /// Writes a tag with a text.
    mutating func jaegerTag(_ key: String, _ text: String) {
        self.jaegerTag(key, "string") { $0.string(text) }
    }

    /// Writes a tag with an integer, as a string where a reader would lose digits.
    mutating func jaegerTag(_ key: String, _ integer: Int64) {
        self.jaegerTag(key, "int64") { writer in
            if integer.magnitude > Self.safeIntegerMax {
                writer.quotedInteger(integer)
            } else {
                writer.integer(integer)
            }
        }
    }

    /// Writes a tag that is true.
    mutating func jaegerTag(true key: String) {
        self.jaegerTag(key, "bool") { $0.boolean(true) }
    }

    private mutating func jaegerTag(_ key: String, _ type: String, _ value: (inout JSONWriter) -> Void) {
        self.beginObject()
        self.member("key", key)
        self.member("type", type)
        self.key("value")
        value(&self)
        self.endObject()
    }

    /// Writes a value within an array or a list, as plain JSON: bytes are a string of base64.
    private mutating func jaegerValue(_ value: OTLPAnyValue, depth: Int) {
        guard depth < 100 else { return self.null() }
        switch value.value {
        case .stringValue(let text): self.string(text)
        case .boolValue(let truth): self.boolean(truth)
        case .intValue(let integer): self.integer(integer)
        case .doubleValue(let double): self.double(double)
        case .bytesValue(let bytes): self.base64(bytes)
        case .arrayValue(let array): self.array(of: array.values) { $0.jaegerValue($1, depth: depth + 1) }
        case .kvlistValue(let list):
            self.beginObject()
            for member in list.values {
                self.key(member.key)
                self.jaegerValue(member.value, depth: depth + 1)
            }
            self.endObject()
        case .stringValueStrindex, nil: self.null()
        }
    }
}
