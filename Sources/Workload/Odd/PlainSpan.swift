/// A span whose ids may have any bytes; what bad senders send.
struct PlainSpan: Sendable {
    var trace: [UInt8]
    var span: [UInt8]
    /// Empty for a root.
    var parent: [UInt8] = []
    var service: String
    var name: String
    /// Nanoseconds since the Unix epoch.
    var start: UInt64
    var end: UInt64
    var attribute: Attribute

    /// Encodes spans as an ExportTraceServiceRequest; neighbours of one service share a resource.
    static func encode(_ spans: [PlainSpan]) -> [UInt8] {
        var writer = ProtobufWriter(reserving: spans.count * 160)
        var next = 0
        while next < spans.count {
            let service = spans[next].service
            writer.message(1, reserving: 3) { group in
                group.resource([Attribute("service.name", service)])
                group.message(2, reserving: 3) { scopeGroup in
                    scopeGroup.scope(.application)
                    while next < spans.count, spans[next].service == service {
                        spans[next].write(to: &scopeGroup)
                        next += 1
                    }
                }
            }
        }
        return writer.bytes
    }

    private func write(to writer: inout ProtobufWriter) {
        writer.message(2, reserving: 2) { message in
            message.blob(1, self.trace)
            message.blob(2, self.span)
            if !self.parent.isEmpty { message.blob(4, self.parent) }
            message.text(5, self.name)
            message.integer(6, SpanKind.internal.rawValue)
            message.fixed64(7, self.start)
            message.fixed64(8, self.end)
            message.attribute(9, self.attribute)
        }
    }
}
