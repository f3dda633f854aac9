internal import Telemetry

extension Membership {
    mutating func accept(_ rumors: [Rumor], at now: Duration, _ effects: inout [Effect]) {
        for rumor in rumors { self.accept(rumor, at: now, &effects) }
    }

    /// Everything a peer knows; whom it takes for dead is only suspect here until we have asked ourselves.
    mutating func acceptAll(
        _ records: [MemberRecord],
        from sender: NodeID,
        at now: Duration,
        _ effects: inout [Effect]
    ) {
        for record in records {
            var record = record
            if record.status == .dead, self.record(of: record.node)?.status.isPresent == true {
                record.status = .suspect
            }
            self.accept(Rumor(record, accuser: record.status == .suspect ? sender : nil), at: now, &effects)
        }
    }

    /// Takes one rumor; an older one than what is known changes nothing.
    mutating func accept(_ rumor: Rumor, at now: Duration, _ effects: inout [Effect]) {
        let record = rumor.record
        guard record.node != self.local.node else { return self.acceptAboutLocal(rumor, at: now, &effects) }
        guard let index = self.index(of: record.node) else { return self.insert(rumor, at: now, &effects) }
        let known = self.members[index].record
        guard !record.leaps(over: known) else { return }
        if record.supersedes(known) {
            self.members[index].record = record
            self.noteStatus(of: index, rumor, at: now)
            self.noteChange(rumor, at: now)
            effects.append(.changed(record, from: known.status))
        } else if record.status == .suspect, let accuser = rumor.accuser,
            (record.epoch, record.incarnation) == (known.epoch, known.incarnation),
            self.members[index].suspicion?.confirm(by: accuser) == true
        {
            self.lastChange = now
            self.tell(rumor, at: now)
        }
    }

    private mutating func noteChange(_ rumor: Rumor, at now: Duration) {
        self.lastChange = now
        self.compareSoon(at: now)
        self.tell(rumor, at: now)
    }

    private mutating func insert(_ rumor: Rumor, at now: Duration, _ effects: inout [Effect]) {
        // Whoever is gone and not known here is no loss, and would never be forgotten if all told each other anew.
        guard rumor.record.status.isPresent, !rumor.record.leaps(over: nil) else { return }
        guard self.members.count < self.options.membersMax || self.forgetOldest() else { return }
        let place = self.place(of: rumor.record.node)
        self.members.insert(Member(record: rumor.record), at: place)
        self.noteStatus(of: place, rumor, at: now)
        // Joins the round that is on at a random place, so that its turn does not depend on its name.
        self.prober.round.insert(rumor.record.node, at: self.random.below(self.prober.round.count + 1))
        self.noteChange(rumor, at: now)
        effects.append(.changed(rumor.record, from: nil))
    }

    /// Makes room for a member that lives by forgetting the one that is gone longest; false where all are present.
    private mutating func forgetOldest() -> Bool {
        let gone = self.members.indices.filter { self.members[$0].goneSince != nil }
        let oldest = gone.min {
            (self.members[$0].goneSince ?? .zero, $0) < (self.members[$1].goneSince ?? .zero, $1)
        }
        guard let oldest else { return false }
        self.members.remove(at: oldest)
        return true
    }

    private mutating func noteStatus(of index: Int, _ rumor: Rumor, at now: Duration) {
        switch rumor.record.status {
        case .suspect:
            self.members[index].suspicion = Suspicion(
                by: rumor.accuser ?? self.local.node,
                size: self.presentCount,
                self.options,
                at: now
            )
        case .dead, .left:
            self.members[index].suspicion = nil
            if self.members[index].goneSince == nil { self.members[index].goneSince = now }
        case .alive, .leaving:
            self.members[index].suspicion = nil
            self.members[index].goneSince = nil
            // Rumors may have waited for anybody to tell them to.
            if self.nextGossip == nil, !self.rumors.isEmpty {
                self.nextGossip = now + self.options.gossipInterval
            }
        }
    }

    /// Takes a member for suspect, or adds this member to those who do.
    mutating func accuse(_ node: NodeID, at now: Duration, _ effects: inout [Effect]) {
        guard var record = self.record(of: node), record.status.isPresent else { return }
        record.status = .suspect
        self.accept(Rumor(record, accuser: self.local.node), at: now, &effects)
    }

    /// Contradicts what is said of this member, and takes a higher epoch where an earlier process had its own.
    mutating func acceptAboutLocal(_ rumor: Rumor, at now: Duration, _ effects: inout [Effect]) {
        let record = rumor.record
        guard self.local.status != .left else { return }
        if record.run != self.local.run, record.epoch >= self.local.epoch {
            // An earlier process of ours is met once, by each peer that still knows it; one that lives answers
            // each new epoch with a higher one.
            guard self.noteClash(at: now), !record.leaps(over: self.local) else {
                return effects.append(.clash(record))
            }
            self.local.epoch = record.epoch + 1
            self.local.incarnation = 0
        } else if record.supersedes(self.local)
            || (record.status.rawValue > self.local.status.rawValue && record.epoch == self.local.epoch
                && record.incarnation == self.local.incarnation)
        {
            guard !record.leaps(over: self.local) else { return effects.append(.clash(record)) }
            self.local.outbid(record)
            self.worsen()
        } else {
            return
        }
        self.compareSoon(at: now)
        self.tell(Rumor(self.local), at: now)
        effects.append(.renewed(self.local))
    }

    /// Counts another process under this name; false where too many were met lately.
    private mutating func noteClash(at now: Duration) -> Bool {
        if now - self.lastClash >= Self.clashMemory { self.clashes = 0 }
        self.lastClash = now
        self.clashes += 1
        return self.clashes <= Self.clashesMax
    }

    /// So many times another process under this name is outbid before this one gives up.
    static let clashesMax = 8
    /// Two processes that live meet more often than this: after it, an earlier one is met for the first time.
    static let clashMemory = Duration.seconds(60)
}
