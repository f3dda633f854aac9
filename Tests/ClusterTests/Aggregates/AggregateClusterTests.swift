import Telemetry
import TestSupport
import Testing

@testable import Cluster

/// Whole clusters of the real machines on virtual time, beside an oracle that knows what was sent.
@Suite struct AggregateClusterTests {
    @Test(arguments: [2, 3, 5, 9])
    func `every node comes to the same exact totals, whatever is lost, repeated or late`(_ count: Int) {
        for seed in UInt64(1)...4 {
            var world = AggregateWorld(nodes: count, seed: seed)
            world.lossPerMille = 250
            for step in UInt64(0)..<6 {
                for number in 0..<5 { world.send(Self.chunk(seed << 32 | step << 8 | UInt64(number))) }
                if let breach = world.run(seconds: 2) {
                    Issue.record("seed \(seed): \(breach)")
                    return
                }
            }
            // Then the network heals, and everybody knows everything soon.
            world.lossPerMille = 0
            let breach = world.run(seconds: 25)
            #expect(breach == nil, "seed \(seed)")
            #expect(world.difference() == nil, "seed \(seed)")
            for node in world.nodes {
                #expect(node.counts.garbage == 0 && node.table.refused.isEmpty, "seed \(seed)")
                let entries = node.table.windows.flatMap { node.table.entries(of: $0) }
                #expect(entries.allSatisfy { !$0.isUnsettled }, "seed \(seed)")
            }
        }
    }

    @Test func `without loss totals are everywhere within a few rounds, and then nothing travels`() {
        var world = AggregateWorld(nodes: 8, seed: 3)
        for number in UInt64(0)..<30 { world.send(Self.chunk(number), lateSeconds: 1) }
        let breach = world.run(seconds: 7)
        #expect(breach == nil && world.difference() == nil)
        let before = world.nodes.map(\.counts.entriesGiven)
        _ = world.run(seconds: 20)
        #expect(world.nodes.map(\.counts.entriesGiven) == before)
        #expect(world.nodes.allSatisfy { $0.counts.unanswered == 0 })
    }

    @Test func `a seed plays the same twice`() {
        func play() -> [UInt64] {
            var world = AggregateWorld(nodes: 4, seed: 11)
            world.lossPerMille = 300
            for number in UInt64(0)..<20 { world.send(Self.chunk(number)) }
            _ = world.run(seconds: 15)
            return world.nodes.map(\.counts.bytesSent)
        }
        #expect(play() == play())
    }

    @Test func `what expired does not come back, though one node is behind`() {
        var world = AggregateWorld(nodes: 3, seed: 5)
        for number in UInt64(0)..<20 { world.send(Self.chunk(number), lateSeconds: 1) }
        _ = world.run(seconds: 10)
        #expect(world.difference() == nil)
        // The first windows fall below the floor, one after the other on each node.
        _ = world.run(seconds: 700)
        world.settleOracle()
        #expect(world.difference() == nil)
        #expect(world.nodes.allSatisfy { $0.table.windows.isEmpty })
    }

    /// A chunk of windows that are closed already.
    private static func chunk(_ seed: UInt64) -> (id: ChunkID, slots: [Slot]) {
        let chunk = AggregateSamples.chunk(seed: seed, services: 6, windows: 3)
        let slots = chunk.slots.map { slot in
            var slot = slot
            slot.start -= Window.nanoseconds
            return slot
        }
        return (chunk.id, slots)
    }
}
