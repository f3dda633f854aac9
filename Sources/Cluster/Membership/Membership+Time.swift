internal import Telemetry

extension Membership {
    /// Does what is due.
    package mutating func tick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        guard self.local.status != .left else { return effects }
        self.noteLateness(at: now)
        self.endSuspicions(at: now, &effects)
        self.relayTimeouts(at: now, &effects)
        self.probe(at: now, &effects)
        if let gossip = self.nextGossip, gossip <= now { self.gossip(at: now, &effects) }
        if self.nextSync <= now {
            self.nextSync = now + self.options.syncInterval
            self.forget(at: now)
            self.sync(&effects) { $0.record.status != .left }
        }
        if let news = self.nextNews, news <= now {
            self.nextNews = nil
            self.lastNews = now
            self.sync(&effects) { $0.record.status.isPresent }
        }
        return effects
    }

    /// A process that was stopped or starved must not blame others for it.
    private mutating func noteLateness(at now: Duration) {
        let lateness = now - self.deadline
        guard lateness > self.options.probeInterval else { return }
        self.worsen()
        // What came in meanwhile is not read yet: an interval is left for it, or the suspicion that was due first would
        // end here and now.
        let rest = lateness + self.options.probeInterval
        for index in self.members.indices { self.members[index].suspicion?.postpone(by: rest) }
        self.prober.probe = nil
        self.prober.next = now
    }

    mutating func worsen(by points: Int = 1) {
        self.sickness = min(self.options.sicknessMax, max(0, self.sickness + points))
    }

    private mutating func endSuspicions(at now: Duration, _ effects: inout [Effect]) {
        // As many as live before anybody is found dead here.
        var live: Int?
        for index in self.members.indices {
            guard let suspicion = self.members[index].suspicion else { continue }
            let count = live ?? self.liveCount
            live = count
            guard self.end(of: suspicion, live: count) <= now else { continue }
            var record = self.members[index].record
            record.status = .dead
            self.accept(Rumor(record), at: now, &effects)
        }
    }

    private mutating func relayTimeouts(at now: Duration, _ effects: inout [Effect]) {
        for index in self.prober.relays.indices {
            let relay = self.prober.relays[index]
            guard let nackAt = relay.nackAt, nackAt <= now else { continue }
            self.prober.relays[index].nackAt = nil
            effects.append(.send(.nack(sequence: relay.requested), to: relay.requester))
        }
        self.prober.relays.removeAll { $0.endsAt <= now }
    }

    // MARK: - Probing

    private mutating func probe(at now: Duration, _ effects: inout [Effect]) {
        if let relayAt = self.prober.probe?.relayAt, relayAt <= now { self.askRelays(at: now, &effects) }
        if let probe = self.prober.probe, probe.verdictAt <= now {
            self.prober.probe = nil
            // Those who were asked and said nothing at all: the fault may well be ours.
            self.worsen(by: probe.relayCount > 0 ? probe.relayCount - probe.nackCount : 1)
            self.accuse(probe.target, at: now, &effects)
        }
        guard self.prober.next <= now else { return }
        let interval = self.options.probeInterval * (self.sickness + 1)
        self.prober.next = now + interval
        guard self.prober.probe == nil, let target = self.nextTarget() else { return }
        let sequence = self.prober.nextSequence()
        self.prober.probe = Prober.Probe(
            target: target,
            sequence: sequence,
            relayAt: now + self.options.probeTimeout * (self.sickness + 1),
            verdictAt: now + interval
        )
        self.sendPing(sequence, to: target, &effects)
    }

    /// Everybody once in random order, then anew (SWIM, section 4.3).
    private mutating func nextTarget() -> NodeID? {
        for _ in 0..<2 {
            while let node = self.prober.round.popLast() {
                if self.record(of: node)?.status.isPresent == true, node != self.local.node { return node }
            }
            self.prober.round = self.members.filter { $0.record.status.isPresent }.map(\.record.node)
                .shuffled(using: &self.random)
        }
        return nil
    }

    private mutating func askRelays(at now: Duration, _ effects: inout [Effect]) {
        guard var probe = self.prober.probe else { return }
        probe.relayAt = nil
        let relays = self.choose(self.options.relayCount) {
            $0.record.status == .alive && $0.record.node != probe.target
        }
        probe.relayCount = relays.count
        self.prober.probe = probe
        for relay in relays {
            let rumors = self.takeRumors(for: relay)
            effects.append(
                .send(.pingRequest(sequence: probe.sequence, target: probe.target, rumors: rumors), to: relay)
            )
        }
    }

    mutating func sendPing(_ sequence: UInt32, to target: NodeID, _ effects: inout [Effect]) {
        effects.append(.send(.ping(sequence: sequence, rumors: self.takeRumors(for: target)), to: target))
    }

    // MARK: - Gossip

    private mutating func gossip(at now: Duration, _ effects: inout [Effect]) {
        self.nextGossip = nil
        guard !self.rumors.isEmpty else { return }
        let options = self.options
        let targets = self.choose(options.gossipFanout) { member in
            member.record.status.isPresent
                || member.goneSince.map { now - $0 < options.gossipToTheDead } ?? false
        }
        for target in targets {
            let rumors = self.takeRumors(for: target)
            if !rumors.isEmpty { effects.append(.send(.gossip(rumors), to: target)) }
        }
        // Told to nobody, rumors wait until somebody is there.
        if !self.rumors.isEmpty, !targets.isEmpty { self.nextGossip = now + options.gossipInterval }
    }

    /// Rumors for one message; a member that is accused hears of it first.
    mutating func takeRumors(for target: NodeID) -> [Rumor] {
        var about: [Rumor] = []
        if let index = self.index(of: target), self.members[index].record.status != .alive {
            let member = self.members[index]
            about.append(Rumor(member.record, accuser: member.suspicion?.accusers.first))
        }
        let taken = self.rumors.take(self.options.rumorsPerMessage - 1, tellingsMax: self.tellingsMax)
        return about + taken.filter { $0.record.node != target || about.isEmpty }
    }

    private var tellingsMax: Int {
        let size = self.members.count + 1
        // ⌈log10(n + 1)⌉ is the count of digits of n.
        return max(self.options.tellingsMin, 4 * String(size).count)
    }

    mutating func tell(_ rumor: Rumor, at now: Duration) {
        self.rumors.add(rumor)
        if self.nextGossip == nil { self.nextGossip = now + self.options.gossipInterval }
    }

    // MARK: - Comparing everything

    /// Has everything compared soon, since something changed and rumors may get lost; not much more often than once in
    /// the least pause between two, at a moment of which nodes do not think alike.
    mutating func compareSoon(at now: Duration) {
        guard self.nextNews == nil else { return }
        let pause = self.options.newsPause
        let jitter = pause * self.random.below(1000) / 2000
        self.nextNews = max(now, self.lastNews.map { $0 + pause } ?? now) + jitter
    }

    /// Sends everything to one random member that fits; now and then the dead are asked too, or two halves that took
    /// each other for dead would never meet again.
    private mutating func sync(_ effects: inout [Effect], where fits: (Member) -> Bool) {
        for target in self.choose(1, where: fits) {
            effects.append(.send(.sync(self.records, isReply: false), to: target))
            effects.append(.send(.placement(self.placement), to: target))
        }
    }

    private mutating func forget(at now: Duration) {
        let age = self.options.tombstoneAge
        self.members.removeAll { member in member.goneSince.map { now - $0 >= age } ?? false }
    }

    /// Random members that fit, so many at most.
    private mutating func choose(_ count: Int, where fits: (Member) -> Bool) -> [NodeID] {
        let candidates = self.members.filter(fits).map(\.record.node)
        guard candidates.count > count else { return candidates }
        return Array(candidates.shuffled(using: &self.random).prefix(count))
    }
}
