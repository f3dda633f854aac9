import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Pipeline

@Suite struct RedactorTests {
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: AttributeFilter.contentKeys))
    private let redactor = Redactor(secret: 42)

    @Test func `of spans nothing but content is lost, and all of that`() throws {
        for seed in UInt64(1)...600 {
            var maker = RandomMessages(seed: seed)
            let request = try maker.traces(spans: 4)
            let bytes: [UInt8] = try request.serializedBytes()
            var result = ScanResult()
            try self.scanner.scanTraces(bytes.raw, into: &result)
            let spans = request.resourceSpans.flatMap { $0.scopeSpans.flatMap(\.spans) }
            for (item, span) in zip(result.items, spans) {
                let redacted = self.redact(item, result, bytes)
                #expect(!redacted.contains(RandomMessages.secret), "seed \(seed)")
                let left = try OTLPSpan(serializedBytes: redacted)
                #expect(left.withoutContent == span.withoutContent, "seed \(seed)")
                for pair in left.attributes where pair.isContent {
                    #expect(pair.value.stringValue.hasPrefix("[redacted: "), "seed \(seed)")
                }
                if !span.hasContent { #expect(redacted == bytes.raw.array(item.body), "seed \(seed)") }
            }
        }
    }

    @Test func `of log records nothing but content is lost, and all of that`() throws {
        for seed in UInt64(1)...600 {
            var maker = RandomMessages(seed: seed)
            let request = try maker.logs(records: 6)
            let bytes: [UInt8] = try request.serializedBytes()
            var result = ScanResult()
            try self.scanner.scanLogs(bytes.raw, into: &result)
            let logs = request.resourceLogs.flatMap { $0.scopeLogs.flatMap(\.logRecords) }
            for (item, log) in zip(result.items, logs) {
                let redacted = self.redact(
                    item,
                    result,
                    bytes,
                    isBodyContent: log.eventName.hasPrefix("gen_ai.")
                )
                #expect(!redacted.contains(RandomMessages.secret), "seed \(seed)")
                #expect(
                    try OTLPLogRecord(serializedBytes: redacted).withoutContent == log.withoutContent,
                    "seed \(seed)"
                )
            }
        }
    }

    @Test func `equal contents can be told to be equal, on one installation`() throws {
        let bytes = try Self.span([
            "gen_ai.prompt": "SECRET one", "input.value": "SECRET one", "output.value": "SECRET two",
        ])
        let texts = try self.texts(bytes, self.redactor)
        #expect(texts["gen_ai.prompt"] == texts["input.value"])
        #expect(texts["gen_ai.prompt"] != texts["output.value"])
        #expect(texts["gen_ai.prompt"]?.hasPrefix("[redacted: 12 bytes, hash ") == true)
        #expect(try self.texts(bytes, Redactor(secret: 43)) != texts)
    }

    @Test func `what was redacted is redacted again without harm`() throws {
        let bytes = try Self.span(["gen_ai.prompt": "SECRET"])
        var once = ByteWriter()
        once.field(2, try self.redact(bytes))
        var group = ByteWriter()
        group.field(2, once.bytes)
        var request = ByteWriter()
        request.field(1, group.bytes)
        let twice = try self.redact(request.bytes)
        #expect(try OTLPSpan(serializedBytes: twice).attributes.count == 1)
    }

    @Test func `a value that is sent in two pieces is redacted in both`() throws {
        var pair = ByteWriter()
        pair.field(1, Array("gen_ai.prompt".utf8))
        pair.field(2, [0x0a, 6] + Array("SECRET".utf8))
        pair.field(2, [0x3a, 6] + Array("SECRET".utf8))
        pair.field(15, [1])
        var span = ByteWriter()
        span.field(9, pair.bytes)
        var scope = ByteWriter()
        scope.field(2, span.bytes)
        var group = ByteWriter()
        group.field(2, scope.bytes)
        var request = ByteWriter()
        request.field(1, group.bytes)
        let redacted = try self.redact(request.bytes)
        #expect(!redacted.contains("SECRET"))
        #expect(
            try OTLPSpan(serializedBytes: redacted).attributes.first?.value.stringValue.hasPrefix("[redacted")
                == true
        )
    }

    @Test func `very many contents in one span are all redacted`() throws {
        var span = ByteWriter()
        let pair: [UInt8] = try Self.pair("gen_ai.prompt", "SECRET").serializedBytes()
        for _ in 0..<70_000 { span.field(9, pair) }
        var scope = ByteWriter()
        scope.field(2, span.bytes)
        var group = ByteWriter()
        group.field(2, scope.bytes)
        var request = ByteWriter()
        request.field(1, group.bytes)
        #expect(try !self.redact(request.bytes).contains("SECRET"))
    }

    /// The first item of a request.
    private func redact(_ bytes: [UInt8]) throws -> [UInt8] {
        var result = ScanResult()
        try self.scanner.scanTraces(bytes.raw, into: &result)
        return self.redact(try #require(result.items.first), result, bytes)
    }

    private func redact(
        _ item: ItemRecord,
        _ result: ScanResult,
        _ bytes: [UInt8],
        isBodyContent: Bool = false
    ) -> [UInt8] {
        let first = Int(item.firstNote)
        let notes = result.notes[first..<first + Int(item.noteCount)]
        return self.redactor.redact(bytes.raw, item: item.body, notes: notes, isBodyContent: isBodyContent)
    }

    private func texts(_ bytes: [UInt8], _ redactor: Redactor) throws -> [String: String] {
        var result = ScanResult()
        try self.scanner.scanTraces(bytes.raw, into: &result)
        let item = try #require(result.items.first)
        let redacted = redactor.redact(bytes.raw, item: item.body, notes: result.notes[...])
        let pairs = try OTLPSpan(serializedBytes: redacted).attributes.map { ($0.key, $0.value.stringValue) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private static func span(_ attributes: [String: String]) throws -> [UInt8] {
        var span = OTLPSpan()
        span.attributes = attributes.sorted { $0.key < $1.key }.map { Self.pair($0.key, $0.value) }
        var request = OTLPTracesData()
        request.resourceSpans = [OTLPResourceSpans()]
        request.resourceSpans[0].scopeSpans = [OTLPScopeSpans()]
        request.resourceSpans[0].scopeSpans[0].spans = [span]
        return try request.serializedBytes()
    }

    private static func pair(_ key: String, _ value: String) -> OTLPKeyValue {
        var pair = OTLPKeyValue()
        pair.key = key
        pair.value.stringValue = value
        return pair
    }
}
