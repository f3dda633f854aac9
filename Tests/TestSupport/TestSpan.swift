package import Telemetry

/// A span as a test wants it, and its OTLP bytes (trace.proto, message Span).
package struct TestSpan: Hashable {
    package var trace: TraceID
    package var span: UInt64
    package var parent: UInt64
    package var service: String
    package var name: String
    package var start: UInt64
    package var end: UInt64
    package var isError: Bool
    package var attributes: [String: String]
    /// Bytes of fields that nobody knows, as they stand at the end of the message.
    package var unknown: [UInt8]

    /// A span with these ids, and as given in the rest.
    package init(
        trace: TraceID,
        span: UInt64,
        parent: UInt64 = 0,
        service: String = "checkout",
        name: String = "GET /cart",
        start: UInt64 = 1_700_000_000_000_000_000,
        end: UInt64 = 1_700_000_000_001_000_000,
        isError: Bool = false,
        attributes: [String: String] = [:],
        unknown: [UInt8] = []
    ) {
        self.trace = trace
        self.span = span
        self.parent = parent
        self.service = service
        self.name = name
        self.start = start
        self.end = end
        self.isError = isError
        self.attributes = attributes
        self.unknown = unknown
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.field(1, Self.big(self.trace.high) + Self.big(self.trace.low))
        writer.field(2, Self.big(self.span))
        if self.parent != 0 { writer.field(4, Self.big(self.parent)) }
        writer.field(5, Array(self.name.utf8))
        writer.byte(6 << 3)
        writer.byte(2)
        writer.byte(7 << 3 | 1)
        writer.fixed64(self.start)
        writer.byte(8 << 3 | 1)
        writer.fixed64(self.end)
        for (key, value) in self.attributes.sorted(by: { $0.key < $1.key }) {
            writer.field(9, Self.pair(key, value))
        }
        if self.isError { writer.field(15, [3 << 3, 2]) }
        writer.bytes(self.unknown)
        return writer.bytes
    }

    /// An ExportTraceServiceRequest; neighbours of one service share a resource.
    package static func request(_ spans: [TestSpan]) -> [UInt8] {
        var writer = ByteWriter()
        var rest = spans[...]
        while let first = rest.first {
            let group = rest.prefix { $0.service == first.service }
            rest = rest.dropFirst(group.count)
            var scope = ByteWriter()
            scope.field(1, [0x0a, 4] + Array("test".utf8))
            for span in group { scope.field(2, span.bytes) }
            var resource = ByteWriter()
            resource.field(1, Self.resource(first.service))
            resource.field(2, scope.bytes)
            writer.field(1, resource.bytes)
        }
        return writer.bytes
    }

    /// A Resource that names its service.
    package static func resource(_ service: String) -> [UInt8] {
        var writer = ByteWriter()
        if !service.isEmpty { writer.field(1, Self.pair("service.name", service)) }
        return writer.bytes
    }

    /// A KeyValue with a text.
    package static func pair(_ key: String, _ value: String) -> [UInt8] {
        var text = ByteWriter()
        text.field(1, Array(value.utf8))
        var writer = ByteWriter()
        writer.field(1, Array(key.utf8))
        writer.field(2, text.bytes)
        return writer.bytes
    }

    package static func big(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}
