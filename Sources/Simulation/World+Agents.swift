internal import Cluster
internal import Telemetry

extension World {
    /// Bytes of every frame.
    static let frameBytes = 1000
    /// Frames over one connection that may be unanswered.
    static let windowMax = 64
    /// Nobody answers a call for so long.
    private static let connectTimeout = Duration.seconds(PeerProtocol.connectTimeoutSeconds)
    /// A seed is asked so often.
    private static let seedInterval = Duration.milliseconds(250)

    /// Adds agents that make so many frames a second until a moment.
    package mutating func addAgents(_ count: Int, framesPerSecond: Int, until end: Duration) {
        for number in 0..<count {
            self.agents.append(VirtualAgent(number, run: self.newRun(of: .agent(number))))
            self.agents[number].clockOffset = Int64(self.network.below(2_000_000_000)) - 1_000_000_000
            self.queue.add(
                .closeWindow(agent: number, until: end),
                at: Self.untilNextWindow(self.clock(ofAgent: number)) + .milliseconds(50)
            )
            self.queue.add(
                .produce(agent: number, every: .seconds(1) / framesPerSecond, until: end),
                at: .seconds(3)
            )
        }
    }

    mutating func produce(_ agent: Int, every interval: Duration, until end: Duration) {
        if self.now < end {
            self.queue.add(.produce(agent: agent, every: interval, until: end), at: self.now + interval)
        }
        guard self.agents[agent].isRunning else { return }
        let id = self.book.add(self.agents[agent].run, created: self.clock(ofAgent: agent))
        self.agents[agent].sequence = id.sequence
        self.count(id, ofAgent: agent)
        self.agents[agent].spool.append(id)
        self.agents[agent].madeCount += 1
        self.madeCount += 1
        let parcel = self.parcel(id)
        self.bring(agent) { courier, now in courier.add([parcel], at: now) }
    }

    /// A process that makes frames begins.
    mutating func newRun(of owner: Run.Owner) -> RunID {
        let id = RunID(high: self.draw(), low: UInt64(self.runs.count))
        self.runs.append(Run(id: id, owner: owner))
        return id
    }

    func parcel(_ id: FrameID) -> Courier.Parcel {
        Courier.Parcel(id: id, partition: self.book.facts(of: id).partition, bytes: Self.frameBytes)
    }

    /// The process dies, and its system closes its connections.
    mutating func crashAgent(_ agent: Int) {
        guard self.agents.indices.contains(agent), self.agents[agent].isRunning else { return }
        for (index, link) in self.agents[agent].links.sorted(by: { $0.key < $1.key }) {
            self.transmit(.goodbye(stream: link.stream), from: .agent(agent), to: .node(index))
        }
        self.agents[agent].end()
    }

    /// Another process begins with what the spool holds.
    mutating func restartAgent(_ agent: Int) {
        guard self.agents.indices.contains(agent), !self.agents[agent].isRunning else { return }
        self.agents[agent].begin(self.newRun(of: .agent(agent)))
        let parcels = self.agents[agent].spool.map { self.parcel($0) }
        self.bring(agent) { courier, now in courier.add(parcels, at: now) }
        self.close(agent: agent)
    }

    // MARK: - The core

    /// Passes an input to an agent's courier and performs what it asks for.
    mutating func bring(_ agent: Int, _ input: (inout Courier, Duration) -> [Courier.Effect]) {
        let effects = input(&self.agents[agent].courier, self.now)
        for effect in effects {
            switch effect {
            case .connect(let node):
                if let index = self.index(of: node) { self.call(index, from: agent) }
            case .disconnect(let node):
                if let index = self.index(of: node) { self.hangUp(on: index, agent) }
            case .send(let id, let node): self.send(id, to: node, agent)
            case .release(let id, let verdict): self.release(id, verdict, agent)
            }
        }
        self.scheduleTick(of: agent)
    }

    private mutating func scheduleTick(of agent: Int) {
        if self.agents[agent].courier.needsSeeds, !self.agents[agent].isAskingSeed {
            self.agents[agent].isAskingSeed = true
            self.queue.add(.askSeed(agent: agent), at: self.now + Self.seedInterval)
        }
        guard let deadline = self.agents[agent].courier.deadline else { return }
        let at = max(deadline, self.now + .milliseconds(1))
        if let known = self.agents[agent].scheduledTick, known <= at { return }
        self.agents[agent].scheduledTick = at
        self.queue.add(.agentTick(agent: agent), at: at)
    }

    mutating func agentTick(_ agent: Int) {
        guard self.agents[agent].scheduledTick == self.now else { return }
        self.agents[agent].scheduledTick = nil
        self.bring(agent) { courier, now in courier.tick(at: now) }
    }

    private mutating func release(_ id: FrameID, _ verdict: Outcome.Verdict, _ agent: Int) {
        guard let place = self.agents[agent].spool.firstIndex(of: id) else {
            return self.violate("agent \(agent) let go of frame \(id.sequence) twice")
        }
        self.agents[agent].spool.remove(at: place)
        self.agents[agent].confirmedCount += 1
        self.checkReleased(id, by: agent)
    }

