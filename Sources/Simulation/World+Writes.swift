internal import Cluster
internal import Telemetry

extension World {
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
        var effects = input(&replication, self.now - self.nodes[index].started)
        self.sabotage.writes?(&replication, &effects)
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
            self.write(id, at: index, copyFor: nil)
        case .copy(let id, let node), .copyFromLog(let id, let node):
            if case .copyFromLog = effect {
                guard self.nodes[index].disk.canRead(id) else { return self.vanish(id, at: index) }
                self.log.owedCopyCount += 1
            }
            self.copy(id, to: node, from: index)
        case .confirm(let id, let sender):
            self.checkConfirmed(id, by: index)
            self.answer(id, .confirmed, sender, from: index)
        case .accept(let id, let sender):
            self.nodes[index].accepted.insert(id)
            self.answer(id, .accepted, sender, from: index)
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
        if let question = self.checkAnswered(id, sender, by: index) {
            self.answer(question, verdict, from: index)
        }
    }

    /// Sends a copy; nobody but a node that can be asked has to be waited for.
    private mutating func copy(_ id: FrameID, to node: NodeID, from index: Int) {
        guard let peer = self.index(of: node) else { return }
        if self.nodes[index].streams[peer] != nil {
            self.transmit(.copy(id), from: .node(index), to: .node(peer))
        } else {
            self.queue.add(
                .unanswered(id, at: index, boot: self.nodes[index].boots, by: peer),
                at: self.now + self.network.moment()
            )
        }
    }

    mutating func unanswered(_ id: FrameID, at index: Int, boot: UInt64, by peer: Int) {
        guard self.nodes[index].boots == boot, self.nodes[index].membership != nil else { return }
        guard !self.nodes[index].isPaused else {
            return self.nodes[index].waiting.append(.unanswered(id, at: index, boot: boot, by: peer))
        }
        let node = self.nodes[peer].id
        self.replicate(index) { replication, now in replication.refused(id, by: node, at: now) }
    }

    /// What is owed cannot be read any more, so that nobody can be paid.
    private mutating func vanish(_ id: FrameID, at index: Int) {
        self.nodes[index].accepted.remove(id)
        self.replicate(index) { replication, now in replication.vanished(id, at: now) }
    }

    /// Writes a frame with the next group commit.
    mutating func write(_ id: FrameID, at index: Int, copyFor sender: Int?) {
        self.nodes[index].writing.append(id)
        self.queue.add(
            .written(id, at: index, boot: self.nodes[index].boots, copyFor: sender),
            at: self.now + self.diskDelay(of: index)
        )
    }

    /// The process is gone in the middle of a write: some first part of it is on the disk, and nobody was told.
    mutating func tear(_ index: Int) {
        let writing = self.nodes[index].writing
        guard !writing.isEmpty, !self.nodes[index].disk.isFull else { return }
        for id in writing.prefix(self.network.below(writing.count + 1)) {
            self.nodes[index].disk.keep(self.book.name(of: id))
        }
    }

    /// A group commit reached the disk, or was refused; what a crash interrupted is not there.
    mutating func written(_ id: FrameID, at index: Int, boot: UInt64, copyFor sender: Int?) {
        guard self.nodes[index].membership != nil, self.nodes[index].boots == boot else { return }
        let isHeld = !self.nodes[index].disk.isFull || self.nodes[index].disk.frames.contains(id)
        if let place = self.nodes[index].writing.firstIndex(of: id) {
            self.nodes[index].writing.remove(at: place)
        }
        if isHeld { self.store(self.book.name(of: id), at: index) }
        self.note(UInt64(index) << 48 ^ id.sequence << 8 ^ (isHeld ? 3 : 4))
        if let sender {
            self.transmit(.copyAnswer(id, isHeld: isHeld), from: .node(index), to: .node(sender))
        } else {
            self.replicate(index) { replication, now in replication.appended(id, isSafe: isHeld, at: now) }
        }
    }

    mutating func diskDelay(of index: Int) -> Duration {
        (.milliseconds(1) + self.network.moment() * 4) * self.nodes[index].disk.slowness
    }

    /// A node's picture of the members changed: its write path hears of it.
    mutating func viewChanged(_ index: Int) {
        guard let view = self.nodes[index].membership?.view else { return }
        self.tellGuests(of: index, view)
        let placement = self.placement(of: view)
        let peers = view.available.map(\.node)
        let available = Set(peers)
        defer {
            self.repairViewChanged(index, placement, peers)
            self.totalsViewChanged(index, placement, peers)
        }
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
            confirmations: view.parameters.confirmations,
            version: view.parameters.version
        )
        if let known = self.placements[key] { return known }
        let placement = Placement(view.records, view.parameters)
        self.placements[key] = placement
        return placement
    }
}

/// What a placement follows from; a node's zone is always the same.
struct PlacementKey: Hashable, Sendable {
    var placed: [NodeID]
    var copies: Int
    var confirmations: Int
    var version: UInt64
}
