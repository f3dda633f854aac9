extension WireReader {
    /// The ranges of the key and of the AnyValue of a KeyValue; nil where it has no key.
    package func pair() -> (key: Range<Int>, value: Range<Int>)? {
        var reader = self
        var key: Range<Int>?
        var value = 0..<0
        while let field = reader.nextField() {
            guard let payload = field.payload else { continue }
            if field.number == 1 { key = payload }
            if field.number == 2 { value = payload }
        }
        return key.map { ($0, value) }
    }

    /// The range of the key of a KeyValue that was checked; nil where it has none.
    package func pairKey() -> Range<Int>? {
        var reader = self
        var key: Range<Int>?
        while let field = reader.nextField() {
            if field.number == 1, let payload = field.payload { key = payload }
        }
        return key
    }

    /// The scalar of a KeyValue.
    ///
    /// Nil where it has none. Where the field is repeated its messages are merged, as a protobuf decoder does.
    package func pairValue() -> ScalarValue? {
        var reader = self
        var result: ScalarValue?
        while let field = reader.nextField() {
            guard field.number == 2, let payload = field.payload else { continue }
            guard WireReader(self.bytes, payload).merge(into: &result) else { return nil }
        }
        return result
    }

    /// The text of a KeyValue that holds a string; nil for any other.
    package func pairText() -> String? {
        if case .text(let text) = self.pairValue() { text } else { nil }
    }

    /// The scalar of an AnyValue; arrays, lists and bytes are `.other`, and nil stands for none or for damage.
    package func value() -> ScalarValue? {
        var result: ScalarValue?
        return self.merge(into: &result) ? result : nil
    }

    /// Reads an AnyValue over what an earlier one said; false where the bytes are no message.
    private func merge(into result: inout ScalarValue?) -> Bool {
        var reader = self
        do throws(WireFailure) {
            while !reader.isAtEnd {
                let tag = try reader.tag()
                switch tag {
                case 1 << 3 | WireType.lengthDelimited:
                    result = .text(self.bytes.text(try reader.lengthDelimited()))
                case 2 << 3 | WireType.varint: result = .bool(try reader.varint() != 0)
                case 3 << 3 | WireType.varint: result = .integer(Int64(bitPattern: try reader.varint()))
                case 4 << 3 | WireType.fixed64: result = .double(try reader.double())
                case 5 << 3 | WireType.lengthDelimited, 6 << 3 | WireType.lengthDelimited,
                    7 << 3 | WireType.lengthDelimited, 8 << 3 | WireType.varint:
                    try reader.skip(tag, depth: 0)
                    result = .other
                default: try reader.skip(tag, depth: Scanner.depthLimit)
                }
            }
            return true
        } catch { return false }
    }
}