    private mutating func send(_ id: FrameID, to node: NodeID, _ agent: Int) {
        guard let index = self.index(of: node), let link = self.agents[agent].links[index], link.isOpen else {
            return self.violate("agent \(agent) sends frame \(id.sequence) to \(node) without a connection")
        }
        self.agents[agent].links[index]?.out.insert(id)
        self.transmit(
            .frame(id, partition: self.book.facts(of: id).partition, stream: link.stream),
            from: .agent(agent),
            to: .node(index)
        )
    }

    // MARK: - Connections

    mutating func askSeed(_ agent: Int) {
        self.agents[agent].isAskingSeed = false
        guard self.agents[agent].isRunning, self.agents[agent].courier.needsSeeds else { return }
        let seed = self.agents[agent].nextSeed % min(Self.seedCount, self.nodes.count)
        self.agents[agent].nextSeed += 1
        if self.agents[agent].links[seed] == nil { self.call(seed, from: agent) }
        self.scheduleTick(of: agent)
    }

    private mutating func call(_ index: Int, from agent: Int) {
        self.streams += 1
        self.agents[agent].links[index] = VirtualAgent.Link(stream: self.streams)
        // The call, the handshake and the welcome.
        let isThere = self.nodes[index].isRunning
        let wait = isThere ? self.network.moment() * 3 : Self.connectTimeout
        self.queue.add(.called(index, agent: agent, stream: self.streams), at: self.now + wait)
    }

    /// A call came through, or did not.
    mutating func called(_ index: Int, _ agent: Int, _ stream: UInt64) {
        guard self.agents[agent].links[index]?.stream == stream else { return }
        guard self.nodes[index].isRunning, let view = self.nodes[index].membership?.view else {
            return self.lose(index, agent, stream)
        }
        self.agents[agent].links[index]?.isOpen = true
        self.nodes[index].guests[stream] = agent
        self.hear(view, from: index, agent)
        // The courier may have thought better of it meanwhile.
        guard self.agents[agent].links[index]?.stream == stream else { return }
        let node = self.nodes[index].id
        self.bring(agent) { courier, now in
            courier.connected(to: node, window: Self.windowMax * Self.frameBytes, at: now)
        }
    }

    private mutating func hangUp(on index: Int, _ agent: Int) {
        guard let link = self.agents[agent].links.removeValue(forKey: index) else { return }
        self.agents[agent].book.lost(self.nodes[index].id, at: self.now)
        self.transmit(.goodbye(stream: link.stream), from: .agent(agent), to: .node(index))
    }

    /// A connection ended under an agent.
    mutating func lose(_ index: Int, _ agent: Int, _ stream: UInt64) {
        guard self.agents[agent].links[index]?.stream == stream else { return }
        self.agents[agent].links[index] = nil
        let node = self.nodes[index].id
        self.bring(agent) { courier, now in courier.connectionLost(to: node, at: now) }
        self.agents[agent].book.lost(node, at: self.now)
        self.look(agent)
    }

    /// An agent unites what all nodes that it is connected to tell.
    private mutating func hear(_ view: ClusterView, from index: Int, _ agent: Int) {
        self.agents[agent].book.told(view, by: self.nodes[index].id, at: self.now)
        self.look(agent)
    }

    private mutating func look(_ agent: Int) {
        guard let view = self.agents[agent].book.view, view != self.agents[agent].courier.currentView else {
            return
        }
        self.bring(agent) { courier, now in courier.viewChanged(view, at: now) }
    }

    /// The process of a node is gone: its agents see their connections end.
    mutating func loseGuests(of index: Int) {
        for (stream, agent) in self.nodes[index].guests.sorted(by: { $0.key < $1.key }) {
            self.queue.add(
                .lost(index, agent: agent, stream: stream),
                at: self.now + self.network.moment() + .milliseconds(1)
            )
        }
        self.nodes[index].guests = [:]
    }

    // MARK: - Messages

    mutating func deliver(_ message: PeerMessage, toAgent agent: Int, from index: Int) {
        let link = self.agents[agent].links[index]
        let node = self.nodes[index].id
        switch message {
        case .answer(let id, let verdict, let stream) where link?.stream == stream:
            self.agents[agent].links[index]?.out.remove(id)
            self.bring(agent) { courier, now in courier.answered(id, verdict, by: node, at: now) }
        case .view(let view, let stream) where link?.stream == stream: self.hear(view, from: index, agent)
        default: break
        }
    }

    /// Tells agents how the cluster looks from a node.
    mutating func tellGuests(of index: Int, _ view: ClusterView) {
        for (stream, agent) in self.nodes[index].guests.sorted(by: { $0.key < $1.key }) {
            self.transmit(.view(view, stream: stream), from: .node(index), to: .agent(agent))
        }
    }
}

extension Membership {
    /// The cluster as this member sees it.
    var view: ClusterView { ClusterView(self.records, self.placement) }
}
