import GRDB
import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct KeepChunksTests {
    private static func frames(
        _ seed: UInt64,
        run: UInt64 = 1,
        at now: ClusterTime = TestEdge.epoch
    ) throws -> [SealedFrame] {
        var random = SplitMix64(seed: seed)
        let ids = (0..<12).map { _ in random.traceID() }
        let edge = TestEdge(run: run)
        return try edge.spans(StoreModel.spans(ids, at: now, &random), at: now)
            + edge.logs(StoreModel.logs(ids, at: now, &random), at: now)
    }

    /// A store that holds some frames, and everything of it as another node fetches it.
    private static func fetched(
        _ frames: [SealedFrame]
    ) async throws -> (oracle: ChunkOracle, frames: [[UInt8]]) {
        let other = try TestStore()
        await other.append(frames)
        var oracle = ChunkOracle()
        oracle.add(frames)
        let fetched = try await other.store.everything(oracle.names)
        await other.store.close()
        return (oracle, fetched)
    }

    @Test func `items that repair brought are the items that were made`() async throws {
        let frames = try Self.frames(1)
        let (oracle, fetched) = try await Self.fetched(frames)
        let (direct, repaired) = (try TestStore(), try TestStore())
        await direct.append(frames)
        for bytes in fetched { #expect(try await repaired.store.keepChunks(bytes).outcome == .stored) }
        for bytes in fetched { #expect(try await repaired.store.keepChunks(bytes).outcome == .duplicate) }
        try await oracle.check(repaired.store, "repaired")
        for name in oracle.names {
            let id = TraceID(high: name.id.key.high, low: name.id.key.low)
            let (one, other) = (try await direct.store.trace(id), try await repaired.store.trace(id))
            let bodies = multiset(OTLPItems.bodies(one?.spans ?? []))
            #expect(bodies == multiset(OTLPItems.bodies(other?.spans ?? [])))
        }
        let account = try #require(repaired.store.accounts[.spans])
        #expect(account.repaired > 0 && account.received == 0 && account.closes)
        await direct.store.close()
        await repaired.store.close()
    }

    @Test func `nothing is kept but what was asked for`() async throws {
        let frames = try Self.frames(4)
        let (oracle, fetched) = try await Self.fetched(frames)
        let test = try TestStore()
        var asked: Set<ChunkName> = []
        for bytes in fetched {
            let whole = try SealedFrame(repair: bytes).frame
            let names = whole.entries.indices.map { whole.chunkName(ofEntry: $0) }
            let some = Set(names.prefix((names.count + 1) / 2))
            let (outcome, frame) = try await test.store.keepChunks(bytes, of: some)
            #expect(outcome == .stored && frame.frame.entries.count == some.count)
            asked.formUnion(some)
        }
        var left = oracle
        left.remove { !asked.contains($0) }
        try await left.check(test.store, "asked")
        for bytes in fetched {
            await #expect(throws: FrameFailure.self) { try await test.store.keepChunks(bytes, of: []) }
        }
        try await left.check(test.store, "asked for nothing")
        await test.store.close()
    }

    /// Leaves not a page on a disk.
    private static func fill(_ disk: SmallDisk) throws {
        let ballast = try File(disk.scratch.path + "/ballast", flags: O_CREAT | O_WRONLY)
        var end = 0
        while (try? ballast.write(Array(repeating: 7, count: 4096), at: end)) != nil { end += 4096 }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
    func `a frame whose chunks stood in the same failed commit was not stored either`() async throws {
        let disk = try #require(SmallDisk(bytes: 256 << 10))
        var random = SplitMix64(seed: 5)
        // Noise that does not compress, more than is left of a page.
        let spans = (0..<200).map { _ in
            let text = (0..<8).map { _ in SpanID(random.next()).hex }.joined()
            return TestSpan(
                trace: TraceID(high: 5, low: UInt64(random.below(4))),
                span: random.spanID().bits,
                attributes: ["noise": text]
            )
        }
        let frames = try TestEdge(run: 5).spans(spans)
        let (_, fetched) = try await Self.fetched(frames)
        let test = try TestStore(disk.scratch)
        try Self.fill(disk)
        let repairs = try fetched.map { Arrival(try SealedFrame(repair: $0), .repair) }
        let outcomes = await test.append(repairs + frames.map { Arrival($0, .copy) })
        for outcome in outcomes { #expect(!outcome.isSafe) }
        try File.remove(disk.scratch.path + "/ballast")
        for outcome in await test.append(frames.map { Arrival($0, .copy) }) { #expect(outcome == .stored) }
        await test.store.close()
    }

    @Test func `chunks, their frame and copies of both in one commit are stored once`() async throws {
        let frames = try Self.frames(2)
        let (oracle, fetched) = try await Self.fetched(frames)
        let repairs = try fetched.map { Arrival(try SealedFrame(repair: $0), .repair) }
        let wholes = frames.map { Arrival($0, .copy) }
        for seed in UInt64(1)...12 {
            var random = SplitMix64(seed: seed)
            let test = try TestStore()
            let arrivals = (repairs + wholes + repairs + wholes).shuffled(using: &random)
            for outcome in await test.append(arrivals) { #expect(outcome.isSafe) }
            try await oracle.check(test.store, "seed \(seed)")
            await test.store.close()
        }
    }

    @Test(arguments: ["memory", "restart", "forgotten"])
    func `a frame that comes after any part of it is completed and not stored twice`(
        _ how: String
    ) async throws {
        for seed in UInt64(1)...8 {
            var random = SplitMix64(seed: seed)
            let frames = try Self.frames(seed)
            let (oracle, _) = try await Self.fetched(frames)
            let part = Set(oracle.names.sorted { $0.id < $1.id }.filter { _ in random.one(in: 2) })
            let other = try TestStore()
            await other.append(frames)
            var test = try TestStore()
            for bytes in try await other.store.everything(part) { _ = try await test.store.keepChunks(bytes) }
            if how == "restart" {
                await test.store.close()
                test = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
            } else if how == "forgotten" {
                test.store.forget(run: frames[0].header.id.run, below: .max)
            }
            for outcome in await test.append(frames.map { Arrival($0, .first) }) { #expect(outcome.isSafe) }
            try await oracle.check(test.store, "\(how), seed \(seed)")
            let again = await test.append(frames.map { Arrival($0, .copy) })
            #expect(again == frames.map { _ in .duplicate }, "\(how), seed \(seed)")
            await test.store.close()
            await other.store.close()
        }
    }

    @Test func `damaged and hostile frames are refused or change nothing that is there`() async throws {
        let frames = try Self.frames(3)
        let (oracle, fetched) = try await Self.fetched(frames)
        let test = try TestStore()
        var random = SplitMix64(seed: Sweep.seed(5))
        for _ in 0..<Sweep.rounds(400) {
            guard let bytes = fetched.randomElement(using: &random) else { continue }
            let damaged = Damage.mutated(bytes, &random)
            guard damaged != bytes else { continue }
            await #expect(throws: FrameFailure.self) { try await test.store.keepChunks(damaged) }
            let noise = Damage.noise(random.below(300), &random)
            await #expect(throws: FrameFailure.self) { try await test.store.keepChunks(noise) }
        }
        // A frame as made has no origins, and a journal frame is nobody's chunk.
        for frame in frames {
            await #expect(throws: FrameFailure.self) { try await test.store.keepChunks(frame.bytes) }
        }
        await #expect(throws: FrameFailure.self) { try await test.store.keepChunks([]) }
        let two = fetched[0] + fetched[0]
        await #expect(throws: FrameFailure.self) { try await test.store.keepChunks(two) }
        try await ChunkOracle().check(test.store, "nothing")
        for bytes in fetched { _ = try await test.store.keepChunks(bytes) }
        try await oracle.check(test.store, "all")
        await test.store.close()
    }

    @Test func `chunks below the floor are not kept, whatever raised it, and a restart does not forget`()
        async throws
    {
        let frames = try Self.frames(4)
        let (_, fetched) = try await Self.fetched(frames)
        var test = try TestStore()
        test.clock.advance(seconds: 60)
        _ = try await test.store.purge(before: test.clock.now)
        for bytes in fetched { #expect(try await test.store.keepChunks(bytes).outcome == .duplicate) }
        try await ChunkOracle().check(test.store, "purged")
        let floor = test.store.floorMinute
        await test.store.close()
        test = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(test.store.floorMinute == floor)
        for bytes in fetched { #expect(try await test.store.keepChunks(bytes).outcome == .duplicate) }
        await test.store.close()
        // By age, without a purge.
        let young = try TestStore { $0.retentionAge = .seconds(600) }
        young.clock.advance(seconds: 700)
        for bytes in fetched { #expect(try await young.store.keepChunks(bytes).outcome == .duplicate) }
        await young.store.close()
        // A file of nonsense counts as none.
        try test.scratch.write(Array("many".utf8), to: "floor")
        let other = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(other.store.floorMinute < floor)
        await other.store.close()
    }

    @Test func `an index of the previous format is read, and tells the same`() async throws {
        let test = try TestStore()
        var oracle = ChunkOracle()
        for seed in UInt64(1)...3 {
            let frames = try Self.frames(seed, run: seed)
            await test.append(frames)
            oracle.add(frames)
            await test.store.seal()
        }
        await test.store.close()
        for name in test.scratch.segmentFiles where name.hasSuffix(".sqlite") {
            let path = test.scratch.path + "/segments/" + name
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: "DROP TABLE buckets") }
            try queue.close()
            // The key table knows the checksum of what belongs to it.
            let stem = String(name.dropLast(7))
            try test.scratch.rechecksum(stem)
        }
        let again = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(again.store.state.withLock { $0.sealed.count } == 3)
        try await oracle.check(again.store, "without the table")
        await again.store.mergeAll()
        try await oracle.check(again.store, "merged")
        await again.store.close()
    }

    @Test func `journal frames are in no digest and are never given`() async throws {
        let test = try TestStore()
        let edge = TestEdge(sampleShare: 0)
        var random = SplitMix64(seed: 4)
        let ids = (0..<9).map { _ in random.traceID() }
        let frames = try edge.spans(
            StoreModel.spans(ids, at: TestEdge.epoch, &random).map { span in
                var span = span
                span.isError = false
                return span
            }
        )
        #expect(frames.contains { $0.header.flags.contains(.journal) })
        for turn in 0..<2 {
            if turn == 0 { await test.append(frames) } else { await test.store.mergeAll() }
            var oracle = ChunkOracle()
            oracle.add(frames)
            try await oracle.check(test.store, "turn \(turn)")
            let journal = frames.filter { $0.header.flags.contains(.journal) }.flatMap {
                ChunkOracle.names($0)
            }
            #expect(try await test.store.chunkFrames(of: journal, bytesMax: 1 << 20) == [])
        }
        await test.store.close()
    }
}
