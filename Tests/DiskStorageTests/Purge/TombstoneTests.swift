import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// What was purged comes back from nowhere.
@Suite struct TombstoneTests {
    private static let victim = TraceID(high: 0xdead, low: 0xbeef)

    /// Frames of a run that hold the victim's chunk among others.
    private static func frames(_ run: UInt64, at now: ClusterTime = TestEdge.epoch) throws -> [SealedFrame] {
        var random = SplitMix64(seed: run)
        let ids = [random.traceID(), Self.victim, random.traceID()]
        let edge = TestEdge(run: run)
        return try edge.spans(StoreModel.spans(ids, at: now, &random), at: now)
            + edge.logs([TestLog(trace: Self.victim), TestLog(trace: ids[0])], at: now)
    }

    private static func oracle(_ frames: [SealedFrame]) -> ChunkOracle {
        var oracle = ChunkOracle()
        oracle.add(frames)
        return oracle
    }

    /// Waits until what others purged is gone.
    private static func settle(_ test: TestStore) async {
        await test.store.writer.run {}
        await test.store.indexer.run {}
        await test.store.merger.run {}
    }

    @Test(arguments: [false, true])
    func `neither repair nor a late copy brings a purged trace back, after a restart neither`(
        _ restarts: Bool
    ) async throws {
        let other = try TestStore()
        let frames = try Self.frames(1)
        await other.append(frames)
        var oracle = Self.oracle(frames)
        let fetched = try await other.store.everything(oracle.names)
        oracle.remove { $0.id.key == Key(Self.victim) }
        var test = try TestStore()
        test.clock.advance(seconds: 5)
        _ = try await test.store.purge(trace: Self.victim)
        if restarts {
            await test.store.close()
            test = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
        }
        for bytes in fetched.prefix(1) { _ = try await test.store.keepChunks(bytes) }
        for outcome in await test.append(frames.map { Arrival($0, .copy) }) { #expect(outcome.isSafe) }
        for bytes in fetched { #expect(try await test.store.keepChunks(bytes).outcome.isSafe) }
        try await oracle.check(test.store, "the others are here")
        #expect(try await test.store.trace(Self.victim) == nil)
        // Once more, as a duplicate.
        #expect(await test.append(frames.map { Arrival($0, .copy) }) == frames.map { _ in .duplicate })
        // What is made later is another matter.
        let later = try Self.frames(2, at: test.clock.now.advanced(byNanoseconds: 1_000_000_000))
        _ = await test.append(later.map { Arrival($0, .copy) })
        oracle.add(later)
        try await oracle.check(test.store, "later")
        await test.store.mergeAll()
        try await oracle.check(test.store, "merged")
        #expect(try await test.store.trace(Self.victim) != nil)
        await other.store.close()
        await test.store.close()
    }

    @Test(arguments: ["open", "sealed", "merged", "restarted"])
    func `what other nodes purged goes, once it is heard of`(_ place: String) async throws {
        var test = try TestStore()
        let frames = try Self.frames(3)
        await test.append(frames)
        if place == "sealed" { await test.store.seal() }
        if place == "merged" { await test.store.mergeAll() }
        test.clock.advance(seconds: 5)
        var others = Tombstones()
        _ = others.add(Tombstone(Key(Self.victim), at: test.clock.now))
        if place == "restarted" {
            // It was written down, and the process ended before anything was removed.
            await test.store.close()
            let copy = try Scratch.crashed(test.scratch.path)
            try copy.write(others.encoded, to: "purges")
            test = try TestStore(copy, clock: test.clock)
            await test.store.maintainAndWait()
            await test.store.maintainAndWait()
        } else {
            test.store.bury(others)
            await Self.settle(test)
        }
        var oracle = Self.oracle(frames)
        oracle.remove { $0.id.key == Key(Self.victim) }
        try await oracle.check(test.store, "\(place)")
        #expect(try await test.store.trace(Self.victim) == nil)
        #expect(test.store.tombstones.digest == others.digest && test.store.counters.purgedItems > 0)
        #expect(test.store.state.withLock { $0.unburied.isEmpty })
        let merges = test.store.counters.merges
        test.store.bury(others)
        await test.store.maintainAndWait()
        #expect(test.store.counters.merges == merges, "what is known is not done again")
        await test.store.close()
    }

    @Test func `everything before a time goes on a node that was away, and its floor rises`() async throws {
        let test = try TestStore()
        let (early, late) = (
            try Self.frames(4),
            try Self.frames(5, at: TestEdge.epoch.advanced(byNanoseconds: 600_000_000_000))
        )
        await test.append(early + late)
        test.clock.advance(seconds: 900)
        var others = Tombstones()
        _ = others.add(before: TestEdge.epoch.advanced(byNanoseconds: 300_000_000_000))
        let floor = test.store.floorMinute
        test.store.bury(others)
        await Self.settle(test)
        #expect(test.store.floorMinute > floor)
        try await Self.oracle(late).check(test.store, "late ones are here")
        #expect(test.store.tombstones.before == others.before && test.store.counters.purgedItems > 0)
        await test.store.close()
    }

    @Test func `deletions are forgotten with what is kept at most, and nonsense on the disk is none`()
        async throws
    {
        let test = try TestStore { $0.retentionAge = .seconds(3_600) }
        _ = try await test.store.purge(trace: Self.victim)
        #expect(test.store.tombstones.count == 1)
        test.clock.advance(seconds: 3_601)
        await test.store.maintainAndWait()
        #expect(test.store.tombstones.isEmpty)
        // Nor are such heard of.
        var others = Tombstones()
        _ = others.add(Tombstone(Key(Self.victim), at: TestEdge.epoch))
        _ = others.add(before: TestEdge.epoch)
        test.store.bury(others)
        #expect(test.store.tombstones.isEmpty)
        await test.store.close()
        let copy = try Scratch.crashed(test.scratch.path)
        try copy.write([1, 2, 3], to: "purges")
        let again = try TestStore(copy, clock: test.clock)
        #expect(again.store.tombstones.isEmpty)
        await again.store.close()
    }
}
