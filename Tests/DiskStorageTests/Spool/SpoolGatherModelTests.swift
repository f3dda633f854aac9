import Pipeline
import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Parts, gatherings, confirmations and crashes in any order: no item is lost, none is there twice, and what a crash
/// leaves of the open window is computed again exactly.
@Suite struct SpoolGatherModelTests {
    private static func items(_ frames: some Sequence<SealedFrame>) throws -> [[UInt8]] {
        try frames.flatMap { try FrameItem.items(of: $0.bytes).map(\.bytes) }
    }

    /// The items of everything that is held.
    private static func heldItems(_ spool: Spool) throws -> [[UInt8]] {
        try spool.held.flatMap { try FrameItem.items(of: spool.bytes(of: $0) ?? []).map(\.bytes) }
    }

    private static func sorted(_ items: [[UInt8]]) -> [[UInt8]] {
        items.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func described(_ slots: [Slot]) -> [String] {
        slots.map { "\($0.start) \($0.series) \($0.part) \($0.isEstimated) \($0.value)" }.sorted()
    }

    private static func open(_ scratch: Scratch?, _ clock: TestClock) throws -> TestSpool {
        let test = try TestSpool(scratch, clock: clock) { options in
            (options.segmentBytesMax, options.memoryBytesMax) = (3_000, 2_000)
        }
        _ = test.spool.follow({ _ in }, parts: { _ in })
        return test
    }

    /// Gathers the oldest parts of one window that are held.
    private static func gather(_ test: TestSpool, _ random: inout SplitMix64, run: UInt64) async throws {
        let parts = test.spool.held.filter { $0.isPart && $0.signal != .slots }
        guard let first = parts.first else { return }
        let some = parts.filter { Window(at: $0.created) == Window(at: first.created) }.prefix(
            1 + random.below(9)
        )
        let sealed = try some.map { try SealedFrame(checking: test.spool.bytes(of: $0) ?? []) }
        #expect(await test.gather(try TestGathering(sealed, run: run)) == nil)
    }

    @Test
    func `whatever happens, each item is held once until it is confirmed, and no window is counted wrong`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(12)) {
            var random = SplitMix64(seed: seed)
            let clock = TestClock()
            var test = try Self.open(nil, clock)
            let edge = TestEdge(sampleShare: 0.7, partBytesMax: 1 << 20)
            var appended: [[UInt8]] = []
            var confirmed: [[UInt8]] = []
            var gathered: UInt64 = 0
            for step in UInt64(1)...70 {
                let comment: Comment = "step \(step): \(Sweep.replay("SpoolGatherModelTests", seed: seed))"
                switch random.below(10) {
                case 0..<5:
                    let spans = (0...random.below(3)).map { number in
                        TestSpan(
                            trace: TraceID(
                                high: seed,
                                low: (1 + random.next() % 50) &* 0x9e37_79b9_7f4a_7c15
                            ),
                            span: step * 8 + UInt64(number)
                        )
                    }
                    let frames = try edge.frames(traces: TestSpan.request(spans), at: clock.now)
                    #expect(await test.append(frames) == nil, comment)
                    appended += try Self.items(frames.filter { !$0.header.flags.contains(.journal) })
                case 5, 6: try await Self.gather(test, &random, run: seed * 1_000 + step)
                case 7:
                    let some = test.spool.held.filter { _ in random.chance(perMille: 300) }
                    for entry in some {
                        confirmed += try FrameItem.items(of: test.spool.bytes(of: entry) ?? []).map(\.bytes)
                    }
                    test.spool.confirm(some.map(\.id))
                    await test.settle()
                case 8:
                    clock.advance(seconds: UInt64(random.below(8)))
                    await test.spool.maintain()
                default:
                    gathered += test.spool.counters.gatheredFrames
                    let copy = try Scratch.crashed(test.scratch.path)
                    await test.spool.close()
                    test = try Self.open(copy, clock)
                }
                let there = try Self.heldItems(test.spool) + confirmed
                #expect(Self.sorted(there) == Self.sorted(appended), comment)
                #expect(test.account().isClosed && test.account(.slots).isClosed, comment)
            }
            await test.settle()
            #expect(gathered + test.spool.counters.gatheredFrames > 3 && appended.count > 20, "seed \(seed)")
            let again = try Self.open(Scratch.crashed(test.scratch.path), clock)
            let from = again.spool.newest.advanced(byNanoseconds: -Int64(SpoolState.windowNanoseconds))
            var rebuilder = WindowRebuilder(options: edge.options, from: from)
            again.spool.forEachFrame(since: from) { frame, payload in rebuilder.add(frame, payload) }
            let missing = rebuilder.missing().flatMap(\.slots)
            let expected = try edge.finish(at: again.spool.newest)
            #expect(Self.described(missing) == Self.described(expected), "seed \(seed)")
            await again.spool.close()
            await test.spool.close()
        }
    }
}
