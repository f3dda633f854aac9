/// Decides whom a process asks for credentials that others have and it lacks.
///
/// A pure machine. Collectors tell everybody that is connected what they have (``told(_:by:at:)``); who lacks something asks
/// one of them at a time (``Effect``), the one with the newest list first. What was asked for and taken is not asked for again
/// before somebody tells something else or the own credentials change; where no answer came, or the disk took none, it is asked
/// again after 1 s, doubled up to 32 s. `at` is monotonic, and never before that of the call before.
package struct CredentialGossip: Sendable {
    /// What the shell has to do.
    package enum Effect: Equatable, Sendable {
        /// Ask a node for what this process lacks; ``CredentialGossip/answered(by:isTaken:at:)`` hears what came of it.
        case ask(NodeID, having: CredentialSummary)
    }

    /// An answer is waited for so long; twice as long after each failure, up to eight times.
    package static let answerTimeout = Duration.seconds(3)

    private struct Teller: Sendable {
        var summary: CredentialSummary
        /// Whether all of it was taken, or refused, since it was told and the own credentials changed.
        var isSettled = false
        /// Times in a row that nothing came of asking.
        var failures = 0
        var notBefore = Duration.zero
    }

    /// What this process has.
    package private(set) var own: CredentialSummary
    private var tellers: [NodeID: Teller] = [:]
    /// Who is asked at present, about what it had told.
    private var asked: (node: NodeID, summary: CredentialSummary, until: Duration)?

    /// A machine of a process that has heard of nobody yet.
    package init(own: CredentialSummary) { self.own = own }

    /// When ``tick(at:)`` has something to do; nil while there is nothing to wait for.
    package var deadline: Duration? {
        if let asked = self.asked { return asked.until }
        return self.candidates.map(\.value.notBefore).min()
    }

    /// Nodes that told of something that this process lacks and could not take yet, sorted.
    package var lacking: [NodeID] { self.candidates.map(\.key).sorted() }

    // MARK: - Inputs

    /// A node told what it has.
    package mutating func told(_ summary: CredentialSummary, by node: NodeID, at now: Duration) -> [Effect] {
        self.tellers[node] = Teller(summary: summary)
        return self.next(at: now)
    }

    /// The own credentials are others than before: everything told is looked at again.
    package mutating func changed(to own: CredentialSummary, at now: Duration) -> [Effect] {
        guard own != self.own else { return [] }
        self.own = own
        for node in self.tellers.keys { self.tellers[node]?.isSettled = false }
        return self.next(at: now)
    }

    /// The node that was asked gave an answer, or it is known that none will come.
    ///
    /// - Parameters:
    ///   - node: The one that was asked; another one changes nothing.
    ///   - isTaken: Whether the answer was taken or refused for good; false where there was none, or no disk took it.
    ///   - now: The present time.
    /// - Returns: Whom to ask next.
    package mutating func answered(by node: NodeID, isTaken: Bool, at now: Duration) -> [Effect] {
        guard let asked = self.asked, asked.node == node else { return [] }
        self.asked = nil
        self.settle(node, asked.summary, isTaken: isTaken, at: now)
        return self.next(at: now)
    }

    /// A node cannot be reached; when it is connected again it tells anew.
    package mutating func forget(_ node: NodeID, at now: Duration) -> [Effect] {
        self.tellers[node] = nil
        if self.asked?.node == node { self.asked = nil }
        return self.next(at: now)
    }

    /// The deadline is there.
    package mutating func tick(at now: Duration) -> [Effect] {
        if let asked = self.asked {
            guard asked.until <= now else { return [] }
            self.asked = nil
            self.settle(asked.node, asked.summary, isTaken: false, at: now)
        }
        return self.next(at: now)
    }

    // MARK: - Private

    private var candidates: [NodeID: Teller] {
        self.tellers.filter { !$0.value.isSettled && self.own.lacks($0.value.summary) }
    }

    private mutating func settle(
        _ node: NodeID,
        _ summary: CredentialSummary,
        isTaken: Bool,
        at now: Duration
    ) {
        // What it told meanwhile, it was not asked for.
        guard var teller = self.tellers[node], teller.summary == summary else { return }
        teller.isSettled = isTaken
        teller.failures = isTaken ? 0 : teller.failures + 1
        teller.notBefore = isTaken ? now : now + .seconds(1 << min(teller.failures - 1, 5))
        self.tellers[node] = teller
    }

    private mutating func next(at now: Duration) -> [Effect] {
        guard self.asked == nil else { return [] }
        let ready = self.candidates.filter { $0.value.notBefore <= now }
        let best = ready.min { left, right in
            let (one, other) = (left.value.summary.list ?? 0, right.value.summary.list ?? 0)
            if one != other { return one > other }
            return (left.value.failures, left.key) < (right.value.failures, right.key)
        }
        guard let best else { return [] }
        let timeout = Self.answerTimeout * (1 << min(best.value.failures, 3))
        self.asked = (best.key, best.value.summary, now + timeout)
        return [.ask(best.key, having: self.own)]
    }
}
