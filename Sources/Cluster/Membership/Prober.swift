/// Whose turn it is to be probed, and what became of the probes that are out.
struct Prober: Equatable, Sendable {
    /// A probe of the current period.
    struct Probe: Equatable, Sendable {
        let target: NodeID
        let sequence: UInt32
        /// When others are asked; nil once they were.
        var relayAt: Duration?
        /// When the target is taken for suspect.
        let verdictAt: Duration
        /// Members that were asked to relay.
        var relayCount = 0
        /// Of those, how many said that they got no answer either.
        var nackCount = 0
    }

    /// A probe on behalf of somebody else.
    struct Relay: Equatable, Sendable {
        let requester: NodeID
        let requested: UInt32
        let sequence: UInt32
        /// When the requester is told that there is no answer so far; nil once it was.
        var nackAt: Duration?
        /// Until then an answer is still passed on: a sick requester waits long.
        let endsAt: Duration
    }

    /// Relayed probes at once; further requests are answered at once that there is no answer.
    static let relaysMax = 256

    /// When the next period begins.
    var next: Duration
    var probe: Probe?
    var relays: [Relay] = []
    /// Members still to be probed in this round, last first.
    var round: [NodeID] = []
    private var sequence: UInt32 = 0

    init(next: Duration) { self.next = next }

    var deadline: Duration {
        var deadline = self.next
        if let probe = self.probe { deadline = min(deadline, probe.relayAt ?? probe.verdictAt) }
        for relay in self.relays { deadline = min(deadline, relay.nackAt ?? relay.endsAt) }
        return deadline
    }

    mutating func nextSequence() -> UInt32 {
        self.sequence &+= 1
        return self.sequence
    }
}
