internal import Telemetry

/// A frame under way: who waits for it, who holds it, and whom else it was sent to.
struct PendingFrame: Equatable, Sendable {
    /// A sender that was not answered yet.
    struct Waiter: Equatable, Sendable {
        var sender: Replication.Sender
        /// When it asked.
        var since: Duration
    }

    /// A copy that is out.
    struct Copy: Equatable, Sendable {
        var node: NodeID
        /// When it left.
        var at: Duration
    }

    /// Counts frames as they come: what they are walked by.
    let number: UInt64
    let partition: Int
    let bytes: Int
    /// When it came.
    let began: Duration
    /// In the order in which they asked.
    var waiters: [Waiter] = []
    /// Nodes whose logs hold it, this one included; each once, in the order in which they said so.
    var holders: [NodeID] = []
    /// In the order in which they left.
    var copies: [Copy] = []
    /// Nodes that refused it or did not answer in time.
    var refusers: [NodeID] = []
    var isAppending = true

    /// Whether nobody waits, and nothing is expected.
    var isDone: Bool { self.waiters.isEmpty && self.copies.isEmpty && !self.isAppending }

    func wasSent(to node: NodeID) -> Bool { self.copies.contains { $0.node == node } }

    mutating func addHolder(_ node: NodeID) { if !self.holders.contains(node) { self.holders.append(node) } }

    mutating func addRefuser(_ node: NodeID) {
        if !self.refusers.contains(node) { self.refusers.append(node) }
    }

    mutating func removeCopy(to node: NodeID) { self.copies.removeAll { $0.node == node } }
}
