import Testing

@testable import Cluster

/// What one member does with each input, others being messages only.
@Suite struct MembershipTests {
    private static func machine(_ others: Int = 4) -> Membership {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        for number in 0..<others {
            _ = membership.receive(
                .gossip([Rumor(.named("peer-\(number)"))]),
                from: .named("peer-0"),
                at: .zero
            )
        }
        return membership
    }

    private static func status(_ name: String, in membership: Membership) -> MemberStatus? {
        membership.record(of: .named(name))?.status
    }

    private static func pings(_ effects: [Membership.Effect]) -> [(NodeID, UInt32)] {
        effects.compactMap { effect in
            if case .send(.ping(let sequence, _), let node) = effect { (node, sequence) } else { nil }
        }
    }

    @Test func `a tick before the deadline changes nothing`() {
        var membership = Self.machine()
        let deadline = membership.deadline
        let early = membership.tick(at: deadline - .nanoseconds(1))
        #expect(early.isEmpty)
        #expect(membership.deadline == deadline)
        let due = membership.tick(at: deadline)
        #expect(!due.isEmpty)
    }

    @Test func `a member that never answers is suspected after relays were asked, and dead after its time`()
        throws
    {
        var membership = Self.machine()
        var now = Duration.zero
        var asked: [NodeID] = []
        while Self.status("peer-0", in: membership) == .alive, now < .seconds(30) {
            now = membership.deadline
            for effect in membership.tick(at: now) {
                switch effect {
                case .send(.ping(let sequence, _), let node) where node != .named("peer-0"):
                    let answer = MembershipMessage.ack(
                        sequence: sequence,
                        responder: .named(node.text),
                        rumors: []
                    )
                    _ = membership.receive(answer, from: node, at: now)
                case .send(.pingRequest(let sequence, let target, _), let relay):
                    #expect(target == .named("peer-0"))
                    asked.append(relay)
                    _ = membership.receive(.nack(sequence: sequence), from: relay, at: now)
                default: break
                }
            }
        }
        #expect(Self.status("peer-0", in: membership) == .suspect)
        #expect(asked.count == 3 && !asked.contains(.named("peer-0")))
        // All relays lived, so the fault is not ours.
        #expect(membership.sickness == 0)
        for accuser in ["peer-1", "peer-2"] {
            let rumor = Rumor(.named("peer-0", status: .suspect), accuser: .named(accuser))
            _ = membership.receive(.gossip([rumor]), from: .named(accuser), at: now)
        }
        let suspected = now
        while Self.status("peer-0", in: membership) == .suspect, now < suspected + .seconds(30) {
            now = membership.deadline
            for (node, sequence) in Self.pings(membership.tick(at: now)) where node != .named("peer-0") {
                let answer = MembershipMessage.ack(
                    sequence: sequence,
                    responder: .named(node.text),
                    rumors: []
                )
                _ = membership.receive(answer, from: node, at: now)
            }
        }
        #expect(now == suspected + .seconds(3))
    }

    @Test func `the end of a connection makes its member suspect at once, and asks it`() {
        var membership = Self.machine()
        let effects = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
        #expect(Self.status("peer-1", in: membership) == .suspect)
        #expect(Self.pings(effects).map(\.0) == [.named("peer-1")])
        // It is told what is said of it, so that it can contradict.
        let told = effects.contains { effect in
            if case .send(.ping(_, let rumors), _) = effect {
                rumors.first?.record == .named("peer-1", status: .suspect)
            } else {
                false
            }
        }
        #expect(told)
        for stranger in ["nobody", "me"] {
            let nothing = membership.connectionLost(to: .named(stranger), at: .seconds(1))
            #expect(nothing.isEmpty)
        }
    }

    @Test func `a higher incarnation clears suspicion, an equal one does not`() {
        var membership = Self.machine()
        _ = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
        _ = membership.receive(.gossip([Rumor(.named("peer-1"))]), from: .named("peer-2"), at: .seconds(1))
        #expect(Self.status("peer-1", in: membership) == .suspect)
        let ack = MembershipMessage.ack(sequence: 99, responder: .named("peer-1", incarnation: 1), rumors: [])
        _ = membership.receive(ack, from: .named("peer-1"), at: .seconds(1))
        #expect(Self.status("peer-1", in: membership) == .alive)
    }

    @Test func `what is said against this member is contradicted with a higher incarnation`() {
        for status in [MemberStatus.suspect, .dead, .left] {
            var membership = Self.machine()
            let rumor = Rumor(.named("me", incarnation: 4, status: status), accuser: .named("peer-0"))
            let effects = membership.receive(.gossip([rumor]), from: .named("peer-0"), at: .seconds(1))
            #expect(membership.local.incarnation == 5 && membership.local.status == .alive)
            #expect(effects.contains(.renewed(membership.local)))
            #expect(membership.sickness == 1)
        }
    }

