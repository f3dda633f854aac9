internal import Cluster
internal import Telemetry

extension World {
    /// A node that leaves hands over what it owes, but not for longer.
    private static let drainMax = Duration.seconds(PeerProtocol.drainSeconds)
    /// What a node that left sent last is on its way when its process ends.
    private static let farewell = Duration.milliseconds(200)

    mutating func perform(_ fault: Fault) {
        if case .restart(let index) = fault, self.nodes[index].membership != nil {
            // A start of what runs already is none, and excuses nothing; what leaves comes back later.
            self.nodes[index].isToReturn = self.nodes[index].leavingSince != nil
            return
        }
        if case .pause(let index) = fault, self.nodes[index].membership == nil { return }
        self.troubles.note(fault, at: self.now)
        self.note(UInt64(fault.kind) << 56)
        switch fault {
        case .crash(let index): self.crash(index)
        case .restart(let index): self.restart(index)
        case .wipe(let index): self.wipe(index)
        case .pause(let index): self.nodes[index].isPaused = true
        case .resume(let index): self.resume(index)
        case .join(let index): self.join(index)
        case .leave(let index): self.leave(index)
        case .drain(let index, let ending): self.drain(index, ending)
        case .rejoin(let index): self.rejoin(index)
        case .forget(let index): self.forget(index)
        case .purge(let index, let traces): self.purge(index, traces: traces)
        case .replicate(let index, let copies): self.replicate(index, copies: copies)
        case .crashAgent(let agent): self.crashAgent(agent)
        case .restartAgent(let agent): self.restartAgent(agent)
        case .split, .cut, .mend, .heal: self.performOnLinks(fault)
        case .loss(let perMille): self.network.conditions.lossPerMille = perMille
        case .duplicates(let perMille): self.network.conditions.duplicatesPerMille = perMille
        case .reordering(let perMille): self.network.conditions.reorderingPerMille = perMille
        case .slowDisk(let index, let factor): self.nodes[index].disk.slowness = max(1, factor)
        case .fullDisk(let index): self.nodes[index].disk.isFull = true
        case .healDisk(let index):
            self.nodes[index].disk.isFull = false
            self.nodes[index].disk.slowness = 1
            self.nodes[index].isLying = false
        case .rot(let index, let perMille): self.rot(index, perMille: perMille)
        case .rotEverywhere(let perMille):
            for index in self.nodes.indices { self.rot(index, perMille: perMille, isEverywhere: true) }
        case .skew(let index, let milliseconds):
            self.nodes[index].wallOffset = Int64(milliseconds) * 1_000_000
        case .lie(let index): self.nodes[index].isLying = true
        }
    }

    private mutating func performOnLinks(_ fault: Fault) {
        let former = self.network
        switch fault {
        case .split(let groups): self.network.split(groups)
        case .cut(let from, let to): self.network.cut(from: from, to: to)
        case .mend(let from, let to): self.network.mend(from: from, to: to)
        default: self.network.heal()
        }
        let network = self.network
        self.troubles.noteLinks(self.nodes.count, at: self.now) { network.reaches($0, $1) }
        for index in self.nodes.indices {
            for other in self.nodes.indices where other != index {
                let isOpen = network.reaches(index, other) && network.reaches(other, index)
                guard isOpen, !(former.reaches(index, other) && former.reaches(other, index)) else {
                    continue
                }
                self.meet(index, other)
            }
        }
    }

    /// Bytes pass both ways again, so a link is opened anew.
    private mutating func meet(_ index: Int, _ other: Int) {
        let node = self.nodes[other].id
        self.repair(index) { repair, now in
            repair.met(node, at: now)
            return []
        }
    }

    /// The process is gone; whoever can be reached sees its streams end within milliseconds.
    private mutating func crash(_ index: Int) {
        for (peer, stream) in self.nodes[index].streams.sorted(by: { $0.key < $1.key }) {
            let delay =
                self.network.reaches(index, peer)
                ? self.network.moment() + .milliseconds(1) : self.network.conditions.userTimeout
            self.queue.add(.streamEnd(at: peer, of: index, stream: stream), at: self.now + delay)
        }
        self.loseGuests(of: index)
        self.tear(index)
        self.nodes[index].end()
        self.network.forget(index)
    }

    private mutating func wipe(_ index: Int) {
        self.log.wipedCount += 1
        self.crash(index)
        self.log.lostTotalCount += self.nodes[index].disk.spool.count
        self.nodes[index].disk.wipe(at: self.now)
    }

