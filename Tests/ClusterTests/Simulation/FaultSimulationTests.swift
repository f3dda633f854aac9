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

    @Test func `a way that is mended lets everything through, and no other`() {
        var network = VirtualNetwork(seed: 1)
        for other in 1...2 {
            network.cut(from: 0, to: other)
            network.cut(from: other, to: 0)
        }
        network.mend(from: 0, to: 1)
        #expect(network.reaches(0, 1) && !network.reaches(1, 0) && !network.reaches(0, 2))
        network.split([[0], [1]])
        network.mend(from: 0, to: 1)
        #expect(!network.reaches(0, 1))
    }

    @Test func `nodes whose link comes and goes find together again`() {
        var faults: [(Int, Fault)] = []
        for second in stride(from: 15, to: 43, by: 4) {
            for (from, to) in [(0, 2), (2, 0)] {
                faults += [(second, .cut(from: from, to: to)), (second + 2, .mend(from: from, to: to))]
            }
        }
        Self.expectSound(Self.play(faults))
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
        for (trouble, goneAt) in [(Fault.fullDisk(1), 30), (.crash(1), 21)] {
            var world = World(nodes: 2, seed: 1)
            world.addAgents(1, framesPerSecond: 10, until: .seconds(25))
            world.schedule(trouble, at: .seconds(15))
            world.schedule(.leave(0), at: .seconds(20))
            // Where somebody is there who may take it yet, and not where nobody is.
            if goneAt > 27 {
                world.run(until: .seconds(27))
                #expect(world.nodes[0].membership?.local.status == .leaving)
            }
            world.run(until: .seconds(goneAt))
            #expect(world.nodes[0].membership == nil && world.violations.isEmpty, "\(world.violations)")
        }
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
        var deaf = Sabotage()
        deaf.hearing = { message, _, _ in if case .placement = message { nil } else { message } }
        let world = World.play(program, seed: 1, sabotage: deaf)
        world.expectNoticed("place by different parameters")
    }

    @Test func `a disk that was wiped is filled again, and its node takes a higher epoch`() {
        let world = Self.play([(10, .crash(1)), (12, .restart(1)), (25, .wipe(1)), (30, .restart(1))])
        Self.expectSound(world)
        #expect(world.log.wipedCount == 1 && world.log.repairedCount > 100)
        #expect(world.nodes[1].disk.lost.count == 0)
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
        for factor in [100, 4000] {
            Self.expectSound(Self.play([(15, .slowDisk(1, factor: factor)), (35, .healDisk(1))]))
        }
    }

    @Test func `messages that come twice or late change nothing`() {
        for seed in UInt64(1)...2 {
            let faults: [(Int, Fault)] = [
                (5, .duplicates(perMille: 300)), (5, .reordering(perMille: 300)),
                (40, .duplicates(perMille: 0)), (40, .reordering(perMille: 0)),
            ]
            Self.expectSound(Self.play(seed: seed, faults))
        }
    }

    @Test func `an agent that starts again brings what its spool holds, under another run`() {
        let world = Self.play([
            (10, .crashAgent(0)), (12, .restartAgent(0)), (15, .crash(0)), (16, .crashAgent(0)),
            (16, .crashAgent(1)), (20, .restartAgent(0)), (20, .restartAgent(1)), (20, .restartAgent(1)),
            (25, .restart(0)), (30, .restartAgent(7)),
        ])
        #expect(world.violations.isEmpty && world.isConverged, "\(world.violations)")
        #expect(world.agents.allSatisfy { $0.spooledCount == 0 && $0.confirmedCount > 500 })
        #expect(world.runs.count == 5 && world.agents[0].run == world.runs.last { $0.owner == .agent(0) }?.id)
        #expect((1400...1510).contains(world.madeCount), "nobody makes frames while it is down")
    }

    @Test func `a node that is no owner sends a frame on, and takes it itself where nobody answers`() {
        var world = World(nodes: 5, seed: 1)
        world.openDoors(until: .seconds(45))
        world.run(until: .seconds(20))
        #expect(world.log.forwardedCount > 30 && world.log.acceptedCount == 0)
        #expect(world.confirmed.count >= world.log.doorCount - 5)
        // What is sent to one that stands still is not lost.
        world.schedule(.pause(2), at: .seconds(20))
        world.schedule(.resume(2), at: .seconds(35))
        world.run(until: .seconds(60))
        world.checkDelivery()
        #expect(world.violations.isEmpty && world.nodes.allSatisfy(\.forwards.isEmpty))
        #expect(world.confirmed.count == world.log.doorCount, "\(world.log)")
    }

    @Test func `copies are spread over zones`() throws {
        let parameters = try #require(PlacementParameters(replication: 2, confirmations: 2))
        var world = World(nodes: 6, seed: 1, parameters: parameters, zones: 2)
        world.addAgents(1, framesPerSecond: 20, until: .seconds(20))
        world.run(until: .seconds(25))
        for zone in 0..<2 {
            let disks = world.nodes.filter { $0.number % 2 == zone }.map(\.disk.frames)
            // The first frames come while few nodes know each other.
            #expect(world.confirmed.missing(from: disks).count < 20)
        }
    }

    @Test func `a door whose own disk is full keeps no promise that nobody owes`() {
        var world = World(nodes: 3, seed: 1)
        world.openDoors(until: .seconds(45))
        world.schedule(.crash(1), at: .seconds(10))
        world.schedule(.fullDisk(0), at: .seconds(10))
        world.schedule(.healDisk(0), at: .seconds(30))
        world.schedule(.restart(1), at: .seconds(30))
        world.run(until: .seconds(60))
        world.checkDelivery()
        #expect(world.violations.isEmpty && world.log.refusedCount > 5, "\(world.violations)")
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
        var copies: Set<[Int]> = []
        var zones: Set<Int> = []
        for seed in UInt64(1)...200 {
            let program = Program.random(seed: seed)
            kinds.formUnion(program.steps.map(\.fault.kind))
            sizes.insert(program.nodeCount)
            copies.insert([program.replication, program.confirmations])
            zones.insert(program.zones)
            #expect(zip(program.steps, program.steps.dropFirst()).allSatisfy { $0.at <= $1.at })
        }
        #expect(kinds == Set(1...28).subtracting([24]) && sizes == Set(3...7) && zones == [0, 2, 3])
        #expect(copies == [[2, 1], [2, 2], [3, 1], [3, 2], [3, 3]])
    }
}
