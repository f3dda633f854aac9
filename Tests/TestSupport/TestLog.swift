package import Telemetry

/// A log record as a test wants it, and its OTLP bytes (logs.proto, message LogRecord).
package struct TestLog: Hashable {
    package var trace: TraceID?
    package var service: String
    package var time: UInt64
    package var severity: UInt8
    package var body: String

    /// A record of a trace or of none, and as given in the rest.
    package init(
        trace: TraceID?,
        service: String = "checkout",
        time: UInt64 = 1_700_000_000_000_000_000,
        severity: UInt8 = 9,
        body: String = "hello"
    ) {
        self.trace = trace
        self.service = service
        self.time = time
        self.severity = severity
        self.body = body
    }

    package var bytes: [UInt8] {
        var text = ByteWriter()
        text.field(1, Array(self.body.utf8))
        var writer = ByteWriter()
        writer.byte(1 << 3 | 1)
        writer.fixed64(self.time)
        writer.byte(2 << 3)
        writer.byte(self.severity)
        writer.field(5, text.bytes)
        if let trace = self.trace { writer.field(9, TestSpan.big(trace.high) + TestSpan.big(trace.low)) }
        return writer.bytes
    }

    /// An ExportLogsServiceRequest; neighbours of one service share a resource.
    package static func request(_ records: [TestLog]) -> [UInt8] {
        var writer = ByteWriter()
        var rest = records[...]
        while let first = rest.first {
            let group = rest.prefix { $0.service == first.service }
            rest = rest.dropFirst(group.count)
            var scope = ByteWriter()
            for record in group { scope.field(2, record.bytes) }
            var resource = ByteWriter()
            resource.field(1, TestSpan.resource(first.service))
            resource.field(2, scope.bytes)
            writer.field(1, resource.bytes)
        }
        return writer.bytes
    }
}
