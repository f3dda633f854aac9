package import Telemetry

extension Replication {
    /// When nodes that refused are asked again; nil where nothing is owed, or nobody is there to take it.
    var retryDeadline: Duration? {
        self.debt.count > 0 && self.available.contains { $0 != self.local } ? self.debtRetryAt : nil
    }

    /// Remembers a frame that the own log holds and too few others do.
    mutating func owe(_ id: FrameID, _ frame: PendingFrame, at now: Duration) {
        // What the own log refused cannot be copied from here: whoever holds it owes it, and its sender keeps it.
        guard frame.holders.contains(self.local), !self.isHeldEnough(frame) else { return }
        if self.debt.count == 0 { self.debtRetryAt = now + self.limits.debtRetryInterval }
        self.debt.add(id, frame)
    }

    /// Sends owed frames, those too whose copies were refused before.
    mutating func payAnew(at now: Duration, _ effects: inout [Effect]) {
        self.debtRetryAt = now + self.limits.debtRetryInterval
        self.debt.rewind()
        self.pay(at: now, &effects)
    }

    /// Sends owed frames as far as copies may be out at once.
    private mutating func pay(at now: Duration, _ effects: inout [Effect]) {
        guard self.available.contains(where: { $0 != self.local }) else { return }
        while self.debt.copyCount < self.limits.debtCopiesMax, let id = self.debt.takeNext() {
            // Who refused it earlier may take it by now.
            self.debt.update(id) { $0.refusers = [] }
            self.sendOwed(id, at: now, &effects)
        }
    }

    /// Sends an owed frame where it is missing, unless the view itself paid it.
    private mutating func sendOwed(_ id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard let frame = self.debt[id] else { return }
        guard !self.isHeldEnough(frame) else {
            _ = self.debt.remove(id)
            return
        }
        for node in self.missing(of: frame) {
            self.debt.update(id) { $0.copies.append(PendingFrame.Copy(node: node, at: now)) }
            self.awaitCopy(id, by: node, at: now)
            effects.append(.copyFromLog(id, to: node))
        }
    }

    mutating func notePaid(_ id: FrameID, by node: NodeID, at now: Duration, _ effects: inout [Effect]) {
        guard self.debt[id] != nil else { return }
        self.debt.update(id) { frame in
            frame.removeCopy(to: node)
            frame.addHolder(node)
        }
        if let frame = self.debt[id], self.isHeldEnough(frame) { self.debt.remove(id) }
        self.pay(at: now, &effects)
    }

    /// Forgets an owed frame that the own log does not hold any more.
    ///
    /// Nobody was told that it is safe.
    ///
    /// - Returns: What to do; a frame that is under way or not owed changes nothing.
    package mutating func vanished(_ id: FrameID, at now: Duration) -> [Effect] {
        guard self.debt.remove(id) != nil else { return [] }
        var effects: [Effect] = []
        self.pay(at: now, &effects)
        self.trimQueues()
        return effects
    }

    mutating func loseOwed(_ node: NodeID, of id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard self.debt[id] != nil else { return }
        self.debt.update(id) { frame in
            frame.removeCopy(to: node)
            frame.addRefuser(node)
        }
        self.sendOwed(id, at: now, &effects)
        self.pay(at: now, &effects)
    }
}

extension Replication {
    /// What does not fit together, or exceeds its bound; nil in a sound machine.
    ///
    /// - Complexity: O(frames), for tests and the simulation.
    package var inconsistency: String? {
        let (frames, limits) = (self.pending.values, self.limits)
        let owedMax = limits.debtMax + limits.pendingMax
        if frames.count > limits.pendingMax { return "\(frames.count) frames under way" }
        if self.debt.count > owedMax { return "\(self.debt.count) owed frames" }
        if self.pendingBytes != frames.reduce(0, { $0 + $1.bytes }) { return "bytes under way" }
        if frames.reduce(0, { $0 + $1.waiters.count }) != self.waiting.values.reduce(0, { $0 + $1.count }) {
            return "senders that wait"
        }
        if frames.contains(where: \.isDone) { return "a frame that nobody waits for" }
        // Queues keep twice what ever lived at once, and a little more.
        if self.patienceQueue.count > 2 * limits.pendingMax * limits.waitersMax + 65 { return "patience" }
        let copiesMax = limits.pendingMax * Self.copiesPerFrameMax + limits.debtCopiesMax
        if self.copyQueue.count > 2 * copiesMax + 65 { return "deadlines of copies" }
        if self.debt.placeCount > 2 * owedMax + 65 { return "places of owed frames" }
        return self.debt.inconsistency
    }

    /// Copies of one frame that are out at once: as many as are wanted, and those to owners of the views before.
    private static var copiesPerFrameMax: Int { 10 }
}
