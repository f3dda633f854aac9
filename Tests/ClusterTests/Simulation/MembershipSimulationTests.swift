import Testing

@testable import Cluster
@testable import Simulation

/// Whole clusters on virtual time.
@Suite struct MembershipSimulationTests {
    /// The broad run: everything that can be drawn, under load, with every checker.
    @Test(arguments: UInt64(1)...5)
    func `random faults break no promise, and what an agent let go of is held twice`(_ seed: UInt64) {
        let world = World.play(.random(seed: seed, length: .seconds(180)), seed: seed)
        #expect(world.violations.isEmpty, "again: neoscope simulate --seed \(seed) --seconds 180")
        #expect(
            world.madeCount > 500 && world.log.comparedWindowCount > 0 && world.log.judgedFrameCount > 500
        )
        #expect(world.agents.reduce(0) { $0 + $1.confirmedCount } == world.madeCount)
    }

    @Test func `a seed plays the same run twice`() {
        var worlds = [5, 5, 6].map { World(nodes: 4, seed: $0) }
        for index in worlds.indices {
            worlds[index].addAgents(2, framesPerSecond: 5, until: .seconds(60))
            worlds[index].openDoors(until: .seconds(60))
            for step in Program.random(seed: 5, length: .seconds(120)).steps {
                worlds[index].schedule(step.fault, at: step.at)
            }
            worlds[index].run(until: .seconds(90))
        }
        #expect(worlds[0].trace == worlds[1].trace && worlds[0].log == worlds[1].log)
        #expect(worlds[0].trace != 0 && worlds[2].trace != worlds[0].trace)
    }

    @Test func `a dead process is suspected by all within milliseconds, and dead after three seconds`() {
        for seed in UInt64(1)...3 {
            var world = World(nodes: 10, seed: seed)
            world.run(until: .seconds(20))
            #expect(world.isConverged)
            world.schedule(.crash(4), at: .seconds(20))
            world.run(until: .seconds(40))
            let verdicts = world.log.verdicts.filter { $0.at >= .seconds(20) && $0.about == 4 }
            let suspected = verdicts.filter { $0.status == .suspect }.map { $0.at - .seconds(20) }
            let dead = verdicts.filter { $0.status == .dead }.map { $0.at - .seconds(20) }
            #expect(suspected.count == 9 && dead.count == 9)
            #expect((suspected.max() ?? .seconds(99)) < .milliseconds(50))
            #expect((dead.max() ?? .seconds(99)) < .seconds(4))
        }
    }

    @Test func `a process that stands still is found out, and comes back`() {
        for seed in UInt64(1)...2 {
            var world = World(nodes: 10, seed: seed)
            world.run(until: .seconds(20))
            world.schedule(.pause(4), at: .seconds(20))
            world.schedule(.resume(4), at: .seconds(60))
            world.run(until: .seconds(59))
            let first = world.log.verdicts.first {
                $0.at >= .seconds(20) && $0.about == 4 && $0.status == .suspect
            }
            #expect((first?.at ?? .seconds(99)) < .seconds(24))
            world.run(until: .seconds(90))
            #expect(world.isConverged, "seed \(seed): \(world.views())")
        }
    }

    @Test func `two halves that took each other for dead find together again`() {
        for seed in UInt64(1)...2 {
            var world = World(nodes: 6, seed: seed)
            world.schedule(.split([[0, 1, 2], [3, 4, 5]]), at: .seconds(20))
            world.schedule(.heal, at: .seconds(120))
            world.run(until: .seconds(110))
            #expect(world.views()[0].suffix(3) == [.dead, .dead, .dead])
            world.run(until: .seconds(150))
            #expect(world.isConverged, "seed \(seed): \(world.views())")
        }
    }

    @Test func `a member that leaves is missed by nobody`() {
        var world = World(nodes: 5, seed: 1)
        world.schedule(.leave(3), at: .seconds(20))
        world.run(until: .seconds(60))
        let verdicts = world.log.verdicts.filter { $0.at >= .seconds(20) && $0.about == 3 }
        #expect(!verdicts.contains { $0.status == .suspect || $0.status == .dead })
        #expect(world.nodes[0].membership?.record(of: world.nodes[3].id)?.status == .left)
    }

    // Each checker is seen failing.

    @Test func `no time to contradict takes the healthy for dead, and that is noticed`() {
        var hasty = MembershipOptions()
        hasty.suspicionFactor = 0
        let isNoticed = (UInt64(1)...10).contains { seed in
            let world = World.play(.random(seed: seed, length: .seconds(180)), seed: seed, options: hasty)
            return world.violations.contains { $0.contains("for dead, which is well") }
        }
        #expect(isNoticed)
    }

    @Test func `a member that nobody hears is never found again, and that is noticed`() {
        var deaf = Sabotage()
        deaf.hearing = { message, from, _ in from == 0 ? nil : message }
        let program = Program(nodeCount: 3, steps: [], quietAt: .seconds(15), end: .seconds(60))
        let world = World.play(program, seed: 1, sabotage: deaf)
        world.expectNoticed("the views differ")
    }

    @Test func `an incarnation that falls is noticed`() {
        var world = World(nodes: 3, seed: 1)
        world.run(until: .seconds(10))
        world.drive(0) { membership, _ in
            membership.local.epoch -= 1
            return []
        }
        world.expectNoticed("fell")
    }
}