    private mutating func join(_ index: Int) {
        guard index == self.nodes.count else { return }
        self.addNode(index)
        self.restart(index)
    }

    private mutating func replicate(_ index: Int, copies: Int) {
        guard self.nodes[index].isRunning,
            let parameters = self.nodes[index].membership?.placement.changed(replication: copies)
        else { return }
        self.drive(index) { membership, _ in membership.place(by: parameters) }
    }

    // MARK: - Leaving

    mutating func leave(_ index: Int) {
        guard self.nodes[index].isRunning, self.nodes[index].leavingSince == nil else { return }
        self.nodes[index].leavingSince = self.now
        self.nodes[index].isToReturn = false
        // A node that is alone hands over to nobody, and its own copy has to count to the last.
        if self.hasCompany(index) { self.drive(index) { membership, now in membership.leave(at: now) } }
        self.queue.add(.leaving(index, boot: self.nodes[index].boots), at: self.now + Self.farewell)
    }

    /// Says goodbye once everything is handed over, and ends a moment later.
    mutating func leaving(_ index: Int, boot: UInt64) {
        let node = self.nodes[index]
        guard node.boots == boot, let since = node.leavingSince, let membership = node.membership else {
            return
        }
        let isDrained = node.replication?.isDrained ?? true
        if membership.local.status == .left {
            self.crash(index)
            if node.draining == .isDiscarded {
                self.log.lostTotalCount += node.disk.spool.count
                self.nodes[index].disk.discard(node.handedOver, at: self.now)
            }
            if node.isToReturn { self.perform(.restart(index)) }
            return
        }
        if !node.isPaused, isDrained || !self.hasCompany(index) || since + Self.drainMax <= self.now {
            if isDrained { self.checkGoodbye(of: index) }
            self.drive(index) { membership, now in membership.left(at: now) }
        }
        self.queue.add(.leaving(index, boot: boot), at: self.now + Self.farewell)
    }

    /// Whether another node is there that could take something.
    func hasCompany(_ index: Int) -> Bool {
        let node = self.nodes[index]
        return node.membership?.view.available.contains { $0.node != node.id } ?? false
    }

    mutating func restart(_ index: Int) {
        guard self.nodes[index].membership == nil else { return }
        self.nodes[index].disk.epoch += 1
        self.nodes[index].boots += 1
        self.nodes[index].started = self.now
        self.setClock(of: index)
        let record = MemberRecord(
            node: self.nodes[index].id,
            epoch: self.nodes[index].disk.epoch,
            run: self.draw(),
            address: "\(self.nodes[index].id):7940",
            zone: self.nodes[index].zone
        )
        self.nodes[index].membership = Membership(
            record,
            placement: self.nodes[index].disk.placement ?? self.parameters,
            options: self.options,
            seed: self.draw(),
            at: .zero
        )
        self.viewChanged(index)
        self.drive(index, .timer) { membership, now in membership.tick(at: now) }
        self.dialAll(index)
        self.openDoor(of: index)
    }

    private mutating func resume(_ index: Int) {
        guard self.nodes[index].isPaused else { return }
        self.nodes[index].isPaused = false
        let waiting = self.nodes[index].waiting
        self.nodes[index].waiting = []
        for event in waiting { self.queue.add(event, at: self.now) }
        self.drive(index, .timer) { membership, now in membership.tick(at: now) }
        self.repairTimePassed(index)
        self.total(index) { totals, clock in totals.tick(at: clock) }
    }
}

extension Fault {
    /// A number for the trace.
    var kind: UInt8 {
        switch self {
        case .crash: 1
        case .restart: 2
        case .wipe: 3
        case .pause: 4
        case .resume: 5
        case .join: 6
        case .leave: 7
        case .split: 8
        case .cut: 9
        case .heal: 10
        case .loss: 11
        case .duplicates: 12
        case .reordering: 13
        case .slowDisk: 14
        case .fullDisk: 15
        case .healDisk: 16
        case .replicate: 17
        case .crashAgent: 18
        case .restartAgent: 19
        case .mend: 24
        case .rot: 20
        case .rotEverywhere: 21
        case .skew: 22
        case .lie: 23
        case .purge: 25
        case .drain: 26
        case .rejoin: 27
        case .forget: 28
        }
    }
}
