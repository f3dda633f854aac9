internal import Cluster
internal import Telemetry

extension World {
    /// An agent sends a frame again after so long without an answer.
    private static let answerTimeout = Duration.seconds(1)
    /// Frames of one agent that are out at once.
    static let windowMax = 64

    /// Adds agents that make so many frames a second until a moment.
    package mutating func addAgents(_ count: Int, framesPerSecond: Int, until end: Duration) {
        for number in 0..<count {
            self.agents.append(VirtualAgent(number, run: RunID(high: self.draw(), low: UInt64(number))))
            self.queue.add(
                .produce(agent: number, every: .seconds(1) / framesPerSecond, until: end),
                at: .seconds(3)
            )
        }
    }

    mutating func produce(_ agent: Int, every interval: Duration, until end: Duration) {
        self.agents[agent].sequence += 1
        let id = FrameID(run: self.agents[agent].run, sequence: self.agents[agent].sequence)
        let hash = ContentHash.hash64(id.run.low, id.sequence)
        let partition = Int(hash % UInt64(Key.partitionCount))
        self.agents[agent].spool.append(VirtualAgent.Spooled(id: id, partition: partition))
        self.madeCount += 1
        if self.now < end {
            self.queue.add(.produce(agent: agent, every: interval, until: end), at: self.now + interval)
        }
        self.send(agent)
    }

    /// Sends what is due of an agent's spool, oldest first.
    mutating func send(_ agent: Int) {
        var soonest: Duration?
        for index in self.agents[agent].spool.indices.prefix(Self.windowMax) {
            let frame = self.agents[agent].spool[index]
            if let retryAt = frame.retryAt, retryAt > self.now {
                soonest = min(soonest ?? retryAt, retryAt)
                continue
            }
            let retryAt = self.now + Self.answerTimeout
            if let known = frame.retryAt, known <= self.now { self.avoidTarget(of: frame, agent) }
            self.agents[agent].spool[index].retryAt = retryAt
            soonest = min(soonest ?? retryAt, retryAt)
            if let node = self.target(of: frame, agent) {
                self.transmit(
                    .frame(frame.id, partition: frame.partition),
                    from: .agent(agent),
                    to: .node(node)
                )
            }
        }
        guard let soonest else { return }
        let at = max(soonest, self.now + .milliseconds(50))
        if let known = self.agents[agent].scheduledSend, known <= at { return }
        self.agents[agent].scheduledSend = at
        self.queue.add(.sendAgain(agent: agent), at: at)
    }

    /// The first owner of a frame's first chunk that is known to answer; a seed where nothing is known yet.
    private func target(of frame: VirtualAgent.Spooled, _ agent: Int) -> Int? {
        let known = self.agents[agent]
        let present = known.view.filter {
            $0.status == .alive && (known.avoided[$0.node] ?? .zero) <= self.now
        }
        guard !present.isEmpty else { return Int(frame.id.sequence) % min(Self.seedCount, self.nodes.count) }
        return Placement.ranking(of: frame.partition, among: present).first.flatMap { self.index(of: $0) }
    }

    private mutating func avoidTarget(of frame: VirtualAgent.Spooled, _ agent: Int) {
        guard let node = self.target(of: frame, agent) else { return }
        let until = self.agents[agent].avoided.updateValue(
            self.now + .seconds(3),
            forKey: self.nodes[node].id
        )
        if until.map({ $0 <= self.now }) ?? true {
            self.transmit(.goodbye, from: .agent(agent), to: .node(node))
        }
    }

    // MARK: - Data streams

    /// Either end of a data stream.
    enum Place: Equatable, Sendable {
        case node(Int)
        case agent(Int)
    }

    /// Sends over a data stream; what cannot arrive is lost, and whoever waits for an answer sends again.
    mutating func transmit(_ message: PeerMessage, from: Place, to: Place) {
        let (left, right) = (self.address(from), self.address(to))
        guard let arrival = self.network.arrival(left, right, at: self.now) else { return }
        self.queue.add(.peer(message, from: from, to: to), at: arrival + self.network.overtaken())
        guard let later = self.network.repeated() else { return }
        var place = to
        // An agent that lost its connection sends through another node.
        if case .frame = message { place = .node(self.network.below(self.nodes.count)) }
        self.queue.add(.peer(message, from: from, to: place), at: arrival + later)
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
        case .agent(let agent): self.deliver(message, toAgent: agent)
        case .node(let index):
            guard self.nodes[index].membership != nil else { return }
            guard !self.nodes[index].isPaused else {
                return self.nodes[index].waiting.append(.peer(message, from: from, to: to))
            }
            self.deliver(message, from: from, toNode: index)
        }
    }

    private mutating func deliver(_ message: PeerMessage, toAgent agent: Int) {
        guard case .answer(let id, let answer, let view) = message else { return }
        self.agents[agent].view = view
        switch answer {
        case .confirmed:
            guard let place = self.agents[agent].spool.firstIndex(where: { $0.id == id }) else { return }
            self.agents[agent].spool.remove(at: place)
            self.agents[agent].confirmedCount += 1
            self.checkReleased(id, by: agent)
        case .accepted, .refused:
            guard let place = self.agents[agent].spool.firstIndex(where: { $0.id == id }) else { return }
            self.agents[agent].spool[place].retryAt = self.now + .seconds(1)
        }
        self.send(agent)
    }

    private mutating func deliver(_ message: PeerMessage, from: Place, toNode index: Int) {
        switch (message, from) {
        case (.frame(let id, let partition), .agent(let agent)):
            self.nodes[index].asked.insert(VirtualNode.Question(frame: id, agent: UInt64(agent)))
            self.replicate(index) { replication, now in
                replication.receive(
                    id,
                    partition: partition,
                    bytes: 1000,
                    from: Replication.Sender(UInt64(agent)),
                    at: now
                )
            }
        case (.goodbye, .agent(let agent)):
            self.nodes[index].asked = self.nodes[index].asked.filter { $0.agent != UInt64(agent) }
            self.replicate(index) { replication, now in
                replication.forget(Replication.Sender(UInt64(agent)), at: now)
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
        _ answer: PeerMessage.Answer,
        _ sender: Replication.Sender,
        from index: Int
    ) {
        self.checkAnswered(id, sender.number, by: index)
        self.note(UInt64(index) << 48 ^ id.sequence << 8 ^ (answer == .confirmed ? 1 : 2))
        if answer == .accepted { self.log.acceptedCount += 1 }
        if answer == .refused { self.log.refusedCount += 1 }
        let view = self.nodes[index].membership?.records ?? []
        self.transmit(.answer(id, answer, view: view), from: .node(index), to: .agent(Int(sender.number)))
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
        guard let records = self.nodes[index].membership?.records else { return }
        let placement = self.placement(over: records)
        let available = Set(records.filter { $0.status == .alive }.map(\.node))
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

    /// The placement over members; made once for each set of them, since nodes agree most of the time.
    private mutating func placement(over records: [MemberRecord]) -> Placement {
        let placed = records.filter(\.isPlaced).map(\.node)
        if let known = self.placements[placed] { return known }
        let placement = Placement(records, self.parameters)
        self.placements[placed] = placement
        return placement
    }
}