    @Test func `a process that starts again outbids the epoch of its last life`() {
        var membership = Self.machine()
        let last = MemberRecord.named("me", epoch: 7, incarnation: 3)
        let effects = membership.receive(.sync([last], isReply: true), from: .named("peer-0"), at: .zero)
        #expect(membership.local.epoch == 8 && membership.local.incarnation == 0)
        #expect(effects.contains(.renewed(membership.local)))
        _ = membership.receive(.sync([last], isReply: true), from: .named("peer-1"), at: .zero)
        #expect(membership.local.epoch == 8)
    }

    @Test func `two processes under one name end in a clash, not in a race`() {
        var membership = Self.machine()
        var clashed = false
        for round in 0..<100 where !clashed {
            let twin = MemberRecord.named("me", epoch: membership.local.epoch + 1)
            let effects = membership.receive(
                .gossip([Rumor(twin)]),
                from: .named("peer-0"),
                at: .seconds(round)
            )
            clashed = effects.contains(.clash(twin))
        }
        #expect(clashed)
    }

    @Test func `whom a peer takes for dead is only suspected here`() {
        var membership = Self.machine()
        let view = [MemberRecord.named("peer-1", status: .dead), .named("stranger", status: .dead)]
        _ = membership.receive(.sync(view, isReply: true), from: .named("peer-0"), at: .seconds(1))
        #expect(Self.status("peer-1", in: membership) == .suspect)
        // Nobody here knew the stranger, so nobody misses it.
        #expect(Self.status("stranger", in: membership) == nil)
    }

    @Test func `a late tick blames nobody`() {
        var membership = Self.machine()
        _ = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
        let late = Duration.seconds(3600)
        let effects = membership.tick(at: late)
        #expect(Self.status("peer-1", in: membership) == .suspect)
        #expect(membership.sickness == 1 && Self.pings(effects).count == 1)
    }

    @Test func `who stood still hears what came in meanwhile before any suspicion ends`() {
        for pause in [1000, 5000, 60_000] {
            var membership = Self.machine(2)
            _ = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
            while membership.deadline < .seconds(4) { _ = membership.tick(at: membership.deadline) }
            // Its end is due first of all when the process stops.
            membership.prober.next = .seconds(4.1)
            membership.nextNews = nil
            membership.nextGossip = nil
            let back = membership.deadline + .milliseconds(pause)
            _ = membership.tick(at: back)
            #expect(Self.status("peer-1", in: membership) == .suspect, "after \(pause) ms")
            let answer = MemberRecord.named("peer-1", incarnation: 1)
            _ = membership.receive(.gossip([Rumor(answer)]), from: .named("peer-0"), at: back)
            #expect(Self.status("peer-1", in: membership) == .alive)
        }
    }

    @Test func `a relay passes the answer on, or says in time that there is none`() {
        var membership = Self.machine()
        let request = MembershipMessage.pingRequest(sequence: 77, target: .named("peer-1"), rumors: [])
        let asked = Self.pings(membership.receive(request, from: .named("peer-0"), at: .seconds(1)))
        #expect(asked.map(\.0) == [.named("peer-1")])
        let ack = MembershipMessage.ack(sequence: asked[0].1, responder: .named("peer-1"), rumors: [])
        let passed = MembershipMessage.ack(sequence: 77, responder: .named("peer-1"), rumors: [])
        let answered = membership.receive(ack, from: .named("peer-1"), at: .seconds(1))
        #expect(answered.contains(.send(passed, to: .named("peer-0"))))
        let second = Self.pings(membership.receive(request, from: .named("peer-0"), at: .seconds(2)))
        var effects: [Membership.Effect] = []
        while membership.deadline <= .seconds(2.5) { effects += membership.tick(at: membership.deadline) }
        #expect(effects.contains(.send(.nack(sequence: 77), to: .named("peer-0"))))
        // An answer that is later than that is still passed on.
        let late = MembershipMessage.ack(sequence: second[0].1, responder: .named("peer-1"), rumors: [])
        let passedLate = membership.receive(late, from: .named("peer-1"), at: .seconds(2.5))
        #expect(passedLate.contains(.send(passed, to: .named("peer-0"))))
    }

