import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// Each checker is seen failing on a rule that is broken on purpose.
@Suite struct CheckerTests {
    /// A cluster under load that is sound so far.
    private static func world(_ nodes: Int = 3) -> World {
        var world = World(nodes: nodes, seed: 1)
        world.addAgents(1, framesPerSecond: 20, until: .seconds(60))
        world.run(until: .seconds(10))
        return world
    }

    /// Breaks a rule and plays on for two seconds.
    private static func expect(
        _ text: String,
        nodes: Int = 3,
        _ place: SourceLocation = #_sourceLocation,
        _ harm: (inout World) -> Void
    ) {
        var world = Self.world(nodes)
        #expect(world.violations.isEmpty, sourceLocation: place)
        harm(&world)
        world.run(until: .seconds(12))
        world.checkDelivery()
        #expect(
            world.violations.contains { $0.contains(text) },
            "\(world.violations)",
            sourceLocation: place
        )
    }

    private static func id(_ world: World, _ sequence: UInt64) -> FrameID {
        FrameID(run: world.agents[0].run, sequence: sequence)
    }

    @Test func `disks that forget what they said to hold are noticed`() {
        Self.expect("is lost with 0 disks") { world in
            for index in world.nodes.indices { world.nodes[index].disk.frames = FrameSet() }
        }
        // One lost disk takes nothing that was confirmed with it; the other one must not forget.
        Self.expect("is lost with 1 disks", nodes: 2) { world in
            world.perform(.wipe(0))
            world.nodes[1].disk.frames = FrameSet()
        }
    }

    @Test func `as many lost disks as copies were promised are no broken promise`() {
        var world = Self.world(2)
        world.perform(.wipe(0))
        world.perform(.wipe(1))
        world.run(until: .seconds(12))
        #expect(world.violations.isEmpty && !world.confirmed.missing(from: []).isEmpty)
    }

    @Test func `a loss before the confirmation does not count for it`() {
        var world = Self.world(2)
        let id = Self.id(world, 5000)
        world.losses[id] = [.init(node: 1, at: .seconds(-100))]
        world.nodes[0].disk.frames.insert(id)
        world.checkConfirmed(id, by: 0)
        #expect(world.violations.contains { $0.contains("confirmed with 1 copies") })
        #expect(world.losses[id] == nil)
    }

    @Test func `a node that leaves and counts its own copy is noticed`() {
        var world = Self.world(2)
        let id = Self.id(world, 5)
        world.perform(.leave(0))
        world.checkConfirmed(id, by: 1)
        #expect(world.violations.isEmpty)
        world.checkConfirmed(id, by: 0)
        #expect(world.violations.contains { $0.contains("confirmed with 1 copies") })
    }

    @Test func `an agent that takes acceptance for confirmation is noticed`() {
        Self.expect("which nobody confirmed", nodes: 1) { world in
            let id = Self.id(world, 3)
            let stream = world.agents[0].links[0]?.stream ?? 0
            world.deliver(.answer(id, .confirmed, stream: stream), from: .node(0), to: .agent(0))
        }
    }

    @Test func `an agent that forgets a frame is noticed within a second`() {
        Self.expect("forgot frames", nodes: 1) { $0.agents[0].spool.removeFirst() }
    }

    @Test func `a courier that forgets a frame is noticed, and one that lets go of a frame twice`() {
        Self.expect("the courier of agent 0 forgot frames", nodes: 1) { world in
            let id = Self.id(world, 3)
            world.bring(0) { courier, now in courier.forget(id, at: now) }
        }
        Self.expect("let go of frame 1 twice") { world in
            let id = Self.id(world, 1)
            world.bring(0) { _, _ in [.release(id, .confirmed)] }
        }
    }

    @Test func `a floor above a frame that is held is noticed`() {
        Self.expect("the floor of agent 0 passed frame 0", nodes: 1) { world in
            world.agents[0].spool.insert(Self.id(world, 0), at: 0)
        }
    }

    @Test func `a frame sent without a connection is noticed`() {
        Self.expect("without a connection", nodes: 1) { world in
            let id = Self.id(world, 1)
            world.bring(0) { _, _ in [.send(id, to: .named("node-77"))] }
        }
    }

    @Test func `an answer too many is noticed, and one that never comes`() {
        Self.expect("twice") { world in
            let id = Self.id(world, 3)
            world.replicate(0) { _, _ in [.confirm(id, Replication.Sender(0))] }
        }
        var silent = Self.world()
        silent.nodes[0].asked[.max] = .init(frame: Self.id(silent, 3), agent: 0, stream: 0)
        silent.run(until: .seconds(70))
        silent.checkDelivery()
        #expect(silent.violations.contains { $0.contains("did not answer 1 times") })
    }

    @Test func `an older record that takes the place of a newer one is noticed`() {
        Self.expect("in the eyes of node-0") { world in
            var old = MemberRecord(node: world.nodes[1].id, epoch: 0, run: 1)
            old.status = .alive
            world.drive(0) { _, _ in [.changed(old, from: .alive)] }
        }
    }

    @Test func `queues beyond their bounds are noticed`() {
        Self.expect("bytes under way") { $0.nodes[0].replication?.pendingBytes += 1 }
        Self.expect("rumors to tell") { world in
            for number in UInt(50)..<60 {
                let record = MemberRecord(node: NodeID(number: number), epoch: 1, run: 1)
                // Nobody is there to be told.
                world.nodes[0].membership?.rumors.add(Rumor(record))
                world.nodes[0].membership?.nextGossip = nil
            }
            world.checkAll()
        }
        Self.expect("relays 65 probes") { world in
            let requester = world.nodes[1].id
            let relay = Prober.Relay(
                requester: requester,
                requested: 1,
                sequence: 0,
                nackAt: nil,
                endsAt: .seconds(99)
            )
            world.nodes[0].membership?.prober.relays += Array(repeating: relay, count: 65)
        }
        Self.expect("frames out", nodes: 1) { world in
            for sequence in UInt64(9000)..<9100 {
                let id = Self.id(world, sequence)
                world.agents[0].links[0]?.out.insert(id)
            }
        }
    }

    @Test func `a copy that is owed for ever is noticed`() {
        var world = Self.world()
        let frame = PendingFrame(number: 1, partition: 0, bytes: 0, began: .zero, isAppending: false)
        let id = Self.id(world, 9000)
        world.nodes[0].replication?.debt.add(id, frame)
        world.nodes[0].replication?.debtRetryAt = .seconds(9999)
        world.run(until: .seconds(70))
        world.checkDelivery()
        #expect(world.violations.contains { $0.contains("still owes copies of 1 frames") })
    }

    @Test func `a pause within what is promised is no excuse`() {
        for (length, isExcused) in [(3.4, false), (3.6, true)] {
            var troubles = Troubles()
            troubles.note(.pause(1), at: .seconds(10))
            troubles.note(.resume(1), at: .seconds(10 + length))
            #expect(troubles.excuse(1, by: 0, at: .seconds(15)) == isExcused)
        }
    }

    @Test func `a set of frames knows its members and what others lack`() {
        var (left, right) = (FrameSet(), FrameSet())
        func id(_ agent: UInt64, _ sequence: UInt64) -> FrameID {
            FrameID(run: RunID(high: 1, low: agent), sequence: sequence)
        }
        for sequence in UInt64(1)...200 { left.insert(id(2, sequence)) }
        for sequence in UInt64(1)...200 where sequence != 64 { right.insert(id(2, sequence)) }
        let again = right.insert(id(2, 200))
        #expect(!again && left.count == 200 && right.count == 199)
        #expect(left.contains(id(2, 64)) && !right.contains(id(2, 64)) && !left.contains(id(9, 9999)))
        let missing = left.missing(from: [right, FrameSet()])
        #expect(missing.count == 1 && missing[0] == (agent: 2, sequence: 64))
        #expect(right.missing(from: [left]).isEmpty && left.missing(from: []).count == 200)
    }
}
