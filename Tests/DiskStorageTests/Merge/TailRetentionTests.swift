import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct TailRetentionTests {
    private static func store(share: Double = 0) throws -> TestStore {
        try TestStore { $0.tail = TailRules(after: 3_600_000_000_000, share: share, costlyTokens: 1_000) }
    }

    private static func root(_ number: UInt64, milliseconds: UInt64 = 10) -> TestSpan {
        var span = TestSpan(trace: TraceID(high: 9, low: number &* 0x9e37_79b9_7f4a_7c15), span: 1)
        span.end = span.start + milliseconds * 1_000_000
        return span
    }

    @Test func `errors, slow, costly and flagged traces stay; the others go, whole, with a count`()
        async throws
    {
        var spans = (1...100).map { Self.root($0) }
        spans[10].isError = true
        spans[20].end += 5_000_000_000
        spans[30].attributes["neoscope.keep"] = "1"
        // Costly only together, and in two chunks.
        var children: [TestSpan] = []
        for part in UInt64(2)...4 {
            var child = Self.root(41)
            child.span = part
            child.parent = 1
            child.attributes["gen_ai.usage.input_tokens"] = "400"
            children.append(child)
        }
        let kept = [spans[10].trace, spans[20].trace, spans[30].trace, spans[40].trace]
        let young = try Self.store()
        await young.append(try TestEdge().spans(spans, at: young.clock.now))
        await young.store.mergeAll()
        #expect(try await young.store.search(SearchQuery(limit: 500)).hits.count == 100)
        await young.store.close()
        let fresh = try Self.store()
        fresh.clock.advance(seconds: 4_000)
        await fresh.append(try TestEdge(run: 1).spans(Array(spans[..<50] + children[..<1])))
        await fresh.append(try TestEdge(run: 2).spans(Array(spans[50...] + children[1...])))
        // Twice: the slow ones must not be compared among themselves.
        await fresh.store.mergeAll()
        #expect(fresh.store.counters.merges == 2)
        let hits = try await fresh.store.search(SearchQuery(limit: 500)).hits
        #expect(Set(hits.map(\.trace)) == Set(kept))
        #expect(fresh.store.counters.thinnedSpans == 96)
        let costly = try await fresh.store.trace(spans[40].trace)
        #expect(costly?.spanCount == 4)
        await fresh.store.close()
    }

    @Test func `the share that stays is the one that the ids say`() async throws {
        let test = try Self.store(share: 0.4)
        test.clock.advance(seconds: 4_000)
        let spans = (1...300).map { Self.root($0) }
        await test.append(try TestEdge().spans(spans))
        await test.store.mergeAll()
        let rules = TailRules(share: 0.4)
        let expected = spans.map(\.trace).filter { rules.isInShare(Key($0)) }
        #expect(Set(try await test.store.search(SearchQuery(limit: 500)).hits.map(\.trace)) == Set(expected))
        await test.store.close()
    }

    @Test func `a trace of which a part lies elsewhere is not torn`() async throws {
        let test = try Self.store()
        test.clock.advance(seconds: 4_000)
        var failed = Self.root(1)
        failed.isError = true
        var child = Self.root(1)
        child.span = 2
        child.parent = 1
        var slow = (2...60).map { Self.root($0) }
        slow[0].end += 9_000_000_000
        var slowChild = slow[0]
        (slowChild.span, slowChild.parent, slowChild.end) = (2, 1, slowChild.start + 1)
        // Two hours apart, so that the parts are merged apart.
        let edge = TestEdge()
        let early = ClusterTime(nanoseconds: TestEdge.epoch.nanoseconds - 2 * 3_600_000_000_000)
        await test.append(try edge.spans([child, slowChild, Self.root(99)], at: early))
        await test.store.seal()
        await test.append(try edge.spans([failed] + slow, at: TestEdge.epoch))
        await test.store.seal()
        await test.store.maintainAndWait()
        #expect(try await test.store.trace(failed.trace)?.spanCount == 2)
        #expect(try await test.store.trace(slow[0].trace)?.spanCount == 2)
        #expect(try await test.store.trace(Self.root(99).trace) == nil)
        await test.store.close()
    }
}
