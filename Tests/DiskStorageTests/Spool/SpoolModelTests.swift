import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Anything in any order against the simplest of spools: a list.
@Suite struct SpoolModelTests {
    private struct Model {
        var held: [SealedFrame] = []
        var received: UInt64 = 0
        var recovered: UInt64 = 0

        static func items(_ frames: some Sequence<SealedFrame>) -> UInt64 {
            frames.reduce(0) { $0 + UInt64($1.header.itemCount) }
        }

        func check(_ test: TestSpool, _ random: inout SplitMix64, _ comment: Comment) throws {
            #expect(test.heldIDs == self.held.map(\.header.id), comment)
            let account = test.account()
            #expect(account.isClosed && account.received == self.received, comment)
            #expect(account.recovered == self.recovered && account.held == Self.items(self.held), comment)
            let counters = test.spool.counters
            #expect(counters.heldBytes == self.held.reduce(0) { $0 + UInt64($1.bytes.count) }, comment)
            #expect(try test.fileBytes() == Int(counters.bytes), comment)
            #expect(counters.bytes >= counters.heldBytes && counters.bytes <= 20_000, comment)
            #expect(counters.oldest == self.held.first?.header.created, comment)
            #expect(counters.memoryBytes <= min(3_000, counters.heldBytes), comment)
            guard !self.held.isEmpty else { return }
            let index = random.below(self.held.count)
            #expect(try test.spool.bytes(of: test.spool.held[index]) == self.held[index].bytes, comment)
        }

        /// Takes some frames away: the oldest ones mostly, as a sender confirms.
        mutating func someIDs(_ random: inout SplitMix64) -> [FrameID] {
            var ids: [FrameID] = []
            for _ in 0..<random.below(8) where !self.held.isEmpty {
                let index = random.chance(perMille: 700) ? 0 : random.below(self.held.count)
                ids.append(self.held.remove(at: index).header.id)
            }
            return ids
        }
    }

    private static func open(_ scratch: Scratch?, _ clock: TestClock) throws -> TestSpool {
        try TestSpool(scratch, clock: clock) { options in
            (options.bytesMax, options.segmentBytesMax, options.memoryBytesMax) = (20_000, 2_000, 3_000)
            options.ageMax = .seconds(200)
        }
    }

    @Test func `whatever happens, what was acknowledged is held until it is confirmed or counted as dropped`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(10)) {
            var random = SplitMix64(seed: seed)
            let clock = TestClock()
            var test = try Self.open(nil, clock)
            var model = Model()
            for step in UInt64(0)..<60 {
                let comment: Comment = "step \(step): \(Sweep.replay("SpoolModelTests", seed: seed))"
                switch random.below(10) {
                case 0..<5:
                    let run = seed * 1_000 + step
                    let frames = try TestSpool.frames(1 + random.below(5), run: run, at: clock.now)
                    if await test.append(frames) == nil {
                        model.held += frames
                        model.received += Model.items(frames)
                    }
                case 5, 6: test.spool.confirm(model.someIDs(&random))
                case 7:
                    clock.advance(seconds: UInt64(random.below(50)))
                    await test.spool.maintain()
                    let floor = clock.now.advanced(byNanoseconds: -200_000_000_000)
                    model.held.removeAll { $0.header.created < floor }
                case 8:
                    test.spool.drop(model.someIDs(&random), as: .refused)
                default:
                    await test.settle()
                    let copy = try Scratch.crashed(test.scratch.path)
                    await test.spool.close()
                    test = try Self.open(copy, clock)
                    (model.received, model.recovered) = (0, Model.items(model.held))
                }
                await test.settle()
                try model.check(test, &random, comment)
            }
            await test.spool.close()
        }
    }
}
