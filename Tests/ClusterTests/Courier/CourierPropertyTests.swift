import Telemetry
import Testing

@testable import Cluster

/// A courier among nodes that do anything at any time, from a seed.
@Suite struct CourierPropertyTests {
    private static let verdicts: [Outcome.Verdict] = [
        .confirmed, .confirmed, .confirmed, .confirmed, .accepted, .accepted, .refused, .replay, .damaged,
        .restamp,
    ]

    private static func records(_ random: inout SplitMix64, _ count: Int) -> [MemberRecord] {
        (0..<count).compactMap { number in
            guard !random.chance(perMille: 100) else { return nil }
            let statuses: [MemberStatus] = [.alive, .alive, .alive, .alive, .suspect, .dead, .leaving, .left]
            return .named("n\(number)", status: statuses[random.below(statuses.count)])
        }
    }

    private static func step(_ bench: inout CourierBench, _ random: inout SplitMix64, nodes: Int) {
        let node = NodeID.named("n\(random.below(nodes))")
        let connection = bench.connections[node]
        switch random.below(12) {
        case 0, 1, 2:
            bench.add(
                1 + random.below(4),
                run: UInt64(random.below(3)),
                partition: random.below(Key.partitionCount),
                bytes: 1 + random.below(random.chance(perMille: 50) ? 5000 : 400),
                gap: 1 + UInt64(random.below(3))
            )
        case 3 where random.chance(perMille: 300): bench.view(Self.records(&random, nodes))
        case 4, 5:
            guard let connection, !connection.isOpen else { break }
            if random.chance(perMille: 700) {
                bench.open(node, window: random.below(3000))
            } else {
                bench.lose(node)
            }
        case 6 where connection != nil && random.chance(perMille: 200): bench.lose(node)
        case 7 where connection?.isOpen == true: bench.window(node, random.below(3000))
        case 8 where random.chance(perMille: 200):
            if let id = bench.held.keys.min() { bench.forget(id) }
        case 9: bench.tick(after: .milliseconds(random.below(3000)))
        default:
            guard let count = connection?.unanswered.count, count > 0 else { break }
            bench.answer(node, Self.verdicts[random.below(Self.verdicts.count)], at: random.below(count))
        }
    }

    /// Everybody lives, everything is confirmed, and the clock goes on.
    private static func heal(_ bench: inout CourierBench, nodes: Int) {
        bench.view((0..<nodes).map { .named("n\($0)", incarnation: 9) })
        for _ in 0..<400 where bench.courier.heldCount > 0 {
            if bench.courier.needsSeeds, bench.connections.isEmpty { bench.open(.named("n0")) }
            for node in bench.connections.keys.sorted() where bench.connections[node]?.isOpen == false {
                bench.open(node, window: 2000)
            }
            for node in bench.connections.keys.sorted() {
                if bench.connections[node]?.window == 0 { bench.window(node, 2000) }
                while bench.connections[node]?.unanswered.isEmpty == false { bench.answer(node, .confirmed) }
            }
            bench.tick(after: .milliseconds(500))
        }
    }

    @Test func `frames are let go once each, when they are settled, whatever the nodes do`() {
        for seed in UInt64(0)..<50 {
            var random = SplitMix64(seed: seed)
            let nodes = 1 + random.below(12)
            var limits = Courier.Limits()
            if random.chance(perMille: 300) { limits.connectionsMax = 1 + random.below(4) }
            var bench = CourierBench("seed \(seed)", limits: limits)
            for step in 0..<300 {
                Self.step(&bench, &random, nodes: nodes)
                if step % 20 == 0 { bench.checkFloors() }
            }
            Self.heal(&bench, nodes: nodes)
            #expect(bench.held.isEmpty, "seed \(seed): stranded")
            #expect(bench.courier.heldBytes == 0)
        }
    }

    @Test func `floors are those of a plain set`() {
        for seed in UInt64(0)..<200 {
            var random = SplitMix64(seed: seed)
            var floors = FrameFloors()
            let run = RunID(high: 1, low: seed)
            var open: Set<UInt64> = []
            for _ in 0..<300 {
                if random.chance(perMille: 550) {
                    let number = UInt64(random.below(500))
                    open.insert(number)
                    floors.add(FrameID(run: run, sequence: number))
                } else if let number = open.sorted().dropFirst(random.below(3)).first {
                    open.remove(number)
                    floors.settle(FrameID(run: run, sequence: number))
                }
                if let lowest = open.min() { #expect(floors.floor(of: run) <= lowest, "seed \(seed)") }
            }
        }
    }

    @Test func `a courier asks for the same after the same inputs`() {
        func play() -> [NodeID: [FrameID]] {
            var random = SplitMix64(seed: 99)
            var bench = CourierBench("same")
            for _ in 0..<2000 { Self.step(&bench, &random, nodes: 9) }
            return bench.connections.mapValues { $0.unanswered.map(\.id) }
        }
        #expect(play() == play())
    }
}
