package import Telemetry

/// An attribute that is looked for: its key, and its value as text.
package struct AttributeMatch: Equatable, Sendable {
    /// The whole key.
    package var key: String
    /// The whole value; numbers and flags are compared as text.
    package var value: String

    /// A key with a value.
    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// Whether one item of a chunk has all attributes, in itself or in its resource.
    package static func matches(
        _ wanted: [AttributeMatch],
        _ payload: FramePayload,
        _ entry: ChunkEntry
    ) throws(WireFailure) -> Bool {
        var isFound = false
        try payload.forEachItem(of: entry) { resource, _, range throws(WireFailure) in
            guard !isFound else { return }
            var missing = wanted
            // Attributes of a Span are its field 9.
            Self.remove(&missing, WireReader(payload.bytes.raw, range), field: 9)
            if !missing.isEmpty, resource > 0 {
                var envelope = WireReader(payload.bytes.raw, payload.tables[Int(resource) - 1].range)
                // A ResourceSpans has its Resource in field 1, and that its attributes in field 1.
                while let field = envelope.nextField() {
                    guard field.number == 1, let range = field.payload else { continue }
                    Self.remove(&missing, WireReader(payload.bytes.raw, range), field: 1)
                }
            }
            isFound = missing.isEmpty
        }
        return isFound
    }

    private static func remove(_ missing: inout [AttributeMatch], _ message: WireReader, field number: UInt32)
    {
        var reader = message
        while !missing.isEmpty, let field = reader.nextField() {
            guard field.number == number, let range = field.payload,
                let (key, value) = WireReader(reader.bytes, range).pair()
            else { continue }
            let name = reader.bytes.text(key)
            guard let index = missing.firstIndex(where: { $0.key == name }) else { continue }
            if WireReader(reader.bytes, value).value()?.text == missing[index].value {
                missing.remove(at: index)
            }
        }
    }
}
