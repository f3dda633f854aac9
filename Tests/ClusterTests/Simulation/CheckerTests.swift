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
        world.expectNoticed(text, place)
    }

    private static func id(_ world: World, _ sequence: UInt64) -> FrameID {
        FrameID(run: world.agents[0].run, sequence: sequence)
    }

    @Test func `disks that forget what they said to hold are noticed`() {
        Self.expect("is on 0 disks, with 0 lost") { world in
            for index in world.nodes.indices { world.nodes[index].disk.frames = FrameSet() }
        }
        // One lost disk takes nothing that was confirmed with it; the other one must not forget.
        Self.expect("is on 0 disks, with 1 lost", nodes: 2) { world in
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
        world.nodes[1].disk.lost.insert(id)
        world.nodes[1].disk.lostAt = .seconds(-100)
        world.nodes[0].disk.frames.insert(id)
        world.checkConfirmed(id, by: 0)
        world.expectNoticed("confirmed with 1 copies")
        #expect(!world.nodes[1].disk.lost.contains(id))
    }

    @Test
    func `a disk counts for a confirmation while its node holds a place in the confirmer's view, no longer`()
    {
        for status in [MemberStatus.suspect, .dead, .leaving, .left] {
            var world = Self.world(2)
            let id = Self.id(world, 5)
            var record = MemberRecord(
                node: world.nodes[1].id,
                epoch: 1,
                run: 1,
                incarnation: 9,
                status: status
            )
            record.run = world.nodes[1].membership?.local.run ?? 0
            world.drive(0) { membership, now in
                membership.receive(.gossip([Rumor(record)]), from: record.node, at: now)
            }
            world.violations = []
            world.checkConfirmed(id, by: 0)
            #expect(world.violations.isEmpty == (status == .suspect))
        }
    }

    @Test func `a node that leaves and counts its own copy is noticed`() {
        var world = Self.world(2)
        let id = Self.id(world, 5)
        world.perform(.leave(0))
        world.checkConfirmed(id, by: 1)
        #expect(world.violations.isEmpty)
        world.checkConfirmed(id, by: 0)
        world.expectNoticed("confirmed with 1 copies")
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
        silent.nodes[0].asked[.max] = .init(frame: Self.id(silent, 3), asker: .door)
        silent.run(until: .seconds(70))
        silent.checkDelivery()
        silent.expectNoticed("did not answer 1 times")
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
        Self.expect("messages of membership in a second") { $0.nodes[0].sentCount = 1000 }
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
        world.expectNoticed("still owes copies of 1 frames")
    }

    @Test func `rumors that nobody tells are noticed in the end, and so is what is not passed on`() {
        var world = Self.world()
        world.nodes[0].membership?.rumors.add(Rumor(MemberRecord(node: .named("x"), epoch: 1, run: 1)))
        world.nodes[1].forwards[1] = Forward(
            question: Question(frame: Self.id(world, 1), asker: .door),
            partition: 0
        )
        world.checkDelivery()
        world.expectNoticed("node-0 has still 1 rumors to tell")
        world.expectNoticed("node-1 forgot what it sent on")
    }

    // MARK: - Excuses

    @Test func `a pause within what is promised is no excuse, and no pause of who finds is one`() {
        for (length, isExcused) in [(3.4, false), (3.6, true)] {
            var troubles = Troubles()
            troubles.note(.pause(1), at: .seconds(10))
            troubles.note(.pause(1), at: .seconds(10 + length - 0.1))
            troubles.note(.resume(1), at: .seconds(10 + length))
            #expect(troubles.excuse(1, by: 0, at: .seconds(15)) == isExcused)
            #expect(!troubles.excuse(0, by: 1, at: .seconds(15)))
            #expect(!troubles.excuse(1, by: 0, at: .seconds(10 + length + 5)))
        }
        var standing = Troubles()
        standing.note(.pause(1), at: .seconds(10))
        #expect(standing.excuse(1, by: 0, at: .seconds(14)) && !standing.excuse(1, by: 0, at: .seconds(13)))
        // The process that stood still is gone, and no excuse for the next one.
        standing.note(.crash(1), at: .seconds(14))
        #expect(!standing.excuse(1, by: 0, at: .seconds(15)))
    }

    @Test func `a broken link excuses its two ends, either way, and nobody else`() {
        var troubles = Troubles()
        troubles.noteLinks(3, at: .seconds(10)) { ($0, $1) != (0, 1) }
        #expect(troubles.excuse(0, by: 1, at: .seconds(99)) && troubles.excuse(1, by: 0, at: .seconds(99)))
        #expect(!troubles.excuse(2, by: 0, at: .seconds(99)) && !troubles.excuse(1, by: 2, at: .seconds(99)))
        troubles.noteLinks(3, at: .seconds(100)) { _, _ in true }
        #expect(troubles.excuse(0, by: 1, at: .seconds(104)) && !troubles.excuse(0, by: 1, at: .seconds(105)))
    }

    @Test
    func `one that only relays can ask for somebody may stand still as much shorter as they are asked later`()
    {
        for (length, isExcused) in [(3.1, false), (3.3, true)] {
            var troubles = Troubles()
            troubles.noteLinks(3, at: .seconds(1)) { ($0, $1) != (1, 2) }
            troubles.note(.pause(1), at: .seconds(10))
            #expect(troubles.excuse(1, by: 0, at: .seconds(10 + length)) == isExcused)
            troubles.note(.resume(1), at: .seconds(10 + length))
            #expect(troubles.excuse(1, by: 0, at: .seconds(14)) == isExcused)
            #expect(!troubles.excuse(0, by: 1, at: .seconds(14)))
        }
    }

    @Test func `few lost packets excuse nobody, many do`() {
        for (perMille, isExcused) in [(99, false), (100, true)] {
            var troubles = Troubles()
            troubles.note(.loss(perMille: perMille), at: .seconds(1))
            #expect(troubles.excuse(0, by: 1, at: .seconds(50)) == isExcused)
            troubles.note(.loss(perMille: 0), at: .seconds(60))
            #expect(!troubles.excuse(0, by: 1, at: .seconds(65)))
        }
    }

    // MARK: - Verdicts

    @Test
    func `a process that runs may be found dead by a timer with an excuse, and then by who hears of it`() {
        for (occasion, text) in [
            (Occasion.timer, "which is well"), (.comparison, "another one does"), (.rumors, "nobody found"),
        ] {
            var world = Self.world()
            var record = world.nodes[1].membership?.local ?? .named("x")
            record.status = .dead
            let found = record
            world.drive(0, occasion) { _, _ in [.changed(found, from: .suspect)] }
            #expect(world.violations.count == 1 && world.violations[0].contains(text), "\(world.violations)")
            // Once somebody found it, others may take it over; an earlier process is dead indeed.
            world.violations = []
            world.findings.insert(Finding(about: 1, epoch: found.epoch, incarnation: found.incarnation))
            world.drive(0, .rumors) { _, _ in [.changed(found, from: .suspect)] }
            var earlier = found
            earlier.run &+= 1
            let other = earlier
            world.drive(2, occasion) { _, _ in [.changed(other, from: .suspect)] }
            #expect(world.violations.isEmpty, "\(world.violations)")
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
        #expect(missing.count == 1 && missing[0] == (run: 2, sequence: 64))
        #expect(right.missing(from: [left]).isEmpty && left.missing(from: []).count == 200)
    }

    @Test func `a set of frames counts how many others have each, adds them up, and forgets`() {
        func id(_ sequence: UInt64) -> FrameID { FrameID(run: RunID(high: 1, low: 1), sequence: sequence) }
        var all = FrameSet()
        for sequence in UInt64(1)...100 { all.insert(id(sequence)) }
        // The first set has all, the second every second one, the third every third one.
        let others = (1...5).map { step in
            var set = FrameSet()
            for sequence in stride(from: UInt64(step), through: 100, by: step) { set.insert(id(sequence)) }
            return set
        }
        for times in 1...5 {
            let expected = (UInt64(1)...100).filter { one in
                (1...5).count { one.isMultiple(of: $0) } < times
            }
            #expect(all.missing(from: others, times: times).map(\.sequence) == expected.map { $0 })
        }
        var sum = others[2]
        sum.formUnion(others[4])
        #expect(sum.count == 33 + 20 - 6)
        sum.remove(id(3))
        sum.remove(id(3))
        #expect(sum.count == 46 && !sum.contains(id(3)) && sum.contains(id(5)))
    }
}
