import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// What operators have nodes do: hand over, come back, be forgotten, delete for good; and that each promise that is broken on
/// purpose is noticed.
@Suite struct OrderSimulationTests {
    /// Nodes under load for a minute, with orders in between, then two quiet minutes.
    private static func play(
        nodes: Int = 4,
        _ faults: [(Double, Fault)],
        until end: Int = 180,
        breaking sabotage: Sabotage = .init()
    ) -> World {
        var world = World(nodes: nodes, seed: 1)
        world.sabotage = sabotage
        world.addAgents(2, framesPerSecond: 5, until: .seconds(60))
        world.openDoors(until: .seconds(60))
        for (second, fault) in faults { world.schedule(fault, at: .milliseconds(Int(second * 1000))) }
        world.run(until: .seconds(end))
        world.checkRepaired()
        return world
    }

    // MARK: - Handing over

    @Test func `a node that hands over ends when others hold all of it, and nobody misses its disk`() {
        var world = Self.play([(20, .drain(1, .isDiscarded)), (50, .drain(2, .stops))], until: 240)
        #expect(world.violations.isEmpty && world.isConverged, "\(world.violations)")
        #expect(world.log.drainedCount == 2 && world.log.discardedCount == 1)
        #expect(world.nodes[1].disk.everHeld.count == 0 && world.nodes[2].disk.frames.count > 100)
        #expect(!world.log.verdicts.contains { $0.status == .suspect || $0.status == .dead })
        for index in 1...2 { world.schedule(.rejoin(index), at: .seconds(240)) }
        world.run(until: .seconds(300))
        world.checkRepaired()
        #expect(world.violations.isEmpty && world.isConverged, "\(world.violations)")
        #expect(world.nodes[1].disk.frames.count > 100)
    }

    @Test func `a node that takes back that it leaves has its share again`() {
        let world = Self.play([(20, .drain(1, .stays)), (50, .rejoin(1)), (51, .rejoin(2))])
        #expect(world.violations.isEmpty && world.isConverged, "\(world.violations)")
        #expect(world.log.drainedCount == 0 && world.nodes[1].membership?.local.status == .alive)
        #expect(world.nodes[1].boots == 1 && world.nodes[1].disk.frames.count > 100)
        // One that has ended, or is just about to, starts anew.
        let stopped = Self.play([(20, .drain(1, .stops)), (50, .rejoin(1))])
        #expect(stopped.violations.isEmpty && stopped.isConverged, "\(stopped.violations)")
        #expect(stopped.log.drainedCount == 1 && stopped.nodes[1].boots == 2)
    }

    @Test func `two nodes that hand over at once do not count for each other`() {
        let orders: [(Double, Fault)] = [(30, .drain(1, .stops)), (30.1, .drain(3, .stops))]
        let world = Self.play(nodes: 5, orders)
        #expect(world.violations.isEmpty && world.log.drainedCount == 2, "\(world.violations)")
        var sabotage = Sabotage()
        sabotage.handsOverToLeaving = true
        Self.play(nodes: 5, orders, breaking: sabotage).expectNoticed("may end, says it, with")
    }

    @Test func `nodes that hand over keep their copies while fewer are left than must hold one`() {
        let world = Self.play(nodes: 3, [(40, .drain(1, .stays)), (40.5, .drain(2, .stays))], until: 240)
        #expect(world.violations.isEmpty, "\(world.violations.prefix(3))")
    }

    @Test func `a disk that is thrown away before all of it is elsewhere is noticed`() {
        var sabotage = Sabotage()
        sabotage.handsOverNothing = true
        let world = Self.play(
            [(40, .drain(1, .isDiscarded)), (40, .drain(2, .isDiscarded))],
            breaking: sabotage
        )
        world.expectNoticed("may end, says it, with")
        world.expectNoticed("is on 0 disks, with 0 lost")
    }

    @Test func `a node that was forgotten while it was dead, or stood still, contradicts when it is back`() {
        for trouble in [Fault.crash(3), .pause(3)] {
            let undone = trouble == .crash(3) ? Fault.restart(3) : .resume(3)
            var world = World(nodes: 4, seed: 1)
            world.addAgents(1, framesPerSecond: 5, until: .seconds(60))
            world.schedule(trouble, at: .seconds(20))
            world.schedule(.forget(3), at: .seconds(30))
            world.run(until: .seconds(32))
            #expect(world.log.forgottenCount == 1)
            #expect(world.nodes[0].membership?.record(of: world.nodes[3].id)?.status == .left)
            world.schedule(undone, at: .seconds(40))
            world.run(until: .seconds(75))
            world.checkDelivery()
            #expect(world.violations.isEmpty && world.isConverged, "\(world.violations), \(world.views())")
        }
    }

    // MARK: - Deleting for good

    private static let purge: [(Double, Fault)] = [
        (30, .crash(2)), (40, .purge(0, traces: 20)), (45, .wipe(3)), (50, .restart(3)), (55, .restart(2)),
    ]

    @Test func `what is deleted for good goes from every node, also from one that was away`() {
        let world = Self.play(Self.purge)
        #expect(world.violations.isEmpty, "\(world.violations)")
        #expect(world.log.purgedCount == 20 && world.log.settledPurgeCount == 20)
        #expect(world.nodes.allSatisfy { $0.disk.purged.count == 20 })
    }

    @Test func `a deletion that is not passed on is noticed, and one that is forgotten`() {
        var deaf = Sabotage()
        deaf.repair = { _, effects in
            effects.removeAll { if case .bury = $0 { true } else { false } }
        }
        let world = Self.play(Self.purge, breaking: deaf)
        world.expectNoticed("does not know that frame")
        world.expectNoticed("which was deleted for good")
        var forgetful = Self.play(Self.purge)
        let name = forgetful.purges[0].name
        forgetful.nodes[0].disk.purged = Tombstones()
        forgetful.nodes[0].disk.keep(name)
        forgetful.run(until: .seconds(182))
        forgetful.expectNoticed("again, which was deleted for good")
    }

    // MARK: - Expiry

    @Test
    func `a core that asks for more than its node keeps brings back what has expired, and that is noticed`() {
        for isBroken in [false, true] {
            var world = World(nodes: 2, seed: 1, retention: .seconds(180))
            // Looks four minutes further back than it may.
            if isBroken { world.sabotage.repair = { repair, effects in Self.lowerFloor(&repair, &effects) } }
            world.addAgents(2, framesPerSecond: 5, until: .seconds(60))
            world.run(until: .seconds(360))
            for text in ["asks for what has expired", "brings back what has expired"] {
                #expect(world.violations.contains { $0.contains(text) } == isBroken, "\(world.violations)")
            }
        }
    }

    private static func lowerFloor(_ repair: inout Repair, _ effects: inout [Repair.Effect]) {
        guard repair.local == NodeID(number: 0) else { return }
        let floor = repair.floor
        repair.floor = 0
        guard floor > 0, case .surveying(var survey) = repair.phase, survey.minutes.lowerBound == floor else {
            return
        }
        let minutes = floor - 4..<survey.minutes.upperBound
        survey.minutes = minutes
        repair.phase = .surveying(survey)
        effects = effects.map { effect in
            if case .ask(.partitions(let all, _), let node, let number) = effect {
                .ask(.partitions(all, minutes: minutes), of: node, number: number)
            } else {
                effect
            }
        }
    }
}
