import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct SegmentStoreModelTests {
    private struct World {
        var random: SplitMix64
        var model = StoreModel()
        var store: TestStore
        var edge: TestEdge
        var runs: UInt64 = 1
        var ids: [TraceID] = []
        let options: @Sendable (inout StoreOptions) -> Void

        init(seed: UInt64) throws {
            var random = SplitMix64(seed: seed)
            let bytes = 2_000 + random.below(30_000)
            let tenSeconds = UInt64(600 + random.below(7_200)) * 1_000_000_000
            self.options = { options in
                options.segmentBytesMax = bytes
                options.rollup = RollupPolicy(tenSecondsAge: tenSeconds, minuteAge: tenSeconds * 3)
            }
            self.random = random
            self.store = try TestStore(nil, self.options)
            self.edge = TestEdge(run: 1)
        }

        /// Does something at random; gives its name.
        mutating func step() async throws -> String {
            switch self.random.below(16) {
            case 0: return try await self.restart()
            case 1: return try await self.crash()
            case 2:
                await self.store.store.seal()
                return "seal"
            case 3:
                await self.store.store.mergeAll()
                return "merge"
            case 4:
                self.store.clock.advance(seconds: UInt64(self.random.below(4_000)))
                await self.store.store.maintainAndWait()
                return "maintain"
            case 5:
                guard let id = self.ids.randomElement(using: &self.random) else { return "nothing" }
                _ = try await self.store.store.purge(trace: id)
                self.model.purge(id)
                return "purge of a trace"
            default: return try await self.append()
            }
        }

        private mutating func append() async throws -> String {
            self.store.clock.advance(seconds: UInt64(self.random.below(60)))
            let now = self.store.clock.now
            if self.ids.isEmpty || self.random.chance(perMille: 700) {
                self.ids.append(self.random.traceID())
            }
            let some = self.ids.suffix(6).filter { _ in self.random.chance(perMille: 500) }
            let spans = StoreModel.spans(some, at: now, &self.random)
            let logs = StoreModel.logs(self.ids, at: now, &self.random)
            let slots = self.edge.slots(StoreModel.values(&self.random), at: now)
            // Slots move the edge to the end of their window.
            self.store.clock.advance(seconds: 10)
            let later = self.store.clock.now
            let frames = try self.edge.spans(spans, at: later) + self.edge.logs(logs, at: later) + slots
            #expect(await self.store.append(frames.shuffled(using: &self.random)) == nil)
            self.model.add(spans, at: later)
            self.model.add(logs, at: later)
            try self.model.add(slotsOf: slots)
            return "append"
        }

        private mutating func restart() async throws -> String {
            await self.store.store.close()
            try self.reopen(self.store.scratch)
            return "restart"
        }

        private mutating func crash() async throws -> String {
            let copy = try Scratch.crashed(self.store.scratch.path)
            await self.store.store.close()
            try self.reopen(copy)
            return "crash"
        }

        private mutating func reopen(_ scratch: Scratch) throws {
            let clock = self.store.clock
            self.store = try TestStore(Scratch.crashed(scratch.path), clock: clock, self.options)
            self.runs += 1
            self.edge = TestEdge(run: self.random.next() >> 1 | self.runs)
        }
    }

    @Test func `whatever happens, what was acknowledged is found exactly once and what was purged is not`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(12)) {
            var world = try World(seed: seed)
            for number in 0..<24 {
                let name = try await world.step()
                let replay = Sweep.replay("SegmentStoreModelTests", seed: seed)
                try await world.model.check(
                    world.store.store,
                    &world.random,
                    "\(replay): step \(number), \(name)"
                )
            }
            #expect(
                world.store.store.counters.damagedBytes == 0 && world.store.store.counters.damagedFrames == 0
            )
            await world.store.store.close()
        }
    }
}
