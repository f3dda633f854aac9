extension Membership {
    /// A control connection stands, in whose handshake both sides showed who they are.
    ///
    /// `record` is what the peer says of itself, `known` what it knows under this member's own name, if anything.
    package mutating func connected(
        to record: MemberRecord,
        knowing known: MemberRecord? = nil,
        at now: Duration
    ) -> [Effect] {
        var effects: [Effect] = []
        if let known { self.acceptAboutLocal(Rumor(known), at: now, &effects) }
        self.accept(Rumor(record), at: now, &effects)
        effects.append(.send(.sync(self.records, isReply: false), to: record.node))
        effects.append(.send(.placement(self.placement), to: record.node))
        return effects
    }

    /// A control connection ended without a goodbye: its member is suspect at once, and asked whether it lives.
    package mutating func connectionLost(to node: NodeID, at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        guard self.local.status != .left, self.record(of: node)?.status.isPresent == true,
            node != self.local.node
        else { return effects }
        self.accuse(node, at: now, &effects)
        self.sendPing(self.prober.nextSequence(), to: node, &effects)
        return effects
    }

    /// Tells everybody that this member hands over and goes.
    package mutating func leave(at now: Duration) -> [Effect] { self.announce(.leaving, at: now) }

    /// Takes back that this member goes; changes nothing where it did not say so, or has said goodbye.
    package mutating func stay(at now: Duration) -> [Effect] {
        guard self.local.isLeaving, self.local.status != .left else { return [] }
        self.local.status = .alive
        self.local.isLeaving = false
        self.local.outbid(self.local)
        self.compareSoon(at: now)
        self.tell(Rumor(self.local), at: now)
        return [.renewed(self.local)]
    }

    /// Says goodbye for a member that is dead and will not come back; should it, it contradicts.
    package mutating func forget(_ node: NodeID, at now: Duration) -> [Effect] {
        guard var record = self.record(of: node), record.status == .dead else { return [] }
        record.status = .left
        var effects: [Effect] = []
        self.accept(Rumor(record), at: now, &effects)
        return effects
    }

    /// Tells everybody goodbye; nothing is said after it.
    package mutating func left(at now: Duration) -> [Effect] {
        var effects = self.announce(.left, at: now)
        // There may be no later tick: everybody hears it now.
        for member in self.members where member.record.status.isPresent {
            effects.append(.send(.gossip([Rumor(self.local)]), to: member.record.node))
        }
        return effects
    }

    private mutating func announce(_ status: MemberStatus, at now: Duration) -> [Effect] {
        guard self.local.status.rawValue < status.rawValue else { return [] }
        self.local.status = status
        self.local.isLeaving = true
        self.local.outbid(self.local)
        self.compareSoon(at: now)
        self.tell(Rumor(self.local), at: now)
        return [.renewed(self.local)]
    }

    /// Takes a message; the sender is who the connection's certificate says.
    package mutating func receive(
        _ message: MembershipMessage,
        from sender: NodeID,
        at now: Duration
    ) -> [Effect] {
        var effects: [Effect] = []
        guard self.local.status != .left else { return effects }
        switch message {
        case .ping(let sequence, let rumors):
            self.accept(rumors, at: now, &effects)
            self.sendAck(sequence, to: sender, &effects)
        case .pingRequest(let sequence, let target, let rumors):
            self.accept(rumors, at: now, &effects)
            self.relay(sequence, to: target, for: sender, at: now, &effects)
        case .ack(let sequence, let responder, let rumors):
            self.accept([Rumor(responder)] + rumors, at: now, &effects)
            self.noteAck(sequence, of: responder, &effects)
        case .nack(let sequence):
            // Late nacks belong to a probe that is over.
            if self.prober.probe?.sequence == sequence { self.prober.probe?.nackCount += 1 }
        case .gossip(let rumors): self.accept(rumors, at: now, &effects)
        case .sync(let records, let isReply):
            self.acceptAll(records, from: sender, at: now, &effects)
            if !isReply { effects.append(.send(.sync(self.records, isReply: true), to: sender)) }
        case .placement(let parameters): self.compare(parameters, from: sender, &effects)
        }
        return effects
    }

    private mutating func sendAck(_ sequence: UInt32, to sender: NodeID, _ effects: inout [Effect]) {
        let rumors = self.takeRumors(for: sender)
        effects.append(.send(.ack(sequence: sequence, responder: self.local, rumors: rumors), to: sender))
    }

    private mutating func relay(
        _ sequence: UInt32,
        to target: NodeID,
        for requester: NodeID,
        at now: Duration,
        _ effects: inout [Effect]
    ) {
        guard target != self.local.node else { return self.sendAck(sequence, to: requester, &effects) }
        guard self.prober.relays.count < Prober.relaysMax else {
            return effects.append(.send(.nack(sequence: sequence), to: requester))
        }
        let own = self.prober.nextSequence()
        // The requester's verdict falls when its interval ends; four fifths of what is left go to the target.
        let wait = (self.options.probeInterval - self.options.probeTimeout) * 4 / 5
        self.prober.relays.append(
            Prober.Relay(
                requester: requester,
                requested: sequence,
                sequence: own,
                nackAt: now + wait,
                endsAt: now + self.options.probeInterval * (self.options.sicknessMax + 1)
            )
        )
        self.sendPing(own, to: target, &effects)
    }

    private mutating func noteAck(_ sequence: UInt32, of responder: MemberRecord, _ effects: inout [Effect]) {
        if let probe = self.prober.probe, probe.sequence == sequence, probe.target == responder.node {
            self.prober.probe = nil
            self.worsen(by: -1)
        }
        for relay in self.prober.relays where relay.sequence == sequence {
            effects.append(
                .send(.ack(sequence: relay.requested, responder: responder, rumors: []), to: relay.requester)
            )
        }
        self.prober.relays.removeAll { $0.sequence == sequence }
    }
}
