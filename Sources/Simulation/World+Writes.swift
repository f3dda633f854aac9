internal import Cluster
internal import Telemetry

extension World {
    // MARK: - Data streams

    /// Either end of a data stream.
    enum Place: Equatable, Sendable {
        case node(Int)
        case agent(Int)
    }

    /// Sends over a data stream; what cannot arrive is lost, and whoever waits for an answer sends again.
    mutating func transmit(_ message: PeerMessage, from: Place, to: Place) {
        let (left, right) = (self.address(from), self.address(to))
        guard let arrival = self.network.arrival(left, right, at: self.now) else {
            return self.cut(message, from: from, to: to)
        }
        self.queue.add(.peer(message, from: from, to: to), at: arrival + self.network.overtaken())
        guard let later = self.network.repeated() else { return }
        var (message, place) = (message, to)
        // An agent that lost its connection sends through another node, and then hears no more of it.
        if case .frame(let id, let partition, _) = message {
            message = .frame(id, partition: partition, stream: 0)
            place = .node(self.network.below(self.nodes.count))
        }
        self.queue.add(.peer(message, from: from, to: place), at: arrival + later)
    }

    /// Nobody acknowledges: the system of the side that is an agent, or is told by one, gives the connection up.
    private mutating func cut(_ message: PeerMessage, from: Place, to: Place) {
        let end = self.now + self.network.conditions.userTimeout
        switch (message, from, to) {
        case (.frame(_, _, let stream), .agent(let agent), .node(let index)),
            (.answer(_, _, let stream), .node(let index), .agent(let agent)),
            (.view(_, let stream), .node(let index), .agent(let agent)):
            self.queue.add(.lost(index, agent: agent, stream: stream), at: end)
        default: break
        }
    }

    /// Agents stand behind the nodes in the network.
    private func address(_ place: Place) -> Int {
        switch place {
        case .node(let index): index
        case .agent(let index): 100_000 + index
        }
    }

    mutating func deliver(_ message: PeerMessage, from: Place, to: Place) {
        switch to {
        case .agent(let agent):
            if case .node(let index) = from { self.deliver(message, toAgent: agent, from: index) }
        case .node(let index):
            guard self.nodes[index].membership != nil else { return }
            guard !self.nodes[index].isPaused else {
                return self.nodes[index].waiting.append(.peer(message, from: from, to: to))
            }
            self.deliver(message, from: from, toNode: index)
        }
    }

    private mutating func deliver(_ message: PeerMessage, from: Place, toNode index: Int) {
        switch (message, from) {
        case (.frame(let id, let partition, let stream), .agent(let agent)):
            self.lastSender += 1
            let sender = Replication.Sender(self.lastSender)
            self.nodes[index].asked[sender.number] = .init(frame: id, agent: agent, stream: stream)
            self.replicate(index) { replication, now in
                replication.receive(id, partition: partition, bytes: Self.frameBytes, from: sender, at: now)
            }
        case (.goodbye(let stream), .agent):
            self.nodes[index].guests[stream] = nil
            for (sender, question) in self.nodes[index].asked.sorted(by: { $0.key < $1.key })
            where question.stream == stream {
                self.nodes[index].asked[sender] = nil
                self.replicate(index) { replication, now in
                    replication.forget(Replication.Sender(sender), at: now)
                }
            }
        case (.copy(let id), .node(let sender)):
            self.queue.add(
                .written(id, at: index, boot: self.nodes[index].boots, copyFor: sender),
                at: self.now + self.diskDelay(of: index)
            )
        case (.copyAnswer(let id, let isHeld), .node(let sender)):
            let node = self.nodes[sender].id
            self.replicate(index) { replication, now in
                isHeld
                    ? replication.acknowledged(id, by: node, at: now)
                    : replication.refused(id, by: node, at: now)
            }
        default: break
        }
    }

    // MARK: - The core and its disk

    mutating func writeTick(_ index: Int) {
        guard self.nodes[index].scheduledWriteTick == self.now else { return }
        self.nodes[index].scheduledWriteTick = nil
        // A process that stands still looks at its clock when it goes on.
        guard !self.nodes[index].isPaused else {
            self.nodes[index].scheduledWriteTick = self.now + .seconds(1)
            return self.queue.add(.writeTick(index), at: self.now + .seconds(1))
        }
        self.replicate(index) { replication, now in replication.tick(at: now) }
    }

