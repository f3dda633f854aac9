internal import Cluster
internal import Telemetry

/// Totals of windows: edges make slots of what they counted, nodes add up those that they hold and gossip.
extension World {
    /// What is kept of totals: as much as of frames.
    static func totalsLimits(_ retention: Duration) -> AggregateTable.Limits {
        let kept = retention + Self.retentionLead
        let window = Duration.nanoseconds(Int64(Window.nanoseconds))
        return .init(windows: UInt64(kept / window), windowsAhead: 12)
    }

    // MARK: - The machine

    /// Passes an input to a node's totals and performs what it asks for.
    mutating func total(
        _ index: Int,
        _ input: (inout AggregateGossip, ClusterTime) -> [AggregateGossip.Effect]
    ) {
        guard var machine = self.nodes[index].totals.take() else { return }
        let clock = self.clock(of: index)
        var effects = input(&machine, clock)
        self.sabotage.totals?(&machine, &effects)
        self.nodes[index].totals = machine
        for case .ask(let node, let bytes) in effects {
            guard let peer = self.numbers[node] else { continue }
            self.ask(.totals(bytes), of: peer, from: index, for: .totals)
        }
        guard let deadline = self.nodes[index].totals?.deadline else { return }
        let wait = Int64(clamping: deadline.nanoseconds) - Int64(clamping: clock.nanoseconds)
        let at = self.now + max(.nanoseconds(wait), .milliseconds(5))
        if let known = self.nodes[index].scheduledTotalsTick, known <= at, known > self.now { return }
        self.nodes[index].scheduledTotalsTick = at
        self.queue.add(.totalsTick(index), at: at)
    }

    mutating func totalsTick(_ index: Int) {
        guard self.nodes[index].scheduledTotalsTick == self.now else { return }
        self.nodes[index].scheduledTotalsTick = nil
        guard !self.nodes[index].isPaused else { return }
        self.total(index) { totals, clock in totals.tick(at: clock) }
    }

    /// A node's picture of the members changed; a process that begins adds up what its disk holds.
    mutating func totalsViewChanged(_ index: Int, _ placement: Placement, _ peers: [NodeID]) {
        let local = self.nodes[index].id
        if self.nodes[index].totals == nil {
            self.nodes[index].totals = AggregateGossip(
                table: AggregateTable(limits: Self.totalsLimits(self.retention)),
                seed: self.draw(),
                at: self.clock(of: index)
            )
            let disk = self.nodes[index].disk
            for frame in disk.shelf.frames where disk.canRead(frame) {
                self.count(self.book.name(of: frame).id, at: index)
            }
        }
        self.total(index) { totals, clock in
            totals.viewChanged(
                peers: peers.filter { $0 != local },
                isOwned: { placement.isOwner(local, of: $0) },
                at: clock
            )
            return []
        }
    }

    /// A chunk is on the disk: its slots count.
    mutating func count(_ chunk: ChunkID, at index: Int) {
        guard let slots = self.book.slots(of: chunk.frame), self.sabotage.overlooks?(chunk) != true else {
            return
        }
        self.total(index) { totals, clock in
            totals.add(chunk, slots, at: clock)
            return []
        }
    }

    // MARK: - Edges

    /// Makes the frames of a window that has closed.
    private mutating func frames(of open: OpenWindow, created: ClusterTime) -> [FrameID] {
        open.slots.map { key, slots in
            let id = self.book.add(open.run, key: key, created: created, slots: slots)
            self.oracle.advance(to: created)
            self.oracle.add(ChunkID(frame: id, key: key), slots)
            return id
        }
    }

    /// Counts a frame that an agent made.
    mutating func count(_ id: FrameID, ofAgent agent: Int) {
        let window = Window(at: self.clock(ofAgent: agent))
        if let open = self.agents[agent].open, open.window != window { self.close(agent: agent) }
        var open = self.agents[agent].open ?? OpenWindow(window, run: id.run)
        open.count(id, edge: agent)
        self.agents[agent].open = open
    }

    /// The window of an agent is over: its slots go the way of all frames.
    mutating func close(agent: Int) {
        guard let open = self.agents[agent].open.take() else { return }
        let frames = self.frames(of: open, created: self.clock(ofAgent: agent))
        self.agents[agent].spool += frames
        self.agents[agent].madeCount += frames.count
        self.madeCount += frames.count
        if open.run == self.agents[agent].run {
            self.agents[agent].sequence = frames.last?.sequence ?? self.agents[agent].sequence
        }
        let parcels = frames.map { self.parcel($0) }
        self.bring(agent) { courier, now in courier.add(parcels, at: now) }
    }

    /// Windows of agents close a moment after their end, whether anything comes in or not.
    mutating func closeWindow(agent: Int, until end: Duration) {
        let clock = self.clock(ofAgent: agent)
        if let open = self.agents[agent].open, self.agents[agent].isRunning, open.window < Window(at: clock) {
            self.close(agent: agent)
        }
        guard self.now < end || self.agents[agent].open != nil else { return }
        self.queue.add(
            .closeWindow(agent: agent, until: end),
            at: self.now + Self.untilNextWindow(clock) + .milliseconds(50)
        )
    }

    static func untilNextWindow(_ clock: ClusterTime) -> Duration {
        .nanoseconds(Int64(Window.nanoseconds - clock.nanoseconds % Window.nanoseconds))
    }

    /// Counts a frame that came in at a door.
    mutating func count(_ id: FrameID, ofDoor index: Int) {
        self.closeDoorWindow(index)
        let window = Window(at: self.clock(of: index))
        var open = self.nodes[index].disk.open ?? OpenWindow(window, run: id.run)
        open.count(id, edge: index)
        self.nodes[index].disk.open = open
    }

    /// The window of a door is over, or its process: its slots wait in the spool until they are confirmed.
    mutating func closeDoorWindow(_ index: Int, isOver: Bool = false) {
        let clock = self.clock(of: index)
        guard let open = self.nodes[index].disk.open, isOver || open.window != Window(at: clock) else {
            return
        }
        self.nodes[index].disk.open = nil
        let frames = self.frames(of: open, created: clock)
        self.log.doorCount += frames.count
        self.nodes[index].disk.spool += frames
    }

    /// Brings totals of a door to the cluster that are not confirmed yet.
    mutating func unload(_ index: Int) {
        for id in self.nodes[index].disk.spool.prefix(8)
        where self.nodes[index].unloading.insert(id).inserted {
            self.take(Question(frame: id, asker: .spool), self.book.facts(of: id).partition, at: index)
        }
    }

    /// What became of totals of a door.
    mutating func unloaded(_ id: FrameID, _ verdict: Outcome.Verdict, at index: Int) {
        self.nodes[index].unloading.remove(id)
        if verdict == .confirmed { self.nodes[index].disk.spool.removeAll { $0 == id } }
    }
}
