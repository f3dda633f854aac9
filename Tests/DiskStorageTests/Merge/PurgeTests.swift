import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct PurgeTests {
    private static let victim = TraceID(high: 0xdead_beef, low: 0xfeed)
    private static let mark = "zzz-unmistakable-zzz"

    private static func span(_ number: UInt64) -> TestSpan {
        TestSpan(trace: Self.victim, span: number, name: Self.mark, attributes: ["session.id": Self.mark])
    }

    /// Whether the mark stands in any file, frames opened.
    private static func isMarked(_ scratch: Scratch) throws -> Bool {
        let mark = Array(Self.mark.utf8)
        for name in scratch.segmentFiles
        where try scratch.read("segments/" + name).firstRange(of: mark) != nil {
            return true
        }
        return try TestStore.items(in: scratch, withJournal: true).contains { item in
            item.bytes.firstRange(of: mark) != nil || item.key == Key(Self.victim)
        }
    }

    @Test(arguments: [1.0, 0.0])
    func `no byte of a purged trace is left, sealed or open, merged or not, sampled or not`(
        _ share: Double
    ) async throws {
        let test = try TestStore()
        let edge = TestEdge(sampleShare: share)
        var random = SplitMix64(seed: 1)
        for round in 0..<4 {
            let others = StoreModel.spans([random.traceID()], at: test.clock.now, &random)
            let spans = others + [Self.span(UInt64(round + 1))]
            let logs = [TestLog(trace: Self.victim, body: Self.mark), TestLog(trace: random.traceID())]
            await test.append(try edge.spans(spans, at: test.clock.now) + edge.logs(logs, at: test.clock.now))
            if round == 1 { await test.store.mergeAll() }
            if round == 2 { await test.store.seal() }
            test.clock.advance(seconds: 20)
        }
        // A segment of its own, in which the key is nowhere but in a journal frame where it was sampled out.
        await test.store.seal()
        await test.append(try edge.spans([Self.span(9)], at: test.clock.now))
        let before = try TestStore.items(in: test.scratch, withJournal: true)
        #expect(try Self.isMarked(test.scratch))
        let count = try await test.store.purge(trace: Self.victim)
        #expect(count == (share == 1 ? 9 : 4))
        #expect(test.store.counters.purgedItems == count)
        #expect(try !Self.isMarked(test.scratch))
        #expect(try await test.store.trace(Self.victim) == nil)
        #expect(try await test.store.search(SearchQuery(terms: [Term(.session, Self.mark)])).hits.isEmpty)
        #expect(try await !test.store.values(.session, limit: 99).contains(Self.mark))
        let rest = before.filter { $0.key != Key(Self.victim) && $0.signal != Signal.spans.rawValue }
        #expect(try test.items().filter { $0.signal != Signal.spans.rawValue } == rest)
        #expect(try await test.store.purge(trace: Self.victim) == 0)
        await test.store.close()
        let again = try TestStore(Scratch.crashed(test.scratch.path))
        #expect(try await again.store.trace(Self.victim) == nil)
        await again.store.close()
    }

    @Test func `young journal frames of others survive a purge, for the crash of an open window`()
        async throws
    {
        let test = try TestStore()
        let edge = TestEdge(sampleShare: 0)
        await test.append(
            try edge.spans([TestSpan(trace: TraceID(high: 1, low: 1), span: 1)], at: test.clock.now)
        )
        await test.append(try edge.logs([TestLog(trace: Self.victim)], at: test.clock.now))
        #expect(try await test.store.purge(trace: Self.victim) == 1)
        let journal = try TestStore.items(in: test.scratch, withJournal: true)
        #expect(journal.map(\.key) == [Key(TraceID(high: 1, low: 1))])
        var seen = 0
        test.store.forEachFrame(since: test.clock.now) { frame, _ in
            seen += frame.header.flags.contains(.journal) ? 1 : 0
        }
        #expect(seen == 1)
        test.clock.advance(seconds: 700)
        await test.store.mergeAll()
        #expect(try TestStore.items(in: test.scratch, withJournal: true).isEmpty)
        await test.store.close()
    }

    @Test
    func
        `what a purge leaves of an hour is still compared with other nodes, and what it took is not kept again`()
        async throws
    {
        let (test, other) = (try TestStore(), try TestStore())
        var oracle = ChunkOracle()
        for minute in [1, 20, 40] {
            let at = TestEdge.epoch.advanced(byNanoseconds: Int64(minute) * 60_000_000_000)
            let id = TraceID(high: 7, low: UInt64(minute))
            let frames = try TestEdge(run: UInt64(minute)).spans([TestSpan(trace: id, span: 1)], at: at)
            await test.append(frames)
            await other.append(frames)
            oracle.add(frames)
        }
        let fetched = try await other.store.everything(oracle.names)
        test.clock.advance(seconds: 10 * 3600)
        let time = TestEdge.epoch.advanced(byNanoseconds: 30 * 60_000_000_000)
        _ = try await test.store.purge(before: time)
        #expect(UInt64(test.store.floorMinute) <= time.minute)
        for bytes in fetched { #expect(try await test.store.keepChunks(bytes).outcome.isSafe) }
        oracle.remove { $0.created < time }
        try await oracle.check(test.store, "purged")
        await test.store.close()
        await other.store.close()
    }

    @Test func `a purge before a time that is to come ends at the present`() async throws {
        let test = try TestStore()
        test.clock.advance(seconds: 300)
        _ = try await test.store.purge(before: test.clock.now.advanced(byNanoseconds: 86_400_000_000_000))
        #expect(test.store.tombstones.before == test.clock.now)
        #expect(UInt64(test.store.floorMinute) <= test.clock.now.minute)
        let frames = try TestEdge().spans([TestSpan(trace: Self.victim, span: 1)], at: test.clock.now)
        await test.append(frames)
        #expect(try await test.store.trace(Self.victim) != nil)
        await test.store.close()
    }

    @Test func `a purge before a time takes what was made before, and nothing else`() async throws {
        let test = try TestStore()
        var model = StoreModel()
        var random = SplitMix64(seed: 3)
        let edge = TestEdge()
        for round in 0..<8 {
            test.clock.advance(seconds: 60)
            let now = test.clock.now
            let spans = StoreModel.spans([random.traceID()], at: now, &random)
            await test.append(try edge.spans(spans, at: now))
            model.add(spans, at: now)
            if round == 3 { await test.store.mergeAll() }
        }
        let time = ClusterTime(nanoseconds: TestEdge.epoch.nanoseconds + 5 * 60_000_000_000)
        let expected = try test.items().filter { $0.created < time.nanoseconds / 1_000_000 }.count
        #expect(try await test.store.purge(before: time) == UInt64(expected))
        model.purge(before: time)
        try await model.check(test.store, &random, "purged")
        await test.store.close()
    }
}
