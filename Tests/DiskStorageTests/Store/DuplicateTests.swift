import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct DuplicateTests {
    private static func frame(
        run: UInt64 = 1,
        _ seed: UInt64,
        at now: ClusterTime = TestEdge.epoch
    ) throws -> SealedFrame {
        var random = SplitMix64(seed: seed)
        let ids = [random.traceID(), random.traceID()]
        return try #require(
            try TestEdge(run: run).spans(StoreModel.spans(ids, at: now, &random), at: now).first
        )
    }

    private static func items(_ frames: [SealedFrame]) throws -> [FrameItem] {
        try frames.flatMap { try FrameItem.items(of: $0.bytes) }.sorted()
    }

    @Test
    func `a frame that comes again is stored once, in one commit and in many, and every answer says so`()
        async throws
    {
        let test = try TestStore()
        let frames = [try Self.frame(run: 1, 1), try Self.frame(run: 2, 2)]
        let twice = await test.append([
            Arrival(frames[0], .first), Arrival(frames[0], .copy), Arrival(frames[1], .copy),
        ])
        #expect(twice == [.stored, .duplicate, .stored])
        let again = await test.append([Arrival(frames[0], .first), Arrival(frames[1], .first)])
        #expect(again == [.duplicate, .duplicate])
        #expect(await test.append([Arrival(frames[1], .copy)]) == [.duplicate])
        #expect(try test.items() == Self.items(frames))
        let account = try #require(test.store.accounts[.spans])
        let (one, two) = (UInt64(frames[0].header.itemCount), UInt64(frames[1].header.itemCount))
        #expect(account.received == 2 * one + two && account.out == one && account.duplicate == one + two)
        #expect(account.copy == two && account.copyDuplicate == one + two && account.copyFailed == 0)
        #expect(account.closes && account.held == 0)
        await test.store.close()
    }

    @Test func `what the process itself made is known when it comes back`() async throws {
        let test = try TestStore()
        let frame = try Self.frame(1)
        await test.append([frame])
        #expect(await test.append([Arrival(frame, .copy)]) == [.duplicate])
        #expect(try test.items() == Self.items([frame]))
        await test.store.close()
    }

    @Test func `another frame of the same name is kept under a new one, once, and counted`() async throws {
        let test = try TestStore()
        let frame = try Self.frame(1)
        let other = try Self.frame(2)
        #expect(frame.header.id == other.header.id)
        #expect(await test.append([Arrival(frame, .first)]) == [.stored])
        #expect(await test.append([Arrival(other, .first)]) == [.clash(storedAs: other.clashName)])
        #expect(
            await test.append([Arrival(other, .copy), Arrival(frame, .copy)]) == [.duplicate, .duplicate]
        )
        #expect(test.store.counters.clashes == 1)
        let third = try Self.frame(3)
        #expect(await test.append([Arrival(third, .copy)]) == [.clash(storedAs: third.clashName)])
        #expect(test.store.counters.clashes == 2)
        #expect(test.store.state.withLock { $0.clashingRuns } == [frame.header.id.run])
        let renamed = [other.renamed(other.clashName), third.renamed(third.clashName)]
        #expect(try test.items() == Self.items([frame] + renamed))
        let key = try #require(other.frame.entries.first?.key)
        #expect(try await test.store.trace(TraceID(high: key.high, low: key.low)) != nil)
        let account = try #require(test.store.accounts[.spans])
        #expect(account.closes && account.out == account.received - account.duplicate)
        await test.store.close()
    }

    @Test func `a name that was forgotten and taken again leaves either frame known`() async throws {
        let test = try TestStore()
        let frame = try Self.frame(1)
        let other = try Self.frame(2)
        #expect(await test.append([Arrival(frame, .first)]) == [.stored])
        test.store.forget(run: frame.header.id.run, below: 99)
        // They have no chunk in common by which one could be found from the other.
        #expect(await test.append([Arrival(other, .first)]) == [.stored])
        #expect(
            await test.append([Arrival(frame, .first), Arrival(other, .first)]) == [.duplicate, .duplicate]
        )
        #expect(try test.items() == Self.items([frame, other]))
        await test.store.close()
    }

    @Test(arguments: ["log", "recovered", "sealed", "merged"])
    func `a clash is seen on the disk where both have a chunk of one key`(_ place: String) async throws {
        var test = try TestStore()
        let id = TraceID(high: 1, low: 2)
        let frame = try #require(try TestEdge().spans([TestSpan(trace: id, span: 1)]).first)
        let other = try #require(
            try TestEdge().spans([TestSpan(trace: id, span: 1, end: 1_700_000_000_002_000_000)]).first
        )
        #expect(await test.append([Arrival(frame, .first)]) == [.stored])
        if place == "sealed" { await test.store.seal() }
        if place == "merged" { await test.store.mergeAll() }
        if place == "recovered" {
            let copy = try Scratch.crashed(test.scratch.path)
            await test.store.close()
            test = try TestStore(copy)
        } else {
            test.store.forget(run: frame.header.id.run, below: 99)
        }
        #expect(await test.append([Arrival(frame, .copy)]) == [.duplicate])
        #expect(await test.append([Arrival(other, .first)]) == [.clash(storedAs: other.clashName)])
        #expect(await test.append([Arrival(other, .first)]) == [.duplicate])
        #expect(try await test.store.trace(id)?.spanCount == 2)
        await test.store.close()
    }

    @Test
    func `after a failed commit nobody was told duplicate, and the frame is stored when it comes again`()
        async throws
    {
        let test = try TestStore { $0.durability = .batch }
        let before = try Self.frame(run: 1, 1)
        let frame = try Self.frame(run: 2, 2)
        #expect(await test.append([Arrival(before, .first)]) == [.stored])
        // Writes to /dev/null succeed, and synchronising it does not.
        let log = try #require(test.store.state.withLock { $0.active })
        let null = unsafe open("/dev/null", O_RDWR)
        try #require(dup2(null, log.file.descriptor) >= 0)
        close(null)
        let outcomes = await test.append([
            Arrival(frame, .first), Arrival(before, .copy), Arrival(frame, .copy),
        ])
        #expect(outcomes.map { if case .failed = $0 { true } else { false } } == [true, false, true])
        #expect(outcomes[1] == .duplicate)
        #expect(await test.append([Arrival(frame, .copy)]) == [.stored])
        let account = try #require(test.store.accounts[.spans])
        #expect(account.closes && account.held == 0)
        #expect(account.writeFailed == UInt64(frame.header.itemCount))
        #expect(account.copyFailed == account.writeFailed && account.copy == account.copyFailed)
        await test.store.close()
        #expect(await test.append([Arrival(frame, .first)]).count == 1)
    }

    @Test func `whatever is sent again, before and after restarts, crashes and merges, is stored once`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(8)) {
            var world = try World(seed: seed)
            for number in 0..<40 {
                let name = try await world.step()
                let replay = Sweep.replay("DuplicateTests", seed: seed)
                let comment: Comment = "\(replay): step \(number), \(name)"
                await world.test.store.seal()
                #expect(try world.test.items() == Self.items(world.stored), comment)
                #expect(world.test.store.accounts.values.allSatisfy { $0.closes }, comment)
                #expect(world.test.store.counters.clashes == 0, comment)
            }
            await world.test.store.close()
        }
    }

    /// A store that gets frames of several edges again and again.
    private struct World {
        var random: SplitMix64
        var test: TestStore
        var edges: [TestEdge]
        var stored: [SealedFrame] = []
        var isStored: Set<FrameID> = []

        init(seed: UInt64) throws {
            self.random = SplitMix64(seed: seed)
            self.edges = (1...3).map { TestEdge(run: $0) }
            self.test = try Self.open(Scratch(), TestClock())
        }

        private static func open(_ scratch: Scratch, _ clock: TestClock) throws -> TestStore {
            let test = try TestStore(scratch, clock: clock) { $0.segmentBytesMax = 9_000 }
            var limits = KnownFrames.Limits()
            limits.generationFramesMax = 6
            limits.floorsMax = 2
            test.store.known.withLock { $0 = KnownFrames(since: clock.now, limits: limits) }
            return test
        }

        mutating func step() async throws -> String {
            self.test.clock.advance(seconds: UInt64(self.random.below(400)))
            switch self.random.below(12) {
            case 0:
                await self.test.store.close()
                let copy = try Scratch.crashed(self.test.scratch.path)
                self.test = try Self.open(copy, self.test.clock)
                return "restart"
            case 1:
                let copy = try Scratch.crashed(self.test.scratch.path)
                await self.test.store.close()
                self.test = try Self.open(copy, self.test.clock)
                return "crash"
            case 2:
                await self.test.store.mergeAll()
                return "merge"
            case 3:
                let run = RunID(high: 1 + UInt64(self.random.below(3)), low: 7)
                self.test.store.forget(run: run, below: UInt64(self.random.below(9)))
                return "forget"
            default: return try await self.append()
            }
        }

        private mutating func append() async throws -> String {
            let now = self.test.clock.now
            let edge = self.edges[self.random.below(3)]
            let ids = [self.random.traceID(), self.random.traceID()]
            var frames = try edge.spans(StoreModel.spans(ids, at: now, &self.random), at: now)
            frames += try edge.logs(StoreModel.logs(ids, at: now, &self.random), at: now)
            if self.random.chance(perMille: 300) {
                frames += edge.slots(StoreModel.values(&self.random), at: now)
                self.test.clock.advance(seconds: 20)
            }
            for frame in self.stored where self.random.chance(perMille: 200) { frames.append(frame) }
            frames += frames.filter { _ in self.random.chance(perMille: 100) }
            frames.shuffle(using: &self.random)
            var expected: [Arrival.Outcome] = []
            for frame in frames {
                let isNew = self.isStored.insert(frame.header.id).inserted
                if isNew { self.stored.append(frame) }
                expected.append(isNew ? .stored : .duplicate)
            }
            let arrivals = frames.map { Arrival($0, self.random.chance(perMille: 500) ? .first : .copy) }
            #expect(await self.test.append(arrivals) == expected)
            return "append"
        }
    }
}
