internal import Telemetry

extension Courier {
    /// Puts a frame into the queue of the node that it goes to.
    mutating func enqueue(_ id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard let entry = self.entries[id], let node = self.route(entry.partition, &effects) else {
            return self.stranded.append(id, at: now)
        }
        self.links[node]?.waiting.append(id, at: now)
    }

    /// The node over whose connection a partition's frames go: its first owner that can be reached, or, where there
    /// are as many connections as there may be, the best one of those.
    private mutating func route(_ partition: Int, _ effects: inout [Effect]) -> NodeID? {
        guard let best = self.placement?.first(of: partition) else { return nil }
        if self.links[best]?.isUsed == true { return best }
        guard self.links.values.count(where: \.isUsed) < self.limits.connectionsMax else {
            return self.placement?.ranking(of: partition).first { self.links[$0]?.isUsed == true }
        }
        let failures = self.links[best]?.failures ?? 0
        self.links[best] = Link(state: .connecting, failures: failures)
        effects.append(.connect(best))
        return best
    }

    /// Sends what the windows allow.
    mutating func pump(at now: Duration, _ effects: inout [Effect]) {
        for node in self.links.keys.sorted() {
            guard var link = self.links[node], link.state == .open, !link.waiting.isEmpty else { continue }
            self.links[node] = nil
            while let first = link.waiting.first {
                guard let entry = self.entries[first.id], entry.place == .waiting else {
                    link.waiting.removeFirst()
                    continue
                }
                // A frame larger than the window goes alone.
                guard link.window > 0,
                    link.outstanding == 0 || link.outstanding + entry.bytes <= link.window
                else { break }
                link.waiting.removeFirst()
                link.outstanding += entry.bytes
                link.sent.append(first.id, at: now)
                self.entries[first.id]?.place = .sent(node)
                effects.append(.send(first.id, to: node))
            }
            self.links[node] = link
        }
    }

    /// Finds every frame that waits its way anew.
    mutating func reroute(at now: Duration, _ effects: inout [Effect]) {
        var waiting = self.stranded.takeAll()
        for node in self.links.keys.sorted() { waiting += self.links[node]?.waiting.takeAll() ?? [] }
        waiting.sort { ($0.at, $0.id) < ($1.at, $1.id) }
        for item in waiting where self.entries[item.id]?.place == .waiting {
            self.enqueue(item.id, at: item.at, &effects)
        }
        self.pump(at: now, &effects)
    }

    /// Gives a connection up; what went over it waits again.
    mutating func fail(_ node: NodeID, at now: Duration, _ effects: inout [Effect]) {
        guard var link = self.links[node] else { return }
        if case .failed = link.state { return }
        let shift = min(link.failures, 16)
        let delay = min(self.limits.reconnectDelay * (1 << shift), self.limits.reconnectDelayMax)
        link.failures += 1
        link.state = .failed(until: now + delay)
        link.outstanding = 0
        for item in link.sent.takeAll() where self.entries[item.id]?.place == .sent(node) {
            self.entries[item.id]?.place = .waiting
            self.stranded.append(item.id, at: item.at)
            self.resentCount += 1
        }
        for item in link.waiting.takeAll() { self.stranded.append(item.id, at: item.at) }
        self.links[node] = link
        self.updateTargets(&effects)
    }

    /// Whom frames can go to, as the view and the connections say; forgets connections to those who are gone.
    mutating func updateTargets(_ effects: inout [Effect]) {
        guard let view = self.view else { return }
        let reachable = view.available.filter { self.links[$0.node]?.isFailed != true }
        // Those who leave take frames still, while nobody else does.
        let staying = reachable.filter(\.isPlaced)
        let chosen = staying.isEmpty ? reachable : staying
        for node in self.links.keys.sorted() where view.record(of: node)?.status.isPresent != true {
            guard let link = self.links[node] else { continue }
            if link.isUsed { effects.append(.disconnect(node)) }
            for item in link.sent.items where self.entries[item.id]?.place == .sent(node) {
                self.entries[item.id]?.place = .waiting
                self.stranded.append(item.id, at: item.at)
                self.resentCount += 1
            }
            for item in link.waiting.items { self.stranded.append(item.id, at: item.at) }
            self.links[node] = nil
        }
        let targets = Set(chosen.map(\.node))
        guard targets != self.targets || self.placement?.parameters != view.parameters else { return }
        self.targets = targets
        let records = chosen.map { record in
            var record = record
            // Whoever is chosen holds a place, whatever it is about to do.
            record.status = .alive
            record.isLeaving = false
            return record
        }
        self.placement = Placement(records, view.parameters)
    }

    /// Forgets the oldest frames of a connection that are answered.
    mutating func dropAnswered(of node: NodeID) {
        while let first = self.links[node]?.sent.first, self.entries[first.id]?.place != .sent(node) {
            self.links[node]?.sent.removeFirst()
        }
    }
}

extension Courier.Link {
    /// Whether it stands or is about to.
    var isUsed: Bool { self.state == .open || self.state == .connecting }

    /// Whether it is not to be tried yet.
    var isFailed: Bool {
        guard case .failed(let until) = self.state else { return false }
        return until > .zero
    }
}
