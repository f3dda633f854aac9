import Glibc
import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct SegmentMergerTests {
    /// A store with sealed segments of all signals, some frames of one trace in several of them.
    private static func filled(
        seed: UInt64,
        _ change: @escaping @Sendable (inout StoreOptions) -> Void = { _ in }
    ) async throws -> TestStore {
        let test = try TestStore(nil) { options in
            options.segmentBytesMax = 6_000
            change(&options)
        }
        var random = SplitMix64(seed: seed)
        var ids: [TraceID] = []
        let edge = TestEdge(run: seed)
        var scenarioOptions = AgentScenarioOptions()
        scenarioOptions.seed = seed
        var scenario = try AgentScenario(scenarioOptions)
        for _ in 0..<12 {
            test.clock.advance(seconds: 30)
            ids += (0..<4).map { _ in random.traceID() }
            let now = test.clock.now
            let slots = edge.slots(StoreModel.values(&random), at: now)
            test.clock.advance(seconds: 10)
            let later = test.clock.now
            let spans = StoreModel.spans(Array(ids.suffix(8)), at: later, &random)
            var frames =
                try edge.spans(spans, at: later)
                + edge.logs(StoreModel.logs(ids, at: later, &random), at: later)
            let stamp = Timestamp(nanoseconds: later.nanoseconds)
            frames += try edge.frames(
                traces: scenario.spans(60, at: stamp).bytes,
                logs: scenario.logs(20, at: stamp).bytes,
                at: later
            )
            #expect(await test.append(frames + slots) == nil)
        }
        await test.store.seal()
        return test
    }

    private static func merge(
        _ test: TestStore,
        into id: UInt64,
        partBytesMax: Int,
        _ change: (inout SegmentMerger.Policy) -> Void = { _ in },
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws -> (sealed: SealedSegment?, removed: SegmentMerger.Removed) {
        var policy = SegmentMerger.Policy(now: test.clock.now, level: 1)
        change(&policy)
        let merger = SegmentMerger(
            inputs: test.store.snapshot().sealed,
            policy: policy,
            path: test.store.path(id),
            id: id,
            run: RunID(high: 5, low: 5),
            partBytesMax: partBytesMax,
            isStopped: isStopped
        )
        return try merger.run { _ in false }
    }

    private static func items(_ segment: SealedSegment) throws -> [FrameItem] {
        let bytes = try segment.file.read(at: 0, count: segment.bytes)
        var items: [FrameItem] = []
        var walk = SegmentWalk(bytes.raw)
        while let step = walk.next() {
            guard case .frame(_, let offset) = step else { continue }
            items += try FrameItem.items(of: bytes, at: offset)
        }
        return items.sorted()
    }

    @Test(arguments: [32 << 20, 20_000, 1_000, 1])
    func `no merge changes any item, in memory or part by part`(_ partBytesMax: Int) async throws {
        let test = try await Self.filled(seed: 1)
        let expected = try test.items()
        #expect(test.store.snapshot().sealed.count > 2)
        let (sealed, removed) = try Self.merge(test, into: 0xaa, partBytesMax: partBytesMax)
        let merged = try #require(sealed)
        #expect(try Self.items(merged) == expected)
        #expect(removed.damaged.isEmpty && removed.purgedItems == 0 && removed.thinnedItems == 0)
        #expect(merged.frames.allSatisfy { $0.flags.contains(.merged) })
        #expect(!test.scratch.segmentFiles.contains { $0.hasSuffix(".tmp") })
        for key in Set(expected.map(\.key)) { #expect(!merged.frameOffsets(of: key).isEmpty) }
        await test.store.close()
    }

    @Test func `chunks are sorted by partition and key within each signal`() async throws {
        for partBytesMax in [32 << 20, 5_000] {
            let test = try await Self.filled(seed: 2)
            let merged = try #require(try Self.merge(test, into: 0xaa, partBytesMax: partBytesMax).sealed)
            for signal in Signal.allCases {
                var last: (Int, Key)?
                for line in merged.frames where line.signal == signal {
                    let bytes = try merged.file.read(at: line.offset, count: FrameHeader.frameBytesMax)
                    for entry in try Frame(bytes.raw).entries {
                        if let last { #expect(last <= (entry.key.partition, entry.key)) }
                        last = (entry.key.partition, entry.key)
                    }
                }
            }
            await test.store.close()
        }
    }

    @Test func `any sequence of merges and restarts leaves the same items`() async throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(4)) {
            var random = SplitMix64(seed: seed)
            let keepAll: @Sendable (inout StoreOptions) -> Void = {
                $0.rollup = RollupPolicy(tenSecondsAge: .max, minuteAge: .max)
            }
            var test = try await Self.filled(seed: seed, keepAll)
            let expected = try test.items()
            for _ in 0..<4 {
                if random.chance(perMille: 500) {
                    await test.store.mergeAll()
                } else {
                    let clock = test.clock
                    await test.store.close()
                    test = try TestStore(Scratch.crashed(test.scratch.path), clock: clock, keepAll)
                    clock.advance(seconds: 90_000)
                    await test.store.maintainAndWait()
                }
                #expect(try test.items() == expected, "\(Sweep.replay("any sequence of merges", seed: seed))")
            }
            #expect(test.store.counters.damagedFrames == 0)
            await test.store.close()
        }
    }

    @Test func `a frame that was damaged since is set aside, and everything else is merged`() async throws {
        let test = try await Self.filled(seed: 3)
        let victim = test.store.snapshot().sealed[0]
        let line = try #require(victim.frames.first { $0.signal == .spans })
        let name = "segments/" + (try #require(victim.path.split(separator: "/").last)) + ".seg"
        var bytes = try test.scratch.read(name)
        let lost = try FrameItem.items(of: bytes, at: line.offset)
        bytes[line.offset + 120] ^= 1
        // In place: the store has the file open.
        let file = try File(test.scratch.path + "/" + name, flags: 2)
        try file.write(bytes, at: 0)
        let expected = try test.items()
        await test.store.mergeAll()
        #expect(try test.items() == expected)
        #expect(!lost.isEmpty && Set(lost).isDisjoint(with: expected))
        #expect(test.store.counters.damagedFrames >= 1)
        #expect(File.list(test.scratch.path + "/quarantine").count == 1)
        await test.store.close()
    }

    @Test func `a merge that is stopped, or cannot write, leaves nothing behind and loses nothing`()
        async throws
    {
        let test = try await Self.filled(seed: 4)
        let before = test.scratch.segmentFiles
        #expect(throws: StorageFailure.self) {
            try Self.merge(test, into: 0xaa, partBytesMax: 1 << 20, isStopped: { true })
        }
        #expect(test.scratch.segmentFiles == before)
        // The result's index cannot be written where a folder stands.
        let blocked = test.store.path(0xaa) + ".sqlite"
        try File.makeFolder(blocked + "/inside")
        #expect(throws: (any Error).self) { try Self.merge(test, into: 0xaa, partBytesMax: 1 << 20) }
        #expect(test.scratch.segmentFiles == (before + ["00000000000000aa.sqlite"]).sorted())
        await test.store.close()
    }

    @Test func `a disk that cannot be read is no damage: the merge fails, and the segments stay`()
        async throws
    {
        let test = try await Self.filled(seed: 6)
        let before = test.scratch.segmentFiles
        let victim = test.store.snapshot().sealed[0]
        // Reading a folder fails as a broken disk does.
        let folder = unsafe open("/", O_RDONLY | O_DIRECTORY)
        try #require(dup2(folder, victim.file.descriptor) >= 0)
        close(folder)
        let sealed = test.store.snapshot().sealed.count
        await test.store.mergeAll()
        #expect(test.scratch.segmentFiles.filter { before.contains($0) } == before)
        #expect(test.store.snapshot().sealed.count == sealed)
        #expect(File.list(test.scratch.path + "/quarantine") == [])
        await test.store.close()
    }

    @Test(arguments: [1 << 20, 1 << 10])
    func `a frame whose bytes the disk does not give is left out, and everything else is merged`(
        _ partBytesMax: Int
    ) async throws {
        let test = try await Self.filled(seed: 7)
        await test.store.mergeAll()
        let segment = try #require(test.store.snapshot().sealed.first)
        let line = try #require(segment.frames.first { !$0.flags.contains(.journal) })
        let items = try Self.items(segment)
        let (sealed, removed) = try Self.merge(test, into: 0xab, partBytesMax: partBytesMax) { policy in
            policy.lost = [line.offset]
        }
        #expect(removed.damaged.map(\.range.lowerBound) == [line.offset])
        #expect(try Self.items(#require(sealed)).count == items.count - line.itemCount)
        await test.store.close()
    }

    @Test func `slots keep their totals through rollups, and every one is found by a search of its time`()
        async throws
    {
        let hour: UInt64 = 3_600
        let test = try TestStore {
            $0.rollup = RollupPolicy(tenSecondsAge: 600_000_000_000, minuteAge: 7_200_000_000_000)
        }
        var model = StoreModel()
        var random = SplitMix64(seed: 5)
        for run in UInt64(1)...6 {
            // Run ids that fall, so that their order is not that of time.
            let edge = TestEdge(run: 100 - run)
            for _ in 0..<10 {
                let slots = edge.slots(StoreModel.values(&random), at: test.clock.now)
                test.clock.advance(seconds: 300)
                await test.append(slots)
                try model.add(slotsOf: slots)
            }
            await test.store.seal()
        }
        for step in [0, hour, 3 * hour, 100 * hour] {
            test.clock.advance(seconds: step)
            await test.store.mergeAll()
            await test.store.maintainAndWait()
            try await model.check(test.store, &random, "after \(step) s")
            for minute in stride(from: 0, to: 300, by: 7) {
                let from =
                    TestEdge.epoch.nanoseconds / (hour * 1_000_000_000) * hour * 1_000_000_000
                    + UInt64(minute) * 60_000_000_000
                // Whole hours, for that is how finely the oldest are kept.
                let start = from / (hour * 1_000_000_000) * hour * 1_000_000_000
                let query = SeriesQuery(from: start, to: start + 50 * hour * 1_000_000_000, step: 1 << 62)
                var merger = SeriesMerger(query)
                for (_, slot) in model.slots { merger.add(slot) }
                let lines = try await test.store.series(query)
                #expect(
                    lines.map(\.series) == merger.result.map(\.series),
                    "minute \(minute), after \(step) s"
                )
                #expect(lines.map { $0.points.map(\.value) } == merger.result.map { $0.points.map(\.value) })
            }
        }
        for item in try test.items() where item.signal == Signal.slots.rawValue {
            var reader = WireReader(item.bytes.raw)
            let slot = try Slot(from: &reader)
            #expect(slot.resolution == .hour)
            // A chunk says truly when what it holds was made, for searches and retention go by that.
            let created = item.created * 1_000_000
            #expect(created >= slot.start && created - slot.start < 2 * hour * 1_000_000_000)
        }
        await test.store.close()
    }

    @Test func `slots that were rolled up are found from any minute on, whatever the order of run ids`()
        async throws
    {
        let test = try TestStore { $0.rollup = RollupPolicy(tenSecondsAge: 1, minuteAge: 1 << 62) }
        let series = Series("m", unit: "", kind: .counter, subject: .service("s"))
        var model = StoreModel()
        for run in UInt64(1)...20 {
            let slots = TestEdge(run: 100 - run).slots([(series, .counter(nano: 1))], at: test.clock.now)
            test.clock.advance(seconds: 120)
            await test.append(slots)
            try model.add(slotsOf: slots)
        }
        await test.store.mergeAll()
        let minute = Resolution.minute.nanoseconds
        for number in UInt64(0)..<45 {
            let from = TestEdge.epoch.nanoseconds / minute * minute + number * minute
            let query = SeriesQuery(from: from, step: minute)
            var merger = SeriesMerger(query)
            for (_, slot) in model.slots { merger.add(slot) }
            let points = try await test.store.series(query).first?.points ?? []
            #expect(
                points.map(\.start) == (merger.result.first?.points ?? []).map(\.start),
                "minute \(number)"
            )
        }
        await test.store.close()
    }

    @Test func `a purge before a time takes the slots of windows that had ended, rolled up or not`()
        async throws
    {
        for isRolledUp in [false, true] {
            let test = try TestStore { $0.rollup = RollupPolicy(tenSecondsAge: 1, minuteAge: 1 << 62) }
            let edge = TestEdge()
            let series = Series("m", unit: "", kind: .counter, subject: .service("s"))
            var model = StoreModel()
            for _ in 0..<30 {
                let slots = edge.slots([(series, .counter(nano: 1))], at: test.clock.now)
                test.clock.advance(seconds: 60)
                await test.append(slots)
                try model.add(slotsOf: slots)
            }
            if isRolledUp { await test.store.mergeAll() }
            let time = ClusterTime(nanoseconds: TestEdge.epoch.nanoseconds + 15 * 60_000_000_000)
            #expect(try await test.store.purge(before: time) == 15)
            let points = try await test.store.series(SeriesQuery(step: 60_000_000_000))[0].points
            #expect(points.count == 15)
            #expect(points.allSatisfy { $0.start + 60_000_000_000 > time.nanoseconds })
            await test.store.close()
        }
    }
}
