import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// The digest of a store is a function of the set of its chunks, whatever happened to them.
@Suite struct ChunkModelTests {
    private struct World {
        var random: SplitMix64
        var oracle = ChunkOracle()
        var store: TestStore
        var edge: TestEdge
        var ids: [TraceID] = []
        /// Frames that were made and not sent here yet, and those that were.
        var unsent: [SealedFrame] = []
        var sent: [SealedFrame] = []
        let options: @Sendable (inout StoreOptions) -> Void

        init(seed: UInt64, rollsUp: Bool) throws {
            var random = SplitMix64(seed: seed)
            let bytes = 2_000 + random.below(30_000)
            self.options = { options in
                options.segmentBytesMax = bytes
                let ages = RollupPolicy(
                    tenSecondsAge: 4 * 3_600_000_000_000,
                    minuteAge: 9 * 3_600_000_000_000
                )
                if rollsUp { options.rollup = ages }
            }
            self.random = random
            self.store = try TestStore(nil, self.options)
            self.edge = TestEdge(run: 1)
        }

        mutating func step() async throws -> String {
            switch self.random.below(18) {
            case 0: return try await self.reopen(self.store.scratch, "restart")
            case 1: return try await self.reopen(Scratch.crashed(self.store.scratch.path), "crash")
            case 2:
                await self.store.store.seal()
                return "seal"
            case 3:
                await self.store.store.mergeAll()
                return "merge"
            case 4:
                self.store.clock.advance(seconds: UInt64(self.random.below(5_000)))
                await self.store.store.maintainAndWait()
                return "maintain"
            case 5:
                guard let id = self.ids.randomElement(using: &self.random) else { return "nothing" }
                _ = try await self.store.store.purge(trace: id)
                self.oracle.remove { $0.id.key == Key(id) }
                for list in [\World.unsent, \World.sent] {
                    self[keyPath: list].removeAll { !$0.frame.entries(of: Key(id)).isEmpty }
                }
                self.ids.removeAll { $0 == id }
                return "purge of a trace"
            case 6, 7: return try await self.sendAgain()
            case 8, 9: return try await self.repairIn()
            default: return try await self.make()
            }
        }

        private mutating func make() async throws -> String {
            self.store.clock.advance(seconds: UInt64(self.random.below(60)))
            let now = self.store.clock.now
            if self.ids.isEmpty || self.random.chance(perMille: 700) {
                self.ids.append(self.random.traceID())
            }
            let some = self.ids.suffix(6).filter { _ in self.random.chance(perMille: 500) }
            let spans = StoreModel.spans(some, at: now, &self.random)
            let logs = StoreModel.logs(self.ids, at: now, &self.random)
            let slots = self.edge.slots(StoreModel.values(&self.random), at: now)
            self.store.clock.advance(seconds: 10)
            let later = self.store.clock.now
            self.unsent += try self.edge.spans(spans, at: later) + self.edge.logs(logs, at: later) + slots
            guard self.random.chance(perMille: 700) else { return "make" }
            return try await self.send("make and send")
        }

        private mutating func send(_ name: String) async throws -> String {
            let frames = self.unsent.shuffled(using: &self.random)
            self.unsent = []
            let kinds = [Arrival.Kind.first, .copy]
            let arrivals = frames.map { Arrival($0, kinds[self.random.below(2)]) }
            for outcome in await self.store.append(arrivals) { #expect(outcome.isSafe) }
            self.oracle.add(frames)
            self.sent += frames
            return name
        }

        /// Frames that were sent come again, alone and together with what repair brings of them.
        private mutating func sendAgain() async throws -> String {
            let young = self.store.clock.now.advanced(byNanoseconds: -3 * 3_600_000_000_000)
            let frames = self.sent.filter { $0.header.created > young && self.random.one(in: 3) }
            for outcome in await self.store.append(frames.map { Arrival($0, .copy) }) {
                #expect(outcome == .duplicate)
            }
            return "again"
        }

        /// Some chunks of frames come from another node, before or after the frames.
        private mutating func repairIn() async throws -> String {
            let other = try TestStore()
            let frames = self.unsent + self.sent.filter { _ in self.random.one(in: 4) }
            await other.append(frames)
            var oracle = ChunkOracle()
            oracle.add(frames)
            let young = self.store.clock.now.advanced(byNanoseconds: -3 * 3_600_000_000_000)
            let some = oracle.names.sorted { $0.id < $1.id }
                .filter { $0.created > young && self.random.one(in: 2) }
            if self.random.one(in: 2) { await other.store.mergeAll() }
            for bytes in try await other.store.everything(Set(some), bytesMax: 1 + self.random.below(9_000)) {
                #expect(try await self.store.store.keepChunks(bytes).outcome.isSafe)
            }
            self.oracle.add(some)
            await other.store.close()
            return self.random.one(in: 2) ? "repair" : try await self.send("repair and send")
        }

        private mutating func reopen(_ scratch: Scratch, _ name: String) async throws -> String {
            await self.store.store.close()
            self.store = try TestStore(Scratch.crashed(scratch.path), clock: self.store.clock, self.options)
            self.edge = TestEdge(run: self.random.next() >> 1)
            return name
        }
    }

    @Test(arguments: [false, true])
    func `digests and names tell the set of chunks, whatever happened`(_ rollsUp: Bool) async throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(14)) {
            var world = try World(seed: seed, rollsUp: rollsUp)
            for number in 0..<24 {
                let name = try await world.step()
                let replay = Sweep.replay("ChunkModelTests", seed: seed)
                let comment: Comment = "\(replay): step \(number), \(name)"
                try await world.oracle.check(world.store.store, hasNames: !rollsUp, comment)
            }
            await world.store.store.close()
        }
    }
}

extension Arrival.Outcome {
    var isSafe: Bool { self == .stored || self == .duplicate }
}
