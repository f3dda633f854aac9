import Testing

@testable import Cluster
@testable import Simulation

/// Agents that write into whole clusters on virtual time.
@Suite struct WriteSimulationTests {
    @Test func `a quiet cluster confirms everything at once`() {
        var world = World(nodes: 3, seed: 1)
        world.addAgents(3, framesPerSecond: 20, until: .seconds(30))
        world.run(until: .seconds(31))
        #expect(world.agents.allSatisfy { $0.spooledCount == 0 } && world.madeCount > 1500)
        let copies = world.nodes.reduce(0) { $0 + $1.disk.frames.count }
        #expect(copies >= world.madeCount * 2 && copies < world.madeCount * 21 / 10)
        #expect(world.violations.isEmpty)
    }

    @Test func `with one node left, agents keep what they have until another is back`() {
        var world = World(nodes: 2, seed: 3)
        world.addAgents(1, framesPerSecond: 10, until: .seconds(40))
        world.schedule(.crash(1), at: .seconds(10))
        world.run(until: .seconds(30))
        #expect(world.agents[0].spooledCount > 150)
        world.schedule(.restart(1), at: .seconds(30))
        world.run(until: .seconds(60))
        #expect(world.agents[0].spooledCount == 0 && world.violations.isEmpty)
    }

    // Each checker is seen failing.

    @Test func `a frame that an agent forgets is noticed, and so is one that never arrives`() {
        var world = World(nodes: 3, seed: 1)
        world.addAgents(1, framesPerSecond: 10, until: .seconds(20))
        world.run(until: .seconds(10))
        world.madeCount += 1
        world.run(until: .seconds(25))
        world.checkDelivery()
        world.expectNoticed("frames made")
        var lonely = World(nodes: 1, seed: 1)
        lonely.addAgents(1, framesPerSecond: 10, until: .seconds(10))
        lonely.run(until: .seconds(20))
        lonely.checkDelivery()
        lonely.expectNoticed("still holds")
    }
}
