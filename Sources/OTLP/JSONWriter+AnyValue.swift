package import OTLPMessages

extension JSONWriter {
    /// Values within values deeper than this are written as null; no decoder lets as many through.
    private static var depthMax: Int { 100 }

    /// Writes an attribute's value as JSON from which it can be told apart and read back.
    ///
    /// | value | JSON |
    /// |---|---|
    /// | string, bool | string, bool |
    /// | int | number without point or exponent |
    /// | double | number with a point or an exponent; not finite: `{"double":"NaN"}` |
    /// | bytes | `{"bytes":"<base64>"}` |
    /// | array | array |
    /// | key-value list | object; when it could be taken for one of the two above, or itself: `{"map":{…}}` |
    /// | empty | null |
    package mutating func attributeValue(_ value: OTLPAnyValue) {
        self.attributeValue(value, depth: 0)
    }

    /// Writes attributes as an object; of a key that comes twice the last value counts.
    package mutating func attributes(_ attributes: [OTLPKeyValue]) {
        self.attributes(attributes, depth: 0)
    }

    private mutating func attributes(_ attributes: [OTLPKeyValue], depth: Int) {
        var last: [String: Int] = [:]
        for (index, attribute) in attributes.enumerated() { last[attribute.key] = index }
        self.beginObject()
        for (index, attribute) in attributes.enumerated() where last[attribute.key] == index {
            self.key(attribute.key)
            self.attributeValue(attribute.value, depth: depth)
        }
        self.endObject()
    }

    private mutating func attributeValue(_ value: OTLPAnyValue, depth: Int) {
        guard depth < Self.depthMax else { return self.null() }
        switch value.value {
        case .stringValue(let text): self.string(text)
        case .boolValue(let truth): self.boolean(truth)
        case .intValue(let integer): self.integer(integer)
        case .doubleValue(let double) where double.isFinite: self.double(double)
        case .doubleValue(let double):
            self.object { writer in
                writer.key("double")
                writer.double(double)
            }
        case .bytesValue(let bytes):
            self.object { writer in
                writer.key("bytes")
                writer.base64(bytes)
            }
        case .arrayValue(let array):
            self.array(of: array.values) { $0.attributeValue($1, depth: depth + 1) }
        case .kvlistValue(let list):
            let isAmbiguous =
                list.values.count == 1 && ["bytes", "double", "map"].contains(list.values[0].key)
            guard isAmbiguous else { return self.attributes(list.values, depth: depth + 1) }
            self.object { writer in
                writer.key("map")
                writer.attributes(list.values, depth: depth + 1)
            }
        case .stringValueStrindex, nil: self.null()
        }
    }
}
