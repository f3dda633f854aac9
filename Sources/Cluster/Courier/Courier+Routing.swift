internal import Telemetry

extension Courier {
    // MARK: - Ways

    /// Puts a frame into the queue of the node that it goes to.
    mutating func enqueue(_ id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard let entry = self.entries[id] else { return }
        let node = self.route(entry, at: now, &effects)
        let item = FrameQueue.Item(id: id, turn: self.move(id, to: .waiting), at: now)
        if let node {
            self.links[node]?.waiting.append(item)
        } else {
            self.stranded.append(item)
        }
    }

    /// The node over whose connection a frame goes: its first owner that can be reached, or, where there are as many
    /// connections as there may be, the best one of those.
    private mutating func route(_ entry: Entry, at now: Duration, _ effects: inout [Effect]) -> NodeID? {
        guard let best = self.best(entry) else { return nil }
        if self.links[best]?.isUsed == true { return best }
        guard
            self.links.values.count(where: \.isUsed) < self.limits.connectionsMax
                || self.evict(at: now, &effects)
        else {
            let order = self.placement?.ranking(of: entry.partition) ?? []
            return order.first { self.links[$0]?.isUsed == true } ?? self.spares.first
        }
        self.links[best, default: Link()].state = .connecting
        effects.append(.connect(best))
        return best
    }

    /// Whom a frame goes to: the first of the ranking, and the next one each time that one did not confirm it.
    private func best(_ entry: Entry) -> NodeID? {
        guard let placement = self.placement else { return self.spares.first }
        let turn = entry.tries / self.limits.triesPerNode
        guard turn > 0 else { return placement.first(of: entry.partition) ?? self.spares.first }
        let order = placement.ranking(of: entry.partition) + self.spares
        return order.isEmpty ? nil : order[turn % order.count]
    }

    /// Ends a connection to somebody who takes no frames, for one to somebody who does; its frames are found another way
    /// when that one stands or fails.
    private mutating func evict(at now: Duration, _ effects: inout [Effect]) -> Bool {
        let useless = self.links.keys.sorted().filter {
            self.links[$0]?.isUsed == true && !self.targets.contains($0) && !self.spares.contains($0)
        }
        guard let node = useless.first(where: { self.links[$0]?.outstanding == 0 }) ?? useless.first else {
            return false
        }
        self.drop(node, at: now, &effects)
        return true
    }

    /// Makes room for a connection that already stands; false where all others stand as well and are of use.
    mutating func makeRoom(at now: Duration, _ effects: inout [Effect]) -> Bool {
        guard self.links.values.count(where: \.isUsed) >= self.limits.connectionsMax else { return true }
        if self.evict(at: now, &effects) { return true }
        let pending = self.links.keys.sorted().first { self.links[$0]?.state == .connecting }
        guard let pending else { return false }
        self.drop(pending, at: now, &effects)
        return true
    }

    /// Finds those frames their way anew for which nobody was found, or who wait for somebody who takes none any more;
    /// or all that wait.
    mutating func reroute(all isAll: Bool = false, at now: Duration, _ effects: inout [Effect]) {
        var waiting = Array(self.stranded.takeAll())
        for node in self.links.keys.sorted() where isAll || !self.takes(node) {
            waiting += self.links[node]?.waiting.takeAll() ?? []
        }
        let frames: [(number: UInt64, id: FrameID)] = waiting.compactMap { item in
            guard let entry = self.entries[item.id], entry.turn == item.turn else { return nil }
            return (entry.number, item.id)
        }
        for frame in frames.sorted(by: { $0.number < $1.number }) {
            self.enqueue(frame.id, at: now, &effects)
        }
        self.pump(at: now, &effects)
    }

    private func takes(_ node: NodeID) -> Bool {
        self.links[node]?.isUsed == true && (self.targets.contains(node) || self.spares.contains(node))
    }

