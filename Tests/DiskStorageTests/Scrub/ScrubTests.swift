import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct ScrubTests {
    private static func frames(_ run: UInt64, count: Int = 6) throws -> [SealedFrame] {
        var random = SplitMix64(seed: run)
        let edge = TestEdge(run: run)
        return try (0..<count).flatMap { _ in
            let ids = [random.traceID(), random.traceID()]
            return try edge.spans(StoreModel.spans(ids, at: TestEdge.epoch, &random))
        }
    }

    /// Changes one byte of a frame where it lies.
    private static func damage(_ frame: SealedFrame, in test: TestStore, _ random: inout SplitMix64) throws {
        for name in test.scratch.segmentFiles where name.hasSuffix(".seg") {
            var bytes = try test.scratch.read("segments/" + name)
            guard let place = bytes.firstRange(of: frame.bytes) else { continue }
            bytes[place.lowerBound + random.below(place.count)] ^= 1 << UInt8(random.below(8))
            let segment = try #require(
                test.store.state.withLock { state in
                    state.sealed.first { $0.path.hasSuffix(String(name.dropLast(4))) }
                }
            )
            let file = try File(segment.file.path, flags: 2)
            try file.write(bytes, at: 0)
            return
        }
        Issue.record("the frame is nowhere")
    }

    @Test func `damage anywhere in a frame takes that frame's chunks out of what counts, and no other's`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(30)) {
            var random = SplitMix64(seed: seed)
            let test = try TestStore()
            let frames = try Self.frames(seed)
            await test.append(frames)
            await test.store.seal()
            let victim = frames[random.below(frames.count)]
            try Self.damage(victim, in: test, &random)
            let found = await test.store.scrubAll()
            let comment: Comment = "\(Sweep.replay("ScrubTests", seed: seed))"
            #expect(found.damagedFrames == 1 && found.mendedSegments == 1 && found.failures == 0, comment)
            #expect(found.damagedItems == UInt64(victim.header.itemCount), comment)
            #expect(found.damagedChunks == UInt64(victim.frame.entries.count), comment)
            var oracle = ChunkOracle()
            oracle.add(frames.filter { $0.header.id != victim.header.id })
            try await oracle.check(test.store, comment)
            #expect(test.store.counters.damagedBytes == UInt64(victim.bytes.count), comment)
            // Once found it is gone.
            #expect(await test.store.scrubAll().damagedFrames == 0, comment)
            // Its name is known, and it is stored when it comes again.
            #expect(await test.append([Arrival(victim, .copy)]) == [.stored], comment)
            oracle.add([victim])
            try await oracle.check(test.store, comment)
            await test.store.close()
        }
    }

    @Test func `a frame of a later version is no damage: it stays as it is, and nothing is merged over it`()
        async throws
    {
        let test = try TestStore()
        let frames = try Self.frames(11)
        await test.append(frames)
        await test.store.seal()
        let segment = try #require(test.store.state.withLock { $0.sealed.first })
        let line = try #require(segment.frames.last)
        let file = try File(segment.file.path, flags: 2)
        var head = try file.read(at: line.offset, count: FrameHeader.byteCount)
        head[4] = 9
        head.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        let checksum = ContentHash.hash64(head.raw)
        for place in 0..<4 { head[12 + place] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * place)) }
        try file.write(head, at: line.offset)
        let found = await test.store.scrubAll()
        #expect(found.damagedFrames == 0 && found.failures == 0 && found.mendedSegments == 0)
        await test.store.mergeAll()
        #expect(test.store.counters.failedMerges > 0 && test.store.counters.damagedBytes == 0)
        #expect(try file.read(at: line.offset, count: FrameHeader.byteCount) == head)
        await test.store.close()
    }

    @Test func `a disk that gives nothing is no damage: it is told, and everything stays`() async throws {
        let test = try TestStore()
        await test.append(try Self.frames(12))
        await test.store.seal()
        let segment = try #require(test.store.state.withLock { $0.sealed.first })
        // Reading a folder fails as a broken disk does.
        let folder = unsafe open("/", O_RDONLY | O_DIRECTORY)
        try #require(dup2(folder, segment.file.descriptor) >= 0)
        close(folder)
        let found = await test.store.scrubAll()
        #expect(found.failures == 1 && found.damagedFrames == 0 && found.mendedSegments == 0)
        #expect(test.store.state.withLock { $0.sealed.first === segment })
        await test.store.close()
    }

    @Test func `chunks of a damaged frame come back by repair`() async throws {
        var random = SplitMix64(seed: 3)
        let (test, other) = (try TestStore(), try TestStore())
        let frames = try Self.frames(3)
        for store in [test, other] {
            await store.append(frames)
            await store.store.mergeAll()
        }
        let merged = try #require(test.store.state.withLock { $0.sealed.first })
        let line = try #require(merged.frames.first)
        let file = try File(merged.file.path, flags: 2)
        try file.write([0xff, 0xee], at: line.offset + 200)
        let found = await test.store.scrubAll()
        #expect(found.damagedFrames == 1 && found.damagedChunks == UInt64(line.chunkCount))
        var oracle = ChunkOracle()
        oracle.add(frames)
        for bytes in try await other.store.everything(oracle.names) {
            #expect(try await test.store.keepChunks(bytes).outcome.isSafe)
        }
        try await oracle.check(test.store, "repaired")
        _ = random.next()
        await test.store.close()
        await other.store.close()
    }

    @Test func `a sound store is read at the rate that is set, and a restart goes on where it was`()
        async throws
    {
        var test = try TestStore { $0.scrubBytesPerSecond = 1_000 }
        for run in UInt64(1)...4 {
            await test.append(try Self.frames(run))
            await test.store.seal()
        }
        let total = test.store.state.withLock {
            $0.sealed.reduce(0) { $0 + $1.bytes - SegmentHeader.byteCount }
        }
        var read: UInt64 = 0
        var seconds: UInt64 = 0
        await test.store.maintainAndWait()
        while test.store.counters.scrub.passes == 0, seconds < 1_000 {
            test.clock.advance(seconds: 1)
            seconds += 1
            await test.store.maintainAndWait()
            let now = test.store.counters.scrub.bytes
            #expect(read + now <= seconds * 1_000 + 3_000)
            guard seconds == 3 else { continue }
            read = now
            await test.store.close()
            test = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock) {
                $0.scrubBytesPerSecond = 1_000
            }
            await test.store.maintainAndWait()
        }
        #expect(read + test.store.counters.scrub.bytes == UInt64(total))
        #expect(seconds >= UInt64(total / 1_000) && test.store.counters.scrub.damagedFrames == 0)
        // The next pass waits for its day.
        test.clock.advance(seconds: 60)
        await test.store.maintainAndWait()
        #expect(read + test.store.counters.scrub.bytes == UInt64(total))
        test.clock.advance(seconds: 86_400)
        await test.store.maintainAndWait()
        #expect(read + test.store.counters.scrub.bytes > UInt64(total))
        await test.store.close()
    }

    @Test func `a rate of zero reads nothing, but what a reader complained of`() async throws {
        var random = SplitMix64(seed: 6)
        let test = try TestStore { $0.scrubBytesPerSecond = 0 }
        let frames = try Self.frames(6)
        await test.append(frames)
        await test.store.seal()
        test.clock.advance(seconds: 3_000)
        await test.store.maintainAndWait()
        #expect(test.store.counters.scrub == ScrubCounts())
        try Self.damage(frames[2], in: test, &random)
        let key = try #require(frames[2].frame.entries.first?.key)
        _ = try await test.store.trace(TraceID(high: key.high, low: key.low))
        await test.store.maintainAndWait()
        #expect(test.store.counters.scrub.damagedFrames == 1)
        var oracle = ChunkOracle()
        oracle.add(frames.filter { $0.header.id != frames[2].header.id })
        try await oracle.check(test.store, "mended")
        await test.store.close()
    }

    @Test func `every frame of a segment may be damaged`() async throws {
        var random = SplitMix64(seed: 7)
        let test = try TestStore()
        let frames = try Self.frames(7)
        await test.append(frames)
        await test.store.seal()
        for frame in frames { try Self.damage(frame, in: test, &random) }
        let found = await test.store.scrubAll()
        #expect(found.damagedFrames == UInt64(frames.count) && found.failures == 0)
        try await ChunkOracle().check(test.store, "nothing")
        #expect(test.store.state.withLock { $0.sealed.isEmpty })
        await test.store.close()
    }

    @Test func `what was written down of an earlier pass may be nonsense`() {
        for text in ["", "x", "1 2", "1 2 3 4", "-1 2 3", "99999999999999999999 1 1"] {
            #expect(ScrubState(text) == ScrubState())
        }
        var state = ScrubState()
        (state.segment, state.offset, state.began) = (7, 8, ClusterTime(nanoseconds: 9))
        #expect(ScrubState(state.text) == state)
        #expect(ScrubState("\(UInt64.max) \(UInt64.max) 1").offset == .max)
    }
}
