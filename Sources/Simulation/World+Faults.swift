internal import Cluster

extension World {
    mutating func perform(_ fault: Fault) {
        // A start of what runs already is none, and excuses nothing.
        if case .restart(let index) = fault, self.nodes[index].membership != nil { return }
        self.troubles.note(fault, at: self.now)
        switch fault {
        case .crash(let index): self.crash(index)
        case .restart(let index): self.restart(index)
        case .pause(let index): self.nodes[index].isPaused = true
        case .resume(let index): self.resume(index)
        case .split(let groups): self.network.split(groups)
        case .cut(let from, let to): self.network.cut(from: from, to: to)
        case .heal: self.network.heal()
        case .loss(let perMille): self.network.conditions.lossPerMille = perMille
        case .leave(let index):
            self.drive(index) { membership, now in membership.leave(at: now) }
            self.drive(index) { membership, now in membership.left(at: now) }
        }
    }

    /// The process is gone; whoever can be reached sees its streams end within milliseconds.
    private mutating func crash(_ index: Int) {
        self.nodes[index].membership = nil
        self.nodes[index].replication = nil
        self.nodes[index].scheduledWriteTick = nil
        self.nodes[index].isPaused = false
        self.nodes[index].waiting = []
        self.nodes[index].scheduledTick = nil
        self.nodes[index].scheduledDial = nil
        for (peer, stream) in self.nodes[index].streams.sorted(by: { $0.key < $1.key }) {
            let delay =
                self.network.reaches(index, peer)
                ? self.network.moment() + .milliseconds(1) : self.network.conditions.userTimeout
            self.queue.add(.streamEnd(at: peer, of: index, stream: stream), at: self.now + delay)
        }
        self.nodes[index].streams = [:]
        self.network.forget(index)
    }

    private mutating func restart(_ index: Int) {
        guard self.nodes[index].membership == nil else { return }
        self.nodes[index].epoch += 1
        self.nodes[index].boots += 1
        self.nodes[index].started = self.now
        let record = MemberRecord(
            node: self.nodes[index].id,
            epoch: self.nodes[index].epoch,
            run: self.draw(),
            address: "\(self.nodes[index].id):7940",
            zone: self.nodes[index].zone
        )
        self.nodes[index].membership = Membership(record, options: self.options, seed: self.draw(), at: .zero)
        self.viewChanged(index)
        self.drive(index) { membership, now in membership.tick(at: now) }
        self.dialAll(index)
    }

    private mutating func resume(_ index: Int) {
        guard self.nodes[index].isPaused else { return }
        self.nodes[index].isPaused = false
        let waiting = self.nodes[index].waiting
        self.nodes[index].waiting = []
        for event in waiting { self.queue.add(event, at: self.now) }
        self.drive(index) { membership, now in membership.tick(at: now) }
    }
}
