import Testing

@testable import Cluster
@testable import Simulation

/// What follows from a change of somebody's record, beside the rumor.
@Suite struct MembershipChangeTests {
    private static func machine(_ others: Int) -> Membership {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        let rumors = (0..<others).map { Rumor(.named("peer-\($0)")) }
        _ = membership.receive(.gossip(rumors), from: .named("peer-0"), at: .zero)
        return membership
    }

    private static func status(_ name: String, in membership: Membership) -> MemberStatus? {
        membership.record(of: .named(name))?.status
    }

    /// Ticks until a moment, while some members answer each probe.
    private static func run(
        _ membership: inout Membership,
        until end: Duration,
        answering: [String]
    ) -> [Membership.Effect] {
        var effects: [Membership.Effect] = []
        while membership.deadline <= end {
            let now = membership.deadline
            let new = membership.tick(at: now)
            effects += new
            for case .send(.ping(let sequence, _), let node) in new where answering.contains(node.text) {
                let ack = MembershipMessage.ack(sequence: sequence, responder: .named(node.text), rumors: [])
                _ = membership.receive(ack, from: node, at: now)
            }
        }
        return effects
    }

    private static func syncs(_ effects: [Membership.Effect]) -> [NodeID] {
        effects.compactMap { effect in
            if case .send(.sync(_, isReply: false), let node) = effect { node } else { nil }
        }
    }

    // MARK: - Who is waited for

    @Test func `whoever is left with two others or fewer waits three seconds, whatever the size was before`()
    {
        for count in [3, 4, 6] {
            var membership = Self.machine(count)
            _ = Self.run(&membership, until: .seconds(1), answering: (0..<count).map { "peer-\($0)" })
            for number in 0..<count {
                _ = membership.connectionLost(to: .named("peer-\(number)"), at: .seconds(1))
            }
            _ = Self.run(&membership, until: .seconds(3.9), answering: [])
            #expect((0..<count).allSatisfy { Self.status("peer-\($0)", in: membership) == .suspect })
            _ = Self.run(&membership, until: .seconds(4), answering: [])
            #expect((0..<count).allSatisfy { Self.status("peer-\($0)", in: membership) == .dead })
        }
    }

    @Test func `an end that comes nearer is no lateness of ours`() {
        let others = (0..<5).map { "peer-\($0)" }
        var membership = Self.machine(5)
        _ = membership.connectionLost(to: .named("peer-0"), at: .seconds(1))
        _ = Self.run(&membership, until: .seconds(6), answering: Array(others.dropFirst()))
        #expect(Self.status("peer-0", in: membership) == .suspect)
        let sickness = membership.sickness
        // Four of six answer no more: nobody is waited for, and the three seconds are over.
        for number in 1...3 {
            _ = membership.connectionLost(to: .named("peer-\(number)"), at: .seconds(6))
        }
        #expect(membership.deadline == .seconds(6))
        _ = membership.tick(at: .seconds(6))
        #expect(Self.status("peer-0", in: membership) == .dead && membership.sickness == sickness)
        #expect(Self.status("peer-1", in: membership) == .suspect)
    }

    @Test func `survivors of several deaths at once find all of them in the time of one`() {
        for (nodes, killed) in [(5, [1, 2, 3]), (4, [1, 2, 3]), (5, [0, 1, 2, 3]), (7, [0, 2, 4, 6])] {
            var world = World(nodes: nodes, seed: 1)
            for index in killed { world.schedule(.crash(index), at: .seconds(20)) }
            world.run(until: .seconds(40))
            let dead = world.log.verdicts.filter { $0.status == .dead }
            #expect(dead.count == killed.count * (nodes - killed.count))
            #expect(dead.allSatisfy { $0.at < .seconds(24) }, "\(dead.map(\.at))")
        }
    }

    // MARK: - Comparing everything

    @Test func `after a change everything is compared with somebody present, soon and once`() {
        var membership = Self.machine(4)
        let present = ["peer-1", "peer-2", "peer-3"]
        _ = Self.run(&membership, until: .seconds(5), answering: ["peer-0"] + present)
        let dead = Rumor(.named("peer-0", status: .dead))
        _ = membership.receive(.gossip([dead]), from: .named("peer-1"), at: .seconds(5))
        let told = Self.syncs(Self.run(&membership, until: .seconds(6), answering: present))
        #expect(told.count == 1 && told.allSatisfy { present.contains($0.text) })
        // What is known already is no change.
        _ = membership.receive(.gossip([dead]), from: .named("peer-2"), at: .seconds(6))
        let quiet = Self.syncs(Self.run(&membership, until: .seconds(9), answering: present))
        #expect(quiet.isEmpty)
    }

    @Test func `however much changes, everything is compared little more than once a second`() {
        var membership = Self.machine(4)
        let names = (0..<4).map { "peer-\($0)" }
        var told = 0
        for step in 1...1000 {
            let now = Duration.milliseconds(10 * step)
            let change = Rumor(.named("peer-\(step % 4)", incarnation: UInt32(step)))
            _ = membership.receive(.gossip([change]), from: .named("peer-0"), at: now)
            told += Self.syncs(Self.run(&membership, until: now, answering: names)).count
        }
        #expect((6...13).contains(told), "\(told) times in ten seconds")
    }
}