    /// Sends what the windows allow.
    mutating func pump(at now: Duration, _ effects: inout [Effect]) {
        for node in self.links.keys.sorted() {
            guard let index = self.links.index(forKey: node) else { continue }
            guard self.links.values[index].state == .open else { continue }
            while let first = self.links.values[index].waiting.first {
                guard let entry = self.entries[first.id], entry.turn == first.turn else {
                    self.links.values[index].waiting.removeFirst()
                    continue
                }
                let (window, outstanding) = (
                    self.links.values[index].window, self.links.values[index].outstanding
                )
                // A frame larger than the window goes alone.
                guard window > 0, outstanding == 0 || outstanding + entry.bytes <= window else { break }
                self.links.values[index].waiting.removeFirst()
                self.links.values[index].outstanding += entry.bytes
                self.links.values[index].out[first.id] = entry.bytes
                let turn = self.move(first.id, to: .sent(node))
                self.links.values[index].sent.append(.init(id: first.id, turn: turn, at: now))
                effects.append(.send(first.id, to: node))
            }
        }
    }

    // MARK: - Connections

    /// Notes that a connection is gone; what went over it is stranded until it is rerouted.
    mutating func fail(_ node: NodeID, at now: Duration) {
        guard var link = self.links.removeValue(forKey: node) else { return }
        self.strand(&link, at: now)
        let delay = self.limits.reconnectDelay * (1 << min(link.failures, 16))
        link.failures += 1
        link.state = .failed(until: now + min(delay, self.limits.reconnectDelayMax))
        self.links[node] = link
    }

    /// Ends a connection that is of no use.
    private mutating func drop(_ node: NodeID, at now: Duration, _ effects: inout [Effect]) {
        guard var link = self.links.removeValue(forKey: node) else { return }
        self.strand(&link, at: now)
        if link.isUsed { effects.append(.disconnect(node)) }
    }

    private mutating func strand(_ link: inout Link, at now: Duration) {
        link.outstanding = 0
        link.out = [:]
        for item in link.sent.takeAll() where self.entries[item.id]?.turn == item.turn {
            self.stranded.append(.init(id: item.id, turn: self.move(item.id, to: .waiting), at: now))
            self.resentCount += 1
        }
        for item in link.waiting.takeAll() { self.stranded.append(item) }
    }

    /// Forgets nodes that are members no more; over a connection that stands frames go still, since who cannot be
    /// reached by others may be reached from here.
    mutating func dropTheGone(at now: Duration, _ effects: inout [Effect]) {
        guard let view = self.view else { return }
        for node in self.links.keys.sorted() {
            let status = view.record(of: node)?.status
            if status?.isPresent == true || status == .dead && self.links[node]?.state == .open { continue }
            self.drop(node, at: now, &effects)
        }
    }

    /// Whom frames can go to, as the view and the connections say.
    ///
    /// - Returns: Whether that changed.
    @discardableResult mutating func updateTargets() -> Bool {
        guard let view = self.view else { return false }
        let reachable = view.available.filter { self.links[$0.node]?.isFailed != true }
        // Those who leave take frames still, while nobody else does.
        let staying = reachable.filter(\.isPlaced)
        let chosen = staying.isEmpty ? reachable : staying
        self.spares = view.records.filter {
            ($0.status == .suspect || $0.status == .dead) && self.links[$0.node]?.state == .open
        }.map(\.node)
        let targets = Set(chosen.map(\.node))
        guard targets != self.targets || self.placement?.parameters != view.parameters else { return false }
        self.targets = targets
        let records = chosen.map { record in
            var record = record
            // Whoever is chosen holds a place, whatever it is about to do.
            record.status = .alive
            record.isLeaving = false
            return record
        }
        self.placement = Placement(records, view.parameters)
        return true
    }

    /// Forgets the oldest frames of a connection that are answered.
    mutating func dropAnswered(of node: NodeID) {
        while let first = self.links[node]?.sent.first, self.entries[first.id]?.turn != first.turn {
            self.links[node]?.sent.removeFirst()
        }
    }
}
