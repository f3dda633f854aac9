package import Telemetry

extension Scanner {
    /// What a frame's table says of a resource; its service is never empty.
    package func resource(_ table: WireReader) -> Envelope {
        var envelope = Envelope(role: .resource, offset: 0, length: 0)
        var ignored: [AttributeNote] = []
        var reader = table
        while let field = reader.nextField() {
            // A ResourceSpans has its Resource in field 1.
            guard field.number == 1, let range = field.payload else { continue }
            try? self.scanResource(WireReader(reader.bytes, range), into: &envelope, notes: &ignored)
        }
        if envelope.service.isEmpty { envelope.service = SegmentIndex.unknownService }
        return envelope
    }
}
