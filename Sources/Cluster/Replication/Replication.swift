package import Telemetry

/// The write path of one node: who else must hold a frame, and when its sender may let go.
///
/// A frame that comes first-hand, from an agent or through the node's own door, is logged here and sent to the other
/// owners of its first chunk, whether or not this node is one; once W distinct nodes of the present view hold it in
/// their logs it is confirmed. Where an owner cannot be reached the next one in the ranking takes the copy. A sender
/// that waits long while the own log holds it and too few others do is told `accepted`, and keeps the frame. A duplicate joins the frame that is
/// under way, or earns its confirmation again.
///
/// A frame that this node holds and fewer than W nodes hold when nobody waits for it any more is *owed*: it is copied
/// as soon as another node can be reached, and while too much is owed nothing new is taken first-hand.
///
/// Pure: bytes stay with the shell, under the frame's id. One owner at a time. An input costs O(members of the cluster)
/// whatever is under way, amortised; only ``viewChanged(_:available:at:)`` walks all frames.
package struct Replication: Sendable {
    /// What a deadline is about, beside the frame.
    struct PatienceItem: Equatable, Sendable {
        let id: FrameID
        let sender: Sender
    }

    /// A copy whose answer is waited for; the own log's too.
    struct CopyItem: Equatable, Sendable {
        let id: FrameID
        let node: NodeID
    }

    let local: NodeID
    let limits: Limits
    /// Who is to hold what, as things stand.
    package internal(set) var placement: Placement
    /// Members that answer, this one included.
    var available: Set<NodeID>
    /// Members that hold a place: holders among them count towards W.
    var placed: Set<NodeID>
    /// Frames under way; never walked but in the order of their numbers.
    var pending: [FrameID: PendingFrame] = [:]
    var pendingBytes = 0
    var debt = Debt()
    /// When nodes that refused the copy of an owed frame are asked again.
    var debtRetryAt: Duration?
    /// The frames that each sender waits for; never walked but sorted.
    var waiting: [Sender: Set<FrameID>] = [:]
    /// When waiting senders lose patience.
    var patienceQueue = DeadlineQueue<PatienceItem>()
    /// When copies are given up.
    var copyQueue = DeadlineQueue<CopyItem>()
    private var frameCount: UInt64 = 0

    /// A node that holds nothing yet.
    package init(local: NodeID, placement: Placement, available: Set<NodeID>, limits: Limits = .init()) {
        precondition(limits.isValid, "every bound of the write path is at least one")
        self.local = local
        self.placement = placement
        self.available = available
        self.placed = Set(placement.nodes)
        self.limits = limits
    }

    /// How many frames are under way.
    package var pendingCount: Int { self.pending.count }

    /// Bytes of the frames under way.
    package var bytesUnderWay: Int { self.pendingBytes }

    /// Whether a frame is under way.
    package func isPending(_ id: FrameID) -> Bool { self.pending[id] != nil }

    /// Frames under way and owed ones: the own log must be able to give them as they were made.
    ///
    /// - Complexity: O(frames).
    package var unsettledNames: Set<FrameID> { Set(self.pending.keys).union(self.debt.names) }

    /// Whether a frame is held here and owed to others.
    package func isOwed(_ id: FrameID) -> Bool { self.debt[id] != nil }

    /// The nodes that hold a partition as things stand: as many of those that answer as there are copies, best first.
    package func owners(of partition: Int) -> [NodeID] {
        Array(
            self.placement.ranking(of: partition).lazy.filter { self.available.contains($0) }
                .prefix(self.placement.parameters.replication)
        )
    }

    /// The node that should take a partition's frames first-hand, where this one is not among its owners.
    ///
    /// - Parameters:
    ///   - partition: That of the first chunk.
    ///   - isReached: Whether a node can be asked at once.
    /// - Returns: Nil where this node is to take them.
    package func betterNode(for partition: Int, where isReached: (NodeID) -> Bool) -> NodeID? {
        let owners = self.owners(of: partition)
        return owners.contains(self.local) ? nil : owners.first(where: isReached)
    }

    /// How many frames this node holds of which it still owes a copy.
    package var underReplicatedCount: Int { self.debt.count }

    /// Their bytes.
    package var underReplicatedBytes: Int { self.debt.bytes }

    /// The partitions of their first chunks, in ascending order.
    package var underReplicatedPartitions: [Int] { self.debt.owedPartitions }

    /// Whether nothing is under way and nothing owed: a node that leaves may say goodbye.
    package var isDrained: Bool { self.pending.isEmpty && self.debt.count == 0 }

    /// When ``tick(at:)`` wants to be called; nil while nothing is waited for.
    ///
    /// - Complexity: O(1).
    package var deadline: Duration? {
        let deadlines = [self.patienceQueue.first?.at, self.copyQueue.first?.at, self.retryDeadline]
        return deadlines.compactMap { $0 }.min()
    }

    // MARK: - Inputs

    /// Takes a frame first-hand.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - partition: That of its first chunk.
    ///   - bytes: Its size, for the limits.
    ///   - sender: Who waits for the answer.
    ///   - now: Since the process started; never before that of an earlier input.
    /// - Returns: What to do; a frame that is refused at once changes nothing.
    package mutating func receive(
        _ id: FrameID,
        partition: Int,
        bytes: Int,
        from sender: Sender,
        at now: Duration
    ) -> [Effect] {
        if let known = self.pending[id] {
            // A sender that asks twice is answered once.
            guard !known.waiters.contains(where: { $0.sender == sender }) else { return [] }
            guard known.waiters.count < self.limits.waitersMax else { return [.refuse(id, sender, .busy)] }
            self.addWaiter(sender, to: id, at: now)
            return []
        }
        guard self.pending.count < self.limits.pendingMax,
            bytes <= self.limits.pendingBytesMax - self.pendingBytes,
            self.debt.count < self.limits.debtMax || self.debt[id] != nil
        else { return [.refuse(id, sender, .busy)] }
        self.frameCount += 1
        // An owed frame is under way again; copies of it that are out still count.
        let copies = self.debt.remove(id)?.copies ?? []
        self.pending[id] = PendingFrame(
            number: self.frameCount,
            partition: partition,
            bytes: bytes,
            began: now,
            copies: copies
        )
        self.pendingBytes += bytes
        self.addWaiter(sender, to: id, at: now)
        self.awaitCopy(id, by: self.local, at: now)
        var effects: [Effect] = [.append(id)]
        self.sendCopies(of: id, at: now, &effects)
        return effects
    }

    /// The own log holds the frame, held it already, or refused it.
    package mutating func appended(_ id: FrameID, isSafe: Bool, at now: Duration) -> [Effect] {
        guard self.pending[id]?.isAppending == true else { return [] }
        self.pending[id]?.isAppending = false
        var effects: [Effect] = []
        if isSafe {
            self.pending[id]?.addHolder(self.local)
        } else {
            // Another node takes the place of this one.
            self.pending[id]?.addRefuser(self.local)
            self.sendCopies(of: id, at: now, &effects)
        }
        self.conclude(id, at: now, &effects)
        self.trimQueues()
        return effects
    }

    /// Another node's log holds the frame; late answers count too.
    package mutating func acknowledged(_ id: FrameID, by node: NodeID, at now: Duration) -> [Effect] {
        guard node != self.local else { return [] }
        var effects: [Effect] = []
        if self.pending[id] != nil {
            self.pending[id]?.removeCopy(to: node)
            self.pending[id]?.addHolder(node)
            self.conclude(id, at: now, &effects)
        } else {
            self.notePaid(id, by: node, at: now, &effects)
        }
        self.trimQueues()
        return effects
    }

    /// Another node did not take its copy: the next one in the ranking is asked.
    package mutating func refused(_ id: FrameID, by node: NodeID, at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        self.lose(node, of: id, at: now, &effects)
        self.trimQueues()
        return effects
    }

    /// A sender is gone, so nobody waits for its answers; its frames go their way.
    ///
    /// - Complexity: O(k log k) in the frames that it waited for.
    package mutating func forget(_ sender: Sender, at now: Duration) -> [Effect] {
        guard let ids = self.waiting.removeValue(forKey: sender) else { return [] }
        var effects: [Effect] = []
        for id in ids.sorted() {
            self.pending[id]?.waiters.removeAll { $0.sender == sender }
            self.conclude(id, at: now, &effects)
        }
        self.trimQueues()
        return effects
    }

    /// The picture of the members changed.
    ///
    /// - Parameters:
    ///   - placement: Over the members that hold a place.
    ///   - available: Those that answer; suspects do not.
    ///   - now: Since the process started.
    /// - Returns: Copies to other nodes than before, and answers that follow from the new view.
    package mutating func viewChanged(
        _ placement: Placement,
        available: Set<NodeID>,
        at now: Duration
    ) -> [Effect] {
        self.placement = placement
        self.available = available
        self.placed = Set(placement.nodes)
        var effects: [Effect] = []
        for id in self.pendingInOrder {
            // Who comes back may be asked again.
            self.pending[id]?.refusers.removeAll { !available.contains($0) }
            self.pending[id]?.copies.removeAll { !available.contains($0.node) }
            self.sendCopies(of: id, at: now, &effects)
            self.conclude(id, at: now, &effects)
        }
        self.payAnew(at: now, &effects)
        self.trimQueues()
        return effects
    }

    /// Sends copies elsewhere that were not acknowledged in time, by the own log or another's, and tells the patient that one copy is safe.
    package mutating func tick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        while let entry = self.patienceQueue.first, entry.at <= now {
            self.patienceQueue.removeFirst()
            self.conclude(entry.item.id, at: now, &effects)
        }
        while let entry = self.copyQueue.first, entry.at <= now {
            let isOut = self.isOut(entry)
            self.copyQueue.removeFirst()
            if isOut { self.lose(entry.item.node, of: entry.item.id, at: now, &effects) }
        }
        if let retry = self.retryDeadline, retry <= now { self.payAnew(at: now, &effects) }
        self.trimQueues()
        return effects
    }

    /// Frames under way in the order in which they came.
    private var pendingInOrder: [FrameID] {
        self.pending.sorted { $0.value.number < $1.value.number }.map(\.key)
    }
}
