import Foundation
import OTLPMessages
import Pipeline
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@Suite struct EdgeTests {
    @Test func `spans come out whole, under their trace, with their resource and scope`() throws {
        for seed in UInt64(1)...150 {
            var maker = RandomMessages(seed: seed)
            let request = try maker.traces(spans: 5)
            var edge = Edge(
                options: EdgeOptions(contentKeys: [], contentEvents: []),
                run: .test,
                at: .seconds(0)
            )
            let bytes: [UInt8] = try request.serializedBytes()
            let admission = try edge.takeTraces(bytes, at: .seconds(1))
            let items = try SealedContent(edge.cut()).items
            var expected: [Data: (span: OTLPSpan, scope: OTLPScopeSpans, group: OTLPResourceSpans)] = [:]
            for group in request.resourceSpans {
                for scope in group.scopeSpans {
                    for span in scope.spans {
                        var withoutSpans = scope
                        withoutSpans.spans = []
                        var withoutScopes = group
                        withoutScopes.scopeSpans = []
                        expected[span.spanID] = (span, withoutSpans, withoutScopes)
                    }
                }
            }
            for item in items {
                let span = try OTLPSpan(serializedBytes: item.bytes)
                let whole = try #require(expected[span.spanID], "seed \(seed)")
                #expect(
                    Array(span.traceID) == Self.big(item.key.high) + Self.big(item.key.low),
                    "seed \(seed)"
                )
                let scope = try OTLPScopeSpans(serializedBytes: item.scope)
                let group = try OTLPResourceSpans(serializedBytes: item.resource)
                #expect(span == whole.span && scope == whole.scope && group == whole.group, "seed \(seed)")
            }
            #expect(items.count == expected.count)
            #expect(admission.accepted == expected.count && admission.rejected == 0)
        }
    }

    @Test func `no content leaves an edge that does not capture it`() throws {
        for seed in UInt64(1)...100 {
            var maker = RandomMessages(seed: seed)
            var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
            let traces: [UInt8] = try maker.traces(spans: 4).serializedBytes()
            let logs: [UInt8] = try maker.logs(records: 4).serializedBytes()
            _ = try edge.takeTraces(traces, at: .seconds(1))
            _ = try edge.takeLogs(logs, at: .seconds(1))
            edge.finish(at: .seconds(2))
            let hadContent = traces.contains(RandomMessages.secret) || logs.contains(RandomMessages.secret)
            #expect((edge.accounts.redacted > 0) == hadContent, "seed \(seed)")
            #expect(try !SealedContent.allBytes(edge.cut()).contains(RandomMessages.secret), "seed \(seed)")
        }
    }

    @Test func `items with bad ids are refused one by one`() throws {
        var maker = RandomMessages(seed: 1)
        var spans = try (0..<5).map { _ in try maker.span() }
        spans[0].traceID = .init()
        spans[1].traceID = .init(repeating: 0, count: 16)
        spans[2].spanID = .init(repeating: 1, count: 7)
        spans[3].spanID = .init(repeating: 0, count: 8)
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        let admission = try edge.takeTraces(Self.request(spans), at: .seconds(1))
        #expect(admission.accepted == 1 && admission.rejected == 4)
        #expect(admission.rejectReason == .traceIDLength)
        let expected: [ItemDefect: UInt64] = [
            .traceIDLength: 1, .traceIDZero: 1, .spanIDLength: 1, .spanIDZero: 1,
        ]
        #expect(edge.accounts.rejected == [.spans: expected])
        #expect(edge.accounts.bySignal[.spans]?.received == 1)
        #expect(try SealedContent(edge.cut()).items.count == 1)
    }

    @Test func `a malformed request is refused whole and leaves nothing`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var maker = RandomMessages(seed: 1)
        let good = try Self.request((0..<3).map { _ in try maker.span() })
        for bad in [Array(good.dropLast()), [0x0a], [0x07], good + [0x0c]] {
            #expect(throws: Refusal.self) { try edge.takeTraces(bad, at: .seconds(1)) }
            #expect(throws: Refusal.self) { try edge.takeLogs(bad, at: .seconds(1)) }
            #expect(throws: Refusal.self) { try edge.takeMetrics(bad, at: .seconds(1)) }
        }
        edge.refuse(.spans, .tooLarge(limitBytes: 5))
        #expect(edge.accounts.refused[.spans] == ["malformed": 4, "too_large": 1])
        #expect(edge.accounts.refused[.logs] == ["malformed": 4])
        #expect(edge.cut().isEmpty)
        edge.finish(at: .seconds(2))
        #expect(edge.cut().isEmpty)
        _ = try edge.takeTraces(good, at: .seconds(2))
        #expect(try SealedContent(edge.cut()).items.count == 3)
    }

    @Test func `whatever comes in, the edge lives on and what it makes can be read`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(100)) {
            var maker = RandomMessages(seed: seed)
            var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
            for round in 0..<6 {
                let now = ClusterTime.seconds(Double(round * 4))
                let traces: [UInt8] = try maker.traces(spans: 3).serializedBytes()
                let logs: [UInt8] = try maker.logs(records: 3).serializedBytes()
                let metrics: [UInt8] = try maker.metrics(points: 3).serializedBytes()
                _ = try edge.takeTraces(traces, at: now)
                _ = try edge.takeLogs(logs, at: now)
                _ = try edge.takeMetrics(metrics, at: now)
                _ = try? edge.takeTraces(maker.damaged(traces), at: now)
                _ = try? edge.takeLogs(maker.damaged(logs), at: now)
                _ = try? edge.takeMetrics(maker.damaged(metrics), at: now)
            }
            edge.finish(at: .seconds(60))
            let frames = edge.cut()
            let slots = try SealedContent.slots(frames)
            let identities = Set(slots.map { "\($0.series) \($0.start) \($0.part)" })
            #expect(identities.count == slots.count, "\(Sweep.replay("EdgeTests", seed: seed))")
            let open = edge.accounts.bySignal.values.filter { !$0.closes }
            #expect(open.isEmpty, "seed \(seed)")
        }
    }

    @Test func `an empty request is taken and gives nothing`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        let empty: [UInt8] = []
        #expect(try edge.takeTraces(empty, at: .seconds(1)) == Admission())
        let hasStaged = edge.hasStaged
        #expect(!hasStaged && edge.cut().isEmpty)
    }

    @Test func `logs without a trace go to their host's minute, others to their trace`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var group = OTLPResourceLogs()
        var pair = OTLPKeyValue()
        pair.key = "host.id"
        pair.value.stringValue = "h1"
        group.resource.attributes = [pair]
        var free = OTLPLogRecord()
        free.body.stringValue = "a"
        var bound = OTLPLogRecord()
        bound.traceID = .init(repeating: 1, count: 16)
        var scope = OTLPScopeLogs()
        scope.logRecords = [free, bound]
        group.scopeLogs = [scope]
        var request = OTLPLogsData()
        request.resourceLogs = [group]
        let bytes: [UInt8] = try request.serializedBytes()
        _ = try edge.takeLogs(bytes, at: .seconds(1))
        let frames = edge.cut()
        let keys = try Set(SealedContent(frames).items.map(\.key))
        let trace = Key(TraceID(high: 0x0101_0101_0101_0101, low: 0x0101_0101_0101_0101))
        #expect(keys == [.hostMinute("h1", minute: ClusterTime.seconds(1).minute), trace])
        // A record without a time has that of its arrival.
        #expect(frames[0].frame.entries.allSatisfy { $0.firstStart == ClusterTime.seconds(1).nanoseconds })
    }

    @Test func `much that is staged is sealed before more comes`() throws {
        var maker = RandomMessages(seed: 1)
        var span = try maker.span()
        span.attributes = [OTLPKeyValue()]
        span.attributes[0].key = "blob"
        span.attributes[0].value.stringValue = String(repeating: "x", count: 3 << 20)
        let bytes = try Self.request([span])
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        for _ in 0..<8 {
            _ = try edge.takeTraces(bytes, at: .seconds(1))
            let stagedBytes = edge.stagedBytes
            #expect(stagedBytes < 12 << 20)
        }
        let frames = edge.cut()
        #expect(frames.count == 3)
        #expect(frames.reduce(0) { $0 + $1.header.itemCount } == 8)
    }

    static func request(_ spans: [OTLPSpan], service: String = "shop") throws -> [UInt8] {
        var pair = OTLPKeyValue()
        pair.key = "service.name"
        pair.value.stringValue = service
        var group = OTLPResourceSpans()
        group.resource.attributes = [pair]
        var scope = OTLPScopeSpans()
        scope.spans = spans
        group.scopeSpans = [scope]
        var request = OTLPTracesData()
        request.resourceSpans = [group]
        return try request.serializedBytes()
    }

    private static func big(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}
