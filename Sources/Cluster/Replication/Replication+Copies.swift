internal import Telemetry

extension Replication {
    /// Nodes that are to hold a frame as things stand: the best available ones, this one too if it is among them.
    func targets(of frame: PendingFrame) -> [NodeID] {
        var targets: [NodeID] = []
        for node in self.placement.ranking(of: frame.partition)
        where self.available.contains(node) && !frame.refusers.contains(node) {
            targets.append(node)
            if targets.count == self.placement.parameters.replication { break }
        }
        return targets
    }

    /// Nodes that a copy should go to now.
    func missing(of frame: PendingFrame) -> [NodeID] {
        self.targets(of: frame).filter {
            $0 != self.local && !frame.holders.contains($0) && !frame.wasSent(to: $0)
        }
    }

    /// Whether so many nodes of the present view hold a frame as a confirmation promises.
    ///
    /// A holder that is dead or left does not count, nor does this node once it is leaving.
    func isHeldEnough(_ frame: PendingFrame) -> Bool {
        frame.holders.count { self.placed.contains($0) } >= self.placement.parameters.confirmations
    }

    mutating func sendCopies(of id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard let frame = self.pending[id] else { return }
        for node in self.missing(of: frame) {
            self.pending[id]?.copies.append(PendingFrame.Copy(node: node, at: now))
            self.awaitCopy(id, by: node, at: now)
            effects.append(.copy(id, to: node))
        }
    }

    /// A copy is not to be expected: another node is asked.
    ///
    /// The own log may be the one that does not answer.
    mutating func lose(_ node: NodeID, of id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard self.pending[id] != nil else { return self.loseOwed(node, of: id, at: now, &effects) }
        self.pending[id]?.removeCopy(to: node)
        self.pending[id]?.addRefuser(node)
        self.sendCopies(of: id, at: now, &effects)
        self.conclude(id, at: now, &effects)
    }

    /// Tells those who wait what there is to tell, and lets the frame go once nobody waits and nothing is expected.
    mutating func conclude(_ id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard let frame = self.pending[id] else { return }
        if self.isHeldEnough(frame) {
            self.answer(id, frame.waiters) { effects.append(.confirm(id, $0)) }
        } else if !frame.holders.isEmpty {
            let impatient = frame.waiters.filter { $0.since + self.limits.patience <= now }
            if frame.holders.contains(self.local) {
                self.answer(id, impatient) { effects.append(.accept(id, $0)) }
            } else if !frame.isAppending || frame.refusers.contains(self.local) {
                // What is not in the own log cannot be owed: nobody would copy it once this node has forgotten it.
                self.answer(id, impatient) { effects.append(.refuse(id, $0, .disk)) }
            }
        } else if frame.copies.isEmpty, !frame.isAppending {
            // Nobody holds it, and nobody is left to take it.
            self.answer(id, frame.waiters) { effects.append(.refuse(id, $0, .disk)) }
        }
        guard let rest = self.pending[id], rest.isDone else { return }
        self.pending[id] = nil
        self.pendingBytes -= rest.bytes
        effects.append(.release(id))
        self.owe(id, rest, at: now)
    }

    // MARK: - Senders

    mutating func addWaiter(_ sender: Sender, to id: FrameID, at now: Duration) {
        self.pending[id]?.waiters.append(PendingFrame.Waiter(sender: sender, since: now))
        self.waiting[sender, default: []].insert(id)
        let (pending, patience) = (self.pending, self.limits.patience)
        self.patienceQueue.add(PatienceItem(id: id, sender: sender), due: now + patience) {
            Self.isWaiting($0, in: pending, patience: patience)
        }
    }

    /// Answers waiters of a frame; none of them hears more of it.
    private mutating func answer(_ id: FrameID, _ waiters: [PendingFrame.Waiter], _ tell: (Sender) -> Void) {
        guard !waiters.isEmpty else { return }
        self.pending[id]?.waiters.removeAll { waiters.contains($0) }
        for waiter in waiters {
            self.waiting[waiter.sender]?.remove(id)
            if self.waiting[waiter.sender]?.isEmpty == true { self.waiting[waiter.sender] = nil }
            tell(waiter.sender)
        }
    }

    // MARK: - Deadlines

    /// Notes that a copy left, and when its answer is given up.
    mutating func awaitCopy(_ id: FrameID, by node: NodeID, at now: Duration) {
        let (pending, debt, local, timeout) = (self.pending, self.debt, self.local, self.limits.copyTimeout)
        self.copyQueue.add(CopyItem(id: id, node: node), due: now + timeout) {
            Self.isOut($0, in: pending, debt, local: local, timeout: timeout)
        }
    }

    /// Whether a copy is still waited for since the same moment.
    func isOut(_ entry: DeadlineQueue<CopyItem>.Entry) -> Bool {
        Self.isOut(entry, in: self.pending, self.debt, local: self.local, timeout: self.limits.copyTimeout)
    }

    /// Drops deadlines that lost their meaning, so that the first ones that are left are true.
    mutating func trimQueues() {
        let (pending, debt, local, limits) = (self.pending, self.debt, self.local, self.limits)
        self.patienceQueue.trim { Self.isWaiting($0, in: pending, patience: limits.patience) }
        self.copyQueue.trim { Self.isOut($0, in: pending, debt, local: local, timeout: limits.copyTimeout) }
    }

    private static func isWaiting(
        _ entry: DeadlineQueue<PatienceItem>.Entry,
        in pending: [FrameID: PendingFrame],
        patience: Duration
    ) -> Bool {
        pending[entry.item.id]?.waiters.contains {
            $0.sender == entry.item.sender && $0.since + patience == entry.at
        } ?? false
    }

    private static func isOut(
        _ entry: DeadlineQueue<CopyItem>.Entry,
        in pending: [FrameID: PendingFrame],
        _ debt: Debt,
        local: NodeID,
        timeout: Duration
    ) -> Bool {
        let (id, node) = (entry.item.id, entry.item.node)
        if node == local, let frame = pending[id] {
            return frame.isAppending && frame.began + timeout == entry.at
        }
        let copies = (pending[id] ?? debt[id])?.copies ?? []
        return copies.contains { $0.node == node && $0.at + timeout == entry.at }
    }
}
