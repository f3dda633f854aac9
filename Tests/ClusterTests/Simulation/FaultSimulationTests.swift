import Testing

@testable import Cluster
@testable import Simulation

/// Each fault by itself, under load, and what the cluster makes of it.
@Suite struct FaultSimulationTests {
    /// Nodes under load until the forty-fifth second, with faults in between.
    private static func play(
        nodes: Int = 3,
        seed: UInt64 = 1,
        _ faults: [(Int, Fault)],
        until end: Int = 60
    ) -> World {
        var world = World(nodes: nodes, seed: seed)
        world.addAgents(2, framesPerSecond: 20, until: .seconds(45))
        for (second, fault) in faults { world.schedule(fault, at: .seconds(second)) }
        world.run(until: .seconds(end))
        world.checkDelivery()
        return world
    }

    private static func expectSound(_ world: World, _ place: SourceLocation = #_sourceLocation) {
        #expect(world.violations.isEmpty, sourceLocation: place)
        #expect(world.isConverged, "\(world.views())", sourceLocation: place)
        #expect(world.madeCount > 1500, sourceLocation: place)
        let confirmed = world.agents.reduce(0) { $0 + $1.confirmedCount }
        #expect(confirmed == world.madeCount, sourceLocation: place)
    }

    @Test func `a node that joins is seen by all, and takes its share`() {
        let world = Self.play([(20, .join(3)), (21, .join(9))])
        Self.expectSound(world)
        #expect(world.nodes.count == 4 && world.nodes[3].disk.frames.count > 200)
        #expect(!world.log.verdicts.contains { $0.status == .suspect || $0.status == .dead })
    }

    @Test func `a node that leaves owes nothing, is missed by nobody, and may come back`() {
        var gone = Self.play(nodes: 4, [(20, .leave(2))])
        Self.expectSound(gone)
        #expect(gone.nodes[2].membership == nil)
        #expect(gone.nodes[0].membership?.record(of: gone.nodes[2].id)?.status == .left)
        #expect(!gone.log.verdicts.contains { $0.status == .suspect || $0.status == .dead })
        gone.schedule(.restart(2), at: .seconds(60))
        gone.run(until: .seconds(70))
        #expect(gone.nodes[2].isRunning && gone.isConverged, "\(gone.views())")
        // A start while it is leaving is kept for later.
        let quick = Self.play(nodes: 4, [(20, .leave(2)), (20, .restart(2))])
        Self.expectSound(quick)
        #expect(quick.nodes[2].isRunning && quick.nodes[2].boots == 2)
    }

    @Test func `a node that leaves while nobody can take what it owes waits, but not for ever`() {
        var world = World(nodes: 2, seed: 1)
        world.addAgents(1, framesPerSecond: 10, until: .seconds(25))
        world.schedule(.crash(1), at: .seconds(15))
        world.schedule(.leave(0), at: .seconds(20))
        world.run(until: .seconds(45))
        #expect(world.nodes[0].membership?.local.status == .leaving)
        world.run(until: .seconds(55))
        #expect(world.nodes[0].membership == nil && world.violations.isEmpty)
    }

    @Test
    func
        `an operator's change reaches all, outlives a process and reaches whoever was away or lost its disk`()
    {
        let world = Self.play(
            nodes: 5,
            [
                (10, .crash(1)), (12, .wipe(4)), (15, .replicate(0, copies: 3)), (20, .restart(1)),
                (20, .restart(4)), (25, .crash(0)), (30, .restart(0)),
            ]
        )
        Self.expectSound(world)
        #expect(world.placesAlike)
        #expect(world.nodes.allSatisfy { $0.membership?.placement.version == 2 && $0.disk.placement != nil })
        let copies = world.nodes.reduce(0) { $0 + $1.disk.frames.count }
        #expect(copies > 2 * world.madeCount, "\(copies) copies of \(world.madeCount) frames")
    }

    @Test func `two changes at once end in one`() {
        let world = Self.play(nodes: 4, [(15, .replicate(0, copies: 3)), (15, .replicate(3, copies: 4))])
        Self.expectSound(world)
        #expect(world.placesAlike)
        #expect(world.nodes.allSatisfy { $0.membership?.placement.replication == 4 })
    }

    @Test func `nodes that place differently in the end are noticed`() {
        var program = Program(nodeCount: 3, steps: [], quietAt: .seconds(20), end: .seconds(80))
        program.steps = [Program.Step(at: .seconds(15), fault: .replicate(0, copies: 3))]
        let world = World.play(program, seed: 1) { message, _, _ in
            if case .placement = message { false } else { true }
        }
        #expect(world.violations.contains { $0.contains("place by different parameters") })
    }

    @Test func `a disk that was wiped costs no confirmed frame, and its node takes a higher epoch`() {
        let world = Self.play([(10, .crash(1)), (12, .restart(1)), (25, .wipe(1)), (30, .restart(1))])
        Self.expectSound(world)
        #expect(world.log.wipedCount == 1 && world.losses.count > 100)
        #expect(world.nodes[1].disk.epoch == 3 && world.nodes[1].membership?.local.epoch == 3)
    }

    @Test func `a full disk refuses, and others take what it does not`() {
        let one = Self.play([(15, .fullDisk(0)), (35, .healDisk(0))])
        Self.expectSound(one)
        let held = one.nodes.map(\.disk.frames.count)
        #expect(held[0] + 300 < held[1] && held[0] + 300 < held[2])
        let all = Self.play((0..<3).flatMap { [(15, .fullDisk($0)), (25, .healDisk($0))] })
        Self.expectSound(all)
        #expect(all.log.refusedCount > 50)
    }

    @Test func `a slow disk keeps agents waiting, no more`() {
        for factor in [100, 1000, 4000] {
            Self.expectSound(Self.play([(15, .slowDisk(1, factor: factor)), (35, .healDisk(1))]))
        }
    }

    @Test func `messages that come twice or late change nothing`() {
        for seed in UInt64(1)...5 {
            let faults: [(Int, Fault)] = [
                (5, .duplicates(perMille: 300)), (5, .reordering(perMille: 300)),
                (40, .duplicates(perMille: 0)), (40, .reordering(perMille: 0)),
            ]
            Self.expectSound(Self.play(seed: seed, faults))
        }
    }

    @Test func `what one node alone took is copied when another is back`() {
        let world = Self.play(nodes: 2, [(15, .crash(1)), (30, .restart(1))])
        Self.expectSound(world)
        #expect(world.log.acceptedCount > 50 && world.log.owedCopyCount > 0)
        #expect(world.log.refusedCount > 0, "more than may be owed is refused")
    }

    @Test func `programs hold faults of every kind, in the order of their moments, for three to seven nodes`()
    {
        var kinds: Set<UInt8> = []
        var sizes: Set<Int> = []
        var copies: Set<Int> = []
        for seed in UInt64(1)...200 {
            let program = Program.random(seed: seed)
            kinds.formUnion(program.steps.map(\.fault.kind))
            sizes.insert(program.nodeCount)
            copies.insert(program.replication)
            #expect(zip(program.steps, program.steps.dropFirst()).allSatisfy { $0.at <= $1.at })
        }
        #expect(kinds == Set(1...17) && sizes == Set(3...7) && copies == [2, 3])
    }
}
