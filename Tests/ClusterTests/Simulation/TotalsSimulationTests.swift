import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// What checkers of totals see, and what excuses a difference.
@Suite struct TotalsSimulationTests {
    /// A minute of load, and two of quiet in which everything is shown everywhere.
    private static func quietWorld() -> World {
        var world = World(nodes: 3, seed: 1)
        world.addAgents(2, framesPerSecond: 5, until: .seconds(60))
        world.openDoors(until: .seconds(60))
        world.run(until: .seconds(120))
        return world
    }

    /// A run as long as those of a sweep.
    @Test func `what goes wrong in the first minute of ten is judged in the end`() {
        let steps = [(at: 55, fault: Fault.wipe(1)), (at: 60, fault: .restart(1))]
        var program = Program(
            nodeCount: 3,
            steps: steps.map { .init(at: .seconds($0.at), fault: $0.fault) },
            quietAt: .seconds(540),
            end: .seconds(720)
        )
        program.agents = 1
        program.retention = .seconds(840)
        var sabotage = Sabotage()
        sabotage.repair = { _, effects in effects = [] }
        sabotage.overlooks = { chunk in chunk.hash64.isMultiple(of: 16) }
        let world = World.play(program, seed: 1, sabotage: sabotage)
        for text in ["are not what was made", "hold different chunks", "have too few copies"] {
            world.expectNoticed(text)
        }
    }

    @Test func `a slot that is lost excuses its window, and no other one`() {
        var world = Self.quietWorld()
        let lost = (UInt64(1)...200).lazy.map { FrameID(run: world.runs[0].id, sequence: $0) }
            .first { world.book.slots(of: $0) != nil }
        guard let lost else { return #expect(Bool(false), "there are totals") }
        for index in world.nodes.indices { world.nodes[index].disk.drop(world.book.name(of: lost)) }
        world.checkSameTotals([0, 1, 2])
        #expect(world.violations.isEmpty, "\(world.violations)")
        #expect(world.log.excusedWindowCount == 1 && world.log.comparedWindowCount > 3)
        // What is left of that window is still to be shown.
        for index in world.nodes.indices {
            var table = AggregateTable(limits: World.totalsLimits(.seconds(360)))
            table.advance(to: world.clock(of: index))
            world.nodes[index].totals?.table = table
        }
        world.checkSameTotals([0, 1, 2])
        world.expectNoticed("are not what was made")
        world.violations = []
        world.oracle = AggregateTable(limits: world.oracle.limits)
        world.oracle.advance(to: world.clock(of: 0))
        world.oracle.own { _ in true }
        world.oracle.add(world.book.name(of: lost).id, world.book.slots(of: lost) ?? [])
        world.checkSameTotals([0, 1, 2])
        world.expectNoticed("lack slots that are there")
    }

    @Test func `a check that compared nothing is noticed, and a door that keeps its totals`() {
        var idle = World(nodes: 3, seed: 1)
        idle.run(until: .seconds(10))
        idle.checkRepaired()
        idle.expectNoticed("no totals were compared")
        var world = Self.quietWorld()
        world.nodes[1].disk.spool = [FrameID(run: world.runs[0].id, sequence: 1)]
        world.checkDoors([0, 1, 2])
        world.expectNoticed("the door of node-1 still holds 1 frames of totals")
    }

    @Test func `totals of every kind that show more than was made are noticed`() throws {
        var kinds: Set<Series.Kind> = []
        let world = Self.quietWorld()
        for window in world.oracle.windows {
            for made in world.oracle.entries(of: window) where kinds.insert(made.value.kind).inserted {
                var spoiled = world
                let more = Self.more(made.value, than: window)
                spoiled.nodes[2].totals?.table.tell(
                    AggregateEntry(series: made.series, slotCount: made.slotCount, digest: .max, value: more),
                    in: window
                )
                spoiled.checkTotals()
                #expect(spoiled.violations.contains { $0.contains("than was made") }, "\(made)")
            }
        }
        #expect(kinds == [.counter, .gauge, .histogram, .distinct])
    }

    /// The value with something in it that nobody counted.
    private static func more(_ value: SlotValue, than window: Window) -> SlotValue {
        var value = value
        switch value {
        case .counter: value.merge(.counter(nano: 1))
        case .gauge: value.merge(.gauge(GaugeValue(1e6, at: window.start)))
        case .histogram:
            var histogram = ExponentialHistogram()
            histogram.record(1)
            value.merge(.histogram(histogram))
        case .distinct:
            var distinct = HyperLogLog()
            distinct.insert(hash: 0x5555_5555_5555_5555)
            value.merge(.distinct(distinct))
        }
        return value
    }
}
