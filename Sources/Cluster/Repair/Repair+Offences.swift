internal import Telemetry

/// What becomes of those who answer badly, and of what was under way with them.
extension Repair {
    mutating func reject(_ number: UInt64, of node: NodeID, at now: Duration) -> [Effect] {
        self.open[number] = (node, now)
        return self.unanswered(number, isGarbage: true, at: now)
    }

    /// Asks a node nothing for a while: the longer the more often it happens.
    mutating func leaveAlone(_ node: NodeID, isGarbage: Bool, at now: Duration) {
        guard node != self.local, self.peers.contains(node) else { return }
        var offence = self.offenders[node] ?? Offence(until: now)
        offence.times = min(offence.times + 1, 5)
        offence.isGarbage = offence.isGarbage || isGarbage
        offence.until = now + self.options.offenceDelay * (1 << (offence.times - 1))
        self.offenders[node] = offence
    }

    /// Who has answered in order for as long as the longest punishment begins anew.
    mutating func forgive(_ node: NodeID, at now: Duration) {
        guard let offence = self.offenders[node], offence.until + self.options.offenceDelay * 16 <= now else {
            return
        }
        self.offenders[node] = nil
    }

    /// Lets go of everything that is under way.
    mutating func giveUp() {
        self.phase = .idle
        self.items = []
        self.open = [:]
        self.giveUpItem()
    }

    /// Lets go of what a round works on; one that still asks who holds what goes on.
    mutating func giveUpWork() {
        guard case .working = self.phase else { return }
        self.giveUpItem()
    }

    mutating func giveUpItem() {
        self.comparison = nil
        self.giving = nil
        self.wanted = []
        self.wantedIndex = 0
        if self.keeping == nil { self.fetching = [] }
        self.open = [:]
    }
}
