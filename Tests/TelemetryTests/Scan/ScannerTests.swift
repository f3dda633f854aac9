import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@Suite struct ScannerTests {
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: AttributeFilter.contentKeys))

    @Test func `an empty request has no items`() throws {
        var result = ScanResult()
        try self.scanner.scan([], .traces, into: &result)
        #expect(result.items.isEmpty && result.envelopes.isEmpty)
    }

    @Test func `each item finds its resource and scope, whatever their order in the bytes`() throws {
        var random = SplitMix64(seed: 2)
        var request = ByteWriter()
        for group in 0..<3 {
            var pair = ByteWriter()
            pair.field(1, Array("service.name".utf8))
            pair.field(2, [0x0a, 0x01, 0x61 + UInt8(group)])
            var resource = ByteWriter()
            resource.field(1, pair.bytes)
            var fields: [[UInt8]] = [Self.field(1, resource.bytes)]
            for scope in 0..<2 {
                var inner = [Self.field(1, Self.field(1, Array("scope \(group).\(scope)".utf8)))]
                inner += (0..<3).map { _ in Self.field(2, Self.span(&random)) }
                fields.append(Self.field(2, inner.shuffled(using: &random).flatMap { $0 }))
            }
            request.field(1, fields.shuffled(using: &random).flatMap { $0 })
        }
        var result = ScanResult()
        try self.scanner.scan(request.bytes, .traces, into: &result)
        #expect(result.items(in: request.bytes) == Oracle.items(request.bytes, .traces))
        #expect(Set(result.items(in: request.bytes).map(\.service)) == ["a", "b", "c"])
        #expect(result.items(in: request.bytes).allSatisfy { $0.scope.hasPrefix("scope") })
    }

    @Test func `notes stand where the attributes are`() throws {
        var span = OTLPSpan()
        span.traceID.append(contentsOf: [UInt8](repeating: 1, count: 16))
        span.spanID.append(contentsOf: [UInt8](repeating: 2, count: 8))
        span.attributes = [
            Self.pair("http.route", "/a"), Self.pair("unknown", "x"), Self.pair("session.id", "s"),
        ]
        var event = OTLPSpan.Event()
        event.attributes = [Self.pair("gen_ai.prompt", "secret")]
        span.events = [event]
        var link = OTLPSpan.Link()
        link.attributes = [Self.pair("input.value", "secret")]
        span.links = [link]
        let body: [UInt8] = try span.serializedBytes()
        let bytes = Self.field(1, Self.field(2, Self.field(2, body) + Self.field(2, body)))
        var result = ScanResult()
        try self.scanner.scan(bytes, .traces, into: &result)
        #expect(result.items.map(\.noteCount) == [4, 4])
        let notes = result.notes[4...].map { note in
            (
                note.meaning, WireReader(bytes.raw, note.pair).pairValue(),
                WireReader(bytes.raw, note.value).value()
            )
        }
        #expect(notes.map(\.0) == [.route, .session, .content, .content])
        #expect(notes.map(\.1) == [.text("/a"), .text("s"), .text("secret"), .text("secret")])
        #expect(notes.map(\.1) == notes.map(\.2))
    }

    @Test func `no note is forgotten, however many there are`() throws {
        let pair: [UInt8] = try Self.pair("gen_ai.prompt", "secret").serializedBytes()
        var span = ByteWriter()
        span.field(1, [UInt8](repeating: 1, count: 16))
        span.field(2, [UInt8](repeating: 2, count: 8))
        for _ in 0..<70_000 { span.field(9, pair) }
        var result = ScanResult()
        try self.scanner.scan(Self.field(1, Self.field(2, Self.field(2, span.bytes))), .traces, into: &result)
        #expect(result.items.map(\.noteCount) == [70_000])
    }

    @Test func `unknown fields of the request are kept`() throws {
        let extras: [UInt8] = [0x78, 0x05, 0x9b, 0x03, 0x08, 0x01, 0x9c, 0x03]
        var result = ScanResult()
        try self.scanner.scan(extras + Self.field(1, []), .traces, into: &result)
        #expect(result.requestExtras == extras)
        #expect(result.envelopes.count == 1)
    }

    @Test func `a result is reused without a trace of the last request`() throws {
        var random = SplitMix64(seed: 4)
        let full = Self.field(1, Self.field(2, Self.field(2, Self.span(&random))))
        var result = ScanResult()
        try self.scanner.scan(full, .traces, into: &result)
        #expect(result.items.count == 1)
        #expect(throws: WireFailure.self) { try self.scanner.scan([0x0a], .traces, into: &result) }
        try self.scanner.scan([], .traces, into: &result)
        #expect(result.items.isEmpty && result.envelopeBytes.isEmpty && result.notes.isEmpty)
    }

    @Test(arguments: [
        ([], ItemDefect.traceIDLength), ([0x0a, 1, 1], .traceIDLength),
        ([0x0a, 16] + [UInt8](repeating: 1, count: 16), .spanIDLength),
        (
            [0x0a, 16] + [UInt8](repeating: 0, count: 16) + [0x12, 8] + [UInt8](repeating: 1, count: 8),
            .traceIDZero
        ),
        (
            [0x0a, 16] + [UInt8](repeating: 1, count: 16) + [0x12, 8] + [UInt8](repeating: 0, count: 8),
            .spanIDZero
        ),
    ])
    func `a span without proper ids is marked, its neighbours are not`(
        _ span: [UInt8],
        _ defect: ItemDefect
    ) throws {
        var random = SplitMix64(seed: 4)
        let bytes = Self.field(1, Self.field(2, Self.field(2, span) + Self.field(2, Self.span(&random))))
        var result = ScanResult()
        try self.scanner.scan(bytes, .traces, into: &result)
        #expect(result.items.map(\.defect) == [defect, nil])
        #expect(!defect.reason.isEmpty && !defect.explanation.isEmpty)
    }

    @Test func `a span that ends before it starts has no duration`() {
        var record = ItemRecord()
        record.start = 10
        record.end = 4
        #expect(record.duration == 0)
        record.end = 15
        #expect(record.duration == 5)
    }

    @Test(arguments: [
        ([], nil), ([0x0a, 1, 0x61], ScalarValue.text("a")), ([0x10, 1], .bool(true)),
        ([0x18, 5], .integer(5)),
        ([0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f], .double(1)), ([0x2a, 0], .other), ([0x32, 0], .other),
        ([0x3a, 1, 9], .other), ([0x40, 1], .other), ([0x0a, 1, 0x61, 0x18, 5], .integer(5)),
        // A field that is not known, or of another wire type, says nothing.
        ([0x0a, 1, 0x61, 0x7a, 0], .text("a")), ([0x18, 5, 0x1a, 0], .integer(5)), ([0x0a, 9], nil),
    ])
    func `the last choice of a value counts`(_ bytes: [UInt8], _ value: ScalarValue?) {
        #expect(WireReader(bytes.raw).value() == value)
        #expect(WireReader(Self.field(2, bytes).raw).pairValue() == value)
        // An empty value behind it is merged into it.
        #expect(WireReader((Self.field(2, bytes) + Self.field(2, [])).raw).pairValue() == value)
    }

    @Test func `scalars read as numbers and as text`() {
        let values: [ScalarValue] = [.integer(5), .double(2.5), .text("7"), .text("x"), .bool(true), .other]
        #expect(values.map(\.number) == [5, 2.5, 7, nil, nil, nil])
        #expect(values.map(\.text) == ["5", "2.5", "7", "x", "true", nil])
    }

    private static func field(_ number: UInt32, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.field(number, payload)
        return writer.bytes
    }

    private static func span(_ random: inout SplitMix64) -> [UInt8] {
        Self.field(1, (0..<16).map { _ in UInt8(1 + random.below(255)) })
            + Self.field(2, (0..<8).map { _ in UInt8(1 + random.below(255)) })
    }

    private static func pair(_ key: String, _ value: String) -> OTLPKeyValue {
        var pair = OTLPKeyValue()
        pair.key = key
        pair.value.stringValue = value
        return pair
    }
}
