import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct ItemAssemblerTests {
    private static let id = TraceID(high: 1, low: 2)

    /// The items of TracesData or LogsData, with the service of their resource.
    private static func items(_ data: [UInt8]) throws -> [String: [[UInt8]]] {
        var result: [String: [[UInt8]]] = [:]
        var reader = WireReader(data.raw)
        while let group = reader.nextField() {
            let range = try #require(group.payload)
            let scanner = Scanner(filter: AttributeFilter())
            let service = scanner.resource(WireReader(data.raw, range)).service
            var inner = WireReader(data.raw, range)
            while let scope = inner.nextField() {
                guard scope.number == 2, let scopeRange = scope.payload else { continue }
                var items = WireReader(data.raw, scopeRange)
                while let item = items.nextField() {
                    guard item.number == 2, let itemRange = item.payload else { continue }
                    result[service, default: []].append(Array(data[itemRange]))
                }
            }
        }
        return result
    }

    private static func assemble(_ signal: Signal, _ frames: [SealedFrame]) throws -> ItemAssembler {
        var assembler = ItemAssembler(signal)
        for frame in frames {
            let payload = try frame.frame.payload(frame.bytes.raw)
            for entry in frame.frame.entries { try assembler.add(payload, entry) }
        }
        return assembler
    }

    @Test func `the parts of a trace come out under their resources, byte for byte, unknown fields included`()
        throws
    {
        var random = SplitMix64(seed: 1)
        var spans: [TestSpan] = []
        for _ in 0..<40 {
            var span = RandomChunks.span(Self.id, &random)
            // Fields 100 (length-delimited) and 200 (varint), which no version of OTLP has.
            span.unknown = [0xa2, 0x06, 2, 7, 7, 0xc0, 0x0c, UInt8(random.below(128))]
            spans.append(span)
        }
        let edge = TestEdge()
        let frames = try edge.spans(Array(spans[..<15])) + edge.spans(Array(spans[15...]))
        let assembler = try Self.assemble(.spans, frames)
        #expect(assembler.itemCount == 40 && assembler.duplicateCount == 0)
        let items = try Self.items(assembler.encoded())
        for service in RandomChunks.services {
            let expected = spans.filter { $0.service == service }.map(\.bytes)
            #expect(Set(items[service] ?? []) == Set(expected) && items[service]?.count == expected.count)
        }
    }

    @Test func `a span that was sent twice comes out once, and one that differs in a byte comes out twice`()
        throws
    {
        var other = TestSpan(trace: Self.id, span: 5)
        other.name = "GET /carts"
        let spans = [TestSpan(trace: Self.id, span: 5), TestSpan(trace: Self.id, span: 5), other]
        let edge = TestEdge()
        let assembler = try Self.assemble(.spans, try edge.spans(spans) + edge.spans(spans))
        #expect(assembler.itemCount == 2)
        #expect(assembler.duplicateCount == 4)
    }

    @Test func `an open span gives way to its ended version, whichever came first`() throws {
        var open = TestSpan(trace: Self.id, span: 5)
        open.end = 0
        var lonely = TestSpan(trace: Self.id, span: 6, service: "cart")
        lonely.end = 0
        let ended = TestSpan(trace: Self.id, span: 5)
        for order in [[open, ended, lonely], [ended, lonely, open], [lonely, open, ended]] {
            let assembler = try Self.assemble(.spans, try TestEdge().spans(order))
            let items = try Self.items(assembler.encoded())
            #expect(items == ["checkout": [ended.bytes], "cart": [lonely.bytes]])
            #expect(assembler.itemCount == 2)
        }
        let alone = try Self.assemble(.spans, try TestEdge().spans([open]))
        #expect(try Self.items(alone.encoded()) == ["checkout": [open.bytes]])
    }

    @Test func `equal log records all come out`() throws {
        let record = TestLog(trace: Self.id)
        let edge = TestEdge()
        let frames = try edge.logs([record, record]) + edge.logs([record])
        let assembler = try Self.assemble(.logs, frames)
        #expect(assembler.itemCount == 3 && assembler.duplicateCount == 0)
        #expect(try Self.items(assembler.encoded()) == ["checkout": Array(repeating: record.bytes, count: 3)])
    }

    @Test func `what is turned away leaves no trace`() throws {
        let records = [
            TestLog(trace: Self.id, severity: 5), TestLog(trace: Self.id, service: "cart", severity: 17),
        ]
        let frames = try TestEdge().logs(records)
        var assembler = ItemAssembler(.logs)
        for frame in frames {
            let payload = try frame.frame.payload(frame.bytes.raw)
            for entry in frame.frame.entries {
                try assembler.add(payload, entry) { record, resource in resource > 0 && record.kind >= 17 }
            }
        }
        #expect(try Self.items(assembler.encoded()) == ["cart": [records[1].bytes]])
        #expect(ItemAssembler(.logs).encoded() == [])
    }

    @Test func `a chunk that is not what its entry says is refused, never trapped on`() throws {
        let frame = try #require(try TestEdge().spans([TestSpan(trace: Self.id, span: 1)]).first)
        let payload = try frame.frame.payload(frame.bytes.raw)
        let entry = try #require(frame.frame.entries.first)
        for seed in UInt64(1)...500 {
            var random = SplitMix64(seed: seed)
            var wrong = entry
            wrong.offset = UInt32(truncatingIfNeeded: random.below(payload.bytes.count + 9))
            wrong.length = UInt32(truncatingIfNeeded: random.below(payload.bytes.count + 9))
            var assembler = ItemAssembler(.spans)
            try? assembler.add(payload, wrong)
            _ = assembler.encoded()
        }
    }
}
