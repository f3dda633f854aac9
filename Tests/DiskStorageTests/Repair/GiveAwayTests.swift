import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct GiveAwayTests {
    private static func frames(_ run: UInt64, at now: ClusterTime = TestEdge.epoch) throws -> [SealedFrame] {
        var random = SplitMix64(seed: run)
        let ids = (0..<8).map { _ in random.traceID() }
        return try TestEdge(run: run).spans(StoreModel.spans(ids, at: now, &random), at: now)
    }

    /// The minutes of some chunks, and what a store holds of each.
    private static func spans(
        _ names: Set<ChunkName>,
        of oracle: ChunkOracle
    ) -> [(span: BucketSpan, digest: ChunkDigest)] {
        Set(names.map { ChunkOracle.span($0) }).sorted().map { span in
            (span, ChunkOracle.digest(oracle.names.filter { ChunkOracle.span($0) == span }))
        }
    }

    @Test(arguments: ["open", "sealed", "merged"])
    func `what is given away is gone, and can be taken back`(_ place: String) async throws {
        let test = try TestStore()
        let frames = try Self.frames(1)
        var oracle = ChunkOracle()
        oracle.add(frames)
        await test.append(frames)
        if place == "sealed" { await test.store.seal() }
        if place == "merged" { await test.store.mergeAll() }
        let names = oracle.names.sorted { $0.id < $1.id }
        let given = Set(names.prefix(names.count / 2))
        let back = try await test.store.everything(given)
        await test.store.giveAwayAndWait(Self.spans(given, of: oracle))
        var left = oracle
        let spans = Set(given.map { ChunkOracle.span($0) })
        left.remove { spans.contains(ChunkOracle.span($0)) }
        try await left.check(test.store, "given, \(place)")
        await test.store.mergeAll()
        try await left.check(test.store, "given and merged, \(place)")
        if place != "open" { #expect(test.store.counters.givenItems > 0) }
        #expect(test.store.state.withLock { $0.givenAway.isEmpty })
        for bytes in back { #expect(try await test.store.keepChunks(bytes).outcome.isSafe) }
        // The frame itself is no duplicate either, though its name is known.
        for outcome in await test.append(frames.map { Arrival($0, .copy) }) { #expect(outcome.isSafe) }
        try await oracle.check(test.store, "back, \(place)")
        await test.store.close()
    }

    @Test func `a frame that was known and whose chunks were given away is stored when it comes again`()
        async throws
    {
        let test = try TestStore()
        let frames = try Self.frames(2)
        var oracle = ChunkOracle()
        oracle.add(frames)
        _ = await test.append(frames.map { Arrival($0, .first) })
        await test.store.seal()
        await test.store.giveAwayAndWait(Self.spans(oracle.names, of: oracle))
        try await ChunkOracle().check(test.store, "given")
        #expect(await test.append(frames.map { Arrival($0, .copy) }) == frames.map { _ in .stored })
        try await oracle.check(test.store, "again")
        await test.store.close()
    }

    @Test func `a bucket that has changed since it was compared stays`() async throws {
        let test = try TestStore()
        let (one, other) = (try Self.frames(3), try Self.frames(4))
        var before = ChunkOracle()
        before.add(one)
        await test.append(one)
        var spans = Self.spans(before.names, of: before)
        for index in spans.indices { spans[index].digest.sum ^= 1 }
        await test.store.giveAwayAndWait(spans)
        try await before.check(test.store, "another digest")
        await test.append(other)
        var all = before
        all.add(other)
        try await all.check(test.store, "all")
        await test.store.close()
    }

    @Test func `what comes to a bucket that is given away brings all of it back`() async throws {
        let test = try TestStore()
        let frames = try Self.frames(5)
        var oracle = ChunkOracle()
        oracle.add(frames)
        await test.append(frames)
        // It counts as gone, and still lies in the open log.
        await test.store.giveAwayAndWait(Self.spans(oracle.names, of: oracle))
        try await ChunkOracle().check(test.store, "given")
        let late = try TestEdge(run: 6).spans(
            oracle.names.map { TestSpan(trace: TraceID(high: $0.id.key.high, low: $0.id.key.low), span: 99) }
        )
        _ = await test.append(late.map { Arrival($0, .copy) })
        oracle.add(late)
        try await oracle.check(test.store, "late")
        await test.store.mergeAll()
        try await oracle.check(test.store, "merged")
        await test.store.close()
    }

    @Test func `what waits to be given away when the cluster changes stays`() async throws {
        let test = try TestStore()
        let frames = try Self.frames(8)
        var oracle = ChunkOracle()
        oracle.add(frames)
        await test.append(frames)
        let gate = Gate()
        test.store.writer.enqueue { gate.wait() }
        test.store.giveAway(Self.spans(oracle.names, of: oracle))
        test.store.keepAll()
        gate.open()
        await test.store.writer.run {}
        try await oracle.check(test.store, "kept")
        await test.store.mergeAll()
        try await oracle.check(test.store, "merged")
        await test.store.close()
    }

    @Test func `when the cluster changes what is still here counts again`() async throws {
        let test = try TestStore()
        let frames = try Self.frames(7)
        var oracle = ChunkOracle()
        oracle.add(frames)
        await test.append(frames)
        await test.store.giveAwayAndWait(Self.spans(oracle.names, of: oracle))
        test.store.keepAll()
        try await oracle.check(test.store, "kept")
        await test.store.mergeAll()
        try await oracle.check(test.store, "merged")
        await test.store.close()
    }
}