    /// Passes an input to a node's write path and performs what it asks for.
    mutating func replicate(_ index: Int, _ input: (inout Replication, Duration) -> [Replication.Effect]) {
        guard var replication = self.nodes[index].replication.take() else { return }
        let effects = input(&replication, self.now - self.nodes[index].started)
        self.nodes[index].replication = replication
        for effect in effects { self.perform(effect, of: index) }
        if let deadline = self.nodes[index].replication?.deadline {
            let at = max(self.nodes[index].started + deadline, self.now + .milliseconds(1))
            if let known = self.nodes[index].scheduledWriteTick, known <= at, known > self.now { return }
            self.nodes[index].scheduledWriteTick = at
            self.queue.add(.writeTick(index), at: at)
        }
    }

    private mutating func perform(_ effect: Replication.Effect, of index: Int) {
        switch effect {
        case .append(let id):
            self.queue.add(
                .written(id, at: index, boot: self.nodes[index].boots, copyFor: nil),
                at: self.now + self.diskDelay(of: index)
            )
        case .copy(let id, let node), .copyFromLog(let id, let node):
            if case .copyFromLog = effect { self.log.owedCopyCount += 1 }
            if let peer = self.index(of: node) {
                self.transmit(.copy(id), from: .node(index), to: .node(peer))
            }
        case .confirm(let id, let sender):
            self.checkConfirmed(id, by: index)
            self.answer(id, .confirmed, sender, from: index)
        case .accept(let id, let sender): self.answer(id, .accepted, sender, from: index)
        case .refuse(let id, let sender, _): self.answer(id, .refused, sender, from: index)
        case .release: break
        }
    }

    private mutating func answer(
        _ id: FrameID,
        _ verdict: Outcome.Verdict,
        _ sender: Replication.Sender,
        from index: Int
    ) {
        self.note(UInt64(index) << 48 ^ id.sequence << 8 ^ (verdict == .confirmed ? 1 : 2))
        if verdict == .accepted { self.log.acceptedCount += 1 }
        if verdict == .refused { self.log.refusedCount += 1 }
        guard let question = self.checkAnswered(id, sender, by: index) else { return }
        self.transmit(
            .answer(id, verdict, stream: question.stream),
            from: .node(index),
            to: .agent(question.agent)
        )
    }

    /// A group commit reached the disk, or was refused; what a crash interrupted is not there.
    mutating func written(_ id: FrameID, at index: Int, boot: UInt64, copyFor sender: Int?) {
        guard self.nodes[index].membership != nil, self.nodes[index].boots == boot else { return }
        let isHeld = !self.nodes[index].disk.isFull || self.nodes[index].disk.frames.contains(id)
        if isHeld { self.nodes[index].disk.frames.insert(id) }
        self.note(UInt64(index) << 48 ^ id.sequence << 8 ^ (isHeld ? 3 : 4))
        if let sender {
            self.transmit(.copyAnswer(id, isHeld: isHeld), from: .node(index), to: .node(sender))
        } else {
            self.replicate(index) { replication, now in replication.appended(id, isSafe: isHeld, at: now) }
        }
    }

    private mutating func diskDelay(of index: Int) -> Duration {
        (.milliseconds(1) + self.network.moment() * 4) * self.nodes[index].disk.slowness
    }

    /// A node's picture of the members changed: its write path hears of it.
    mutating func viewChanged(_ index: Int) {
        guard let view = self.nodes[index].membership?.view else { return }
        self.tellGuests(of: index, view)
        let placement = self.placement(of: view)
        let available = Set(view.records.filter { $0.status == .alive }.map(\.node))
        guard self.nodes[index].replication != nil else {
            self.nodes[index].replication = Replication(
                local: self.nodes[index].id,
                placement: placement,
                available: available,
                limits: self.limits
            )
            return
        }
        self.replicate(index) { replication, now in
            replication.viewChanged(placement, available: available, at: now)
        }
    }

    /// The placement that a view means; made once for each, since nodes agree most of the time.
    private mutating func placement(of view: ClusterView) -> Placement {
        let key = PlacementKey(
            placed: view.records.filter(\.isPlaced).map(\.node),
            copies: view.parameters.replication,
            version: view.parameters.version
        )
        if let known = self.placements[key] { return known }
        let placement = Placement(view.records, view.parameters)
        self.placements[key] = placement
        return placement
    }
}

/// What a placement follows from, where all nodes are of one zone and wait for the same number of copies.
struct PlacementKey: Hashable, Sendable {
    var placed: [NodeID]
    var copies: Int
    var version: UInt64
}