    @Test func `relayed probes, members and rumors have limits`() {
        var membership = Self.machine()
        for sequence in UInt32(0)..<1000 {
            let request = MembershipMessage.pingRequest(
                sequence: sequence,
                target: .named("peer-1"),
                rumors: []
            )
            _ = membership.receive(request, from: .named("peer-0"), at: .zero)
        }
        #expect(membership.prober.relays.count == Prober.relaysMax)
        let crowd = (0..<5000).map { Rumor(.named("n\($0)")) }
        _ = membership.receive(.gossip(crowd), from: .named("peer-0"), at: .zero)
        #expect(membership.members.count == membership.options.membersMax)
        for effect in membership.tick(at: .seconds(1)) {
            if case .send(.gossip(let rumors), _) = effect { #expect(rumors.count <= 64) }
        }
    }

    @Test func `a member that leaves says so, and answers no more when it has left`() {
        var membership = Self.machine()
        let leaving = membership.leave(at: .zero)
        #expect(leaving == [.renewed(membership.local)])
        #expect(membership.local.status == .leaving && membership.local.incarnation == 1)
        let again = membership.leave(at: .zero)
        #expect(again.isEmpty)
        let goodbye = membership.left(at: .zero).filter { effect in
            if case .send(.gossip(let rumors), _) = effect {
                rumors.first?.record.status == .left
            } else {
                false
            }
        }
        #expect(goodbye.count == 4)
        let ping = MembershipMessage.ping(sequence: 5, rumors: [])
        let silence = membership.receive(ping, from: .named("peer-0"), at: .zero)
        #expect(silence.isEmpty)
    }

    @Test func `the dead are forgotten by all in the end, though they tell each other everything`() {
        var machines = [Self.machine(), Self.machine()]
        let dead = Rumor(.named("peer-1", status: .dead))
        for index in 0..<2 {
            _ = machines[index].receive(.gossip([dead]), from: .named("peer-0"), at: .seconds(index))
            machines[index].members.removeAll { $0.record.node != .named("peer-1") }
        }
        _ = machines[0].tick(at: .seconds(23 * 3600))
        #expect(Self.status("peer-1", in: machines[0]) == .dead)
        for round in 0..<4 {
            let (teller, listener) = (round % 2, (round + 1) % 2)
            let now = Duration.seconds(25 * 3600 + round)
            _ = machines[listener].tick(at: now)
            let news = MembershipMessage.sync(machines[teller].records, isReply: true)
            _ = machines[listener].receive(news, from: .named("peer-0"), at: now)
        }
        for machine in machines { #expect(Self.status("peer-1", in: machine) == nil) }
    }

    @Test func `a full table makes room for the living, at the cost of who is gone longest`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        let crowd = (0..<membership.options.membersMax).map { Rumor(.named("n\($0)")) }
        _ = membership.receive(.gossip(crowd), from: .named("n0"), at: .zero)
        for (name, time) in [("n7", 1), ("n8", 2)] {
            let gone = Rumor(.named(name, status: .dead))
            _ = membership.receive(.gossip([gone]), from: .named("n0"), at: .seconds(time))
        }
        _ = membership.receive(.gossip([Rumor(.named("new"))]), from: .named("n0"), at: .seconds(3))
        #expect(Self.status("new", in: membership) == .alive)
        #expect(Self.status("n7", in: membership) == nil && Self.status("n8", in: membership) == .dead)
    }

    @Test func `a member that leaves stays out of the placement when it is suspected`() {
        var membership = Self.machine()
        let leaving = Rumor(.named("peer-1", incarnation: 1, status: .leaving))
        _ = membership.receive(.gossip([leaving]), from: .named("peer-1"), at: .zero)
        _ = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
        let record = membership.record(of: .named("peer-1"))
        #expect(record?.status == .suspect && record?.isLeaving == true && record?.isPlaced == false)
    }

    @Test func `a member that has left says nothing any more`() {
        var membership = Self.machine()
        _ = membership.left(at: .zero)
        let lost = membership.connectionLost(to: .named("peer-1"), at: .seconds(1))
        let later = membership.tick(at: .seconds(60))
        let asked = membership.receive(.sync([], isReply: false), from: .named("peer-0"), at: .seconds(60))
        #expect(lost.isEmpty && later.isEmpty && asked.isEmpty)
        #expect(Self.status("peer-1", in: membership) == .alive && membership.deadline > .seconds(1 << 40))
    }

    @Test func `rumors that nobody can hear do not keep a lone member awake`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        _ = membership.receive(.gossip([Rumor(.named("peer"))]), from: .named("peer"), at: .zero)
        _ = membership.receive(
            .gossip([Rumor(.named("peer", status: .left))]),
            from: .named("peer"),
            at: .zero
        )
        var ticks = 0
        while membership.deadline < .seconds(120), ticks < 10_000 {
            _ = membership.tick(at: membership.deadline)
            ticks += 1
        }
        #expect(ticks < 600)
    }
}
