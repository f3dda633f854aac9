import Telemetry
import Testing

@testable import Cluster

/// What the machine gives away, and whom it leaves alone.
@Suite struct RepairCostTests {
    private static let owners = [NodeID(number: 0), NodeID(number: 1)]
    /// Two chunks of one partition.
    private static var chunks: [ChunkName] {
        let first = RepairBench.chunk(1)
        let second = (UInt64(2)...).lazy.map { RepairBench.chunk($0) }
            .first { $0.id.key.partition == first.id.key.partition }
        return [first, second ?? first]
    }

    @Test func `what all owners hold is given away, and what one of them lacks is not`() {
        var bench = RepairBench()
        bench.held = [
            RepairBench.local: Self.chunks, Self.owners[0]: Self.chunks, Self.owners[1]: Self.chunks,
        ]
        bench.playMinute()
        #expect(bench.given.map(\.partition) == [UInt16(Self.chunks[0].id.key.partition)])
        var other = RepairBench()
        other.held = bench.held
        other.held[Self.owners[1]] = [Self.chunks[0]]
        other.playMinute()
        #expect(other.given.isEmpty && other.asked.contains { if case .names = $0 { true } else { false } })
    }

    @Test func `what lies here and cannot be read is not given away with what they hold of its bucket`() {
        for isReadable in [true, false] {
            var bench = RepairBench()
            // The owners hold one more, so that names are compared.
            let theirs = Self.chunks + [Self.third]
            let mine = isReadable ? Self.chunks : Self.chunks + [Self.fourth]
            bench.held = [RepairBench.local: mine, Self.owners[0]: theirs, Self.owners[1]: theirs]
            bench.unreadable = [Self.fourth]
            bench.playMinute()
            #expect(bench.given.isEmpty != isReadable)
        }
    }

    @Test func `whoever is not there any more is not left alone for ever`() {
        var bench = RepairBench()
        let effects = bench.machine.tick(
            at: .seconds(10),
            clock: ClusterTime(nanoseconds: UInt64(RepairBench.minute) * 60_000_000_000),
            floor: 0
        )
        #expect(effects.count == 4)
        let placement = bench.machine.placement
        bench.machine.viewChanged(placement, peers: [Self.owners[1]], at: .seconds(11))
        for case .ask(_, _, let number) in effects {
            _ = bench.machine.unanswered(number, isGarbage: false, at: .seconds(12))
        }
        #expect(bench.machine.offenders.keys.sorted() == [Self.owners[1]])
        #expect(bench.machine.inconsistency == nil)
    }

    @Test func `a question is given up at its own time, whatever was answered before`() {
        var bench = RepairBench()
        let clock = ClusterTime(nanoseconds: UInt64(RepairBench.minute) * 60_000_000_000)
        let effects = bench.machine.tick(at: .seconds(10), clock: clock, floor: 0)
        #expect(bench.machine.deadline == .seconds(30))
        for case .ask(_, let node, let number) in effects.prefix(1) {
            #expect(node == Self.owners[0])
            _ = bench.machine.answered(number, .partitions([], floor: 0), at: .seconds(11))
        }
        #expect(bench.machine.deadline == .seconds(30) && bench.machine.counts.unanswered == 0)
        // Whoever answers nothing is passed over, and the own store is asked next.
        let next = bench.machine.tick(at: .seconds(30), clock: clock, floor: 0)
        #expect(bench.machine.counts.unanswered == 3 && next.count == 1)
        #expect(bench.machine.deadline == .seconds(50))
    }

    private static var third: ChunkName { Self.further(2) }
    private static var fourth: ChunkName { Self.further(3) }

    /// The third chunk of the partition, and so on.
    private static func further(_ place: Int) -> ChunkName {
        let partition = RepairBench.chunk(1).id.key.partition
        let all = (UInt64(1)...).lazy.map { RepairBench.chunk($0) }.filter {
            $0.id.key.partition == partition
        }
        return Array(all.prefix(place + 1))[place]
    }
}
