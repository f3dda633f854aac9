package import Telemetry

/// The write path of one node: who else must hold a frame, and when its sender may let go.
///
/// A frame that comes first-hand, from an agent or through the node's own door, is logged here and sent to the other
/// owners of its first chunk; once W distinct nodes hold it in their logs it is confirmed. Where an owner cannot be
/// reached the next one in the ranking takes the copy. A sender that waits long while one copy is safe is told
/// `accepted`, and keeps the frame. A duplicate joins the frame that is under way, or earns its confirmation again.
///
/// Pure: bytes stay with the shell, under the frame's id. One owner at a time.
package struct Replication: Sendable {
    /// Bounds, all at least one.
    package struct Limits: Equatable, Sendable {
        /// Frames under way first-hand; beyond, senders are refused.
        package var pendingMax = 4096
        /// Their bytes.
        package var pendingBytesMax = 256 << 20
        /// Senders of one frame that wait; further ones are told to try again.
        package var waitersMax = 16
        /// A frame that is safe once, but not W times, is `accepted` after so long.
        package var patience = Duration.seconds(2)
        /// A copy that is not acknowledged for so long is sent elsewhere.
        package var copyTimeout = Duration.seconds(5)

        /// The bounds of the product.
        package init() {}
    }

    /// Who is to hear what becomes of a frame; numbers are the shell's.
    package struct Sender: Hashable, Comparable, Sendable {
        /// A connection, or a receipt of the own door.
        package var number: UInt64

        /// A sender by its number.
        package init(_ number: UInt64) { self.number = number }

        package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    }

    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Write the frame to the own log, then call ``appended(_:isSafe:at:)``.
        case append(FrameID)
        /// Send a copy; the answer goes to ``acknowledged(_:by:at:)`` or ``refused(_:by:at:)``.
        case copy(FrameID, to: NodeID)
        /// W nodes hold it.
        case confirm(FrameID, Sender)
        /// One node holds it; the sender keeps it and will hear no more.
        case accept(FrameID, Sender)
        /// It was not taken; the sender keeps it.
        case refuse(FrameID, Sender, Refusal)
        /// Nobody needs its bytes any more.
        case release(FrameID)
    }

    /// Why a frame was not taken.
    package enum Refusal: String, Equatable, Sendable {
        /// Too much is under way.
        case busy
        /// The own log refused it, and nobody else holds it.
        case disk
    }

    /// A frame under way.
    struct Pending: Equatable, Sendable {
        let partition: Int
        let bytes: Int
        let began: Duration
        var waiters: [Sender]
        /// Nodes whose logs hold it, this one included; sorted.
        var holders: [NodeID] = []
        /// Copies that are out, with the time they left; sorted by node.
        var copies: [Copy] = []
        /// Nodes that refused it or did not answer in time.
        var refusers: Set<NodeID> = []
        var isAppending = true
    }

    struct Copy: Equatable, Sendable {
        var node: NodeID
        var at: Duration
    }

    let local: NodeID
    let limits: Limits
    private(set) var placement: Placement
    /// Members that answer, this one included.
    private(set) var available: Set<NodeID>
    private(set) var pending: [FrameID: Pending] = [:]
    /// The frames under way in the order they came: what a tick walks.
    private var order: [FrameID] = []
    /// Bytes of the frames under way.
    package private(set) var pendingBytes = 0

    /// A node that holds nothing yet.
    package init(local: NodeID, placement: Placement, available: Set<NodeID>, limits: Limits = .init()) {
        self.local = local
        self.placement = placement
        self.available = available
        self.limits = limits
    }

    /// How many frames are under way.
    package var pendingCount: Int { self.pending.count }

    /// Whether a frame is under way.
    package func isPending(_ id: FrameID) -> Bool { self.pending[id] != nil }

    /// The nodes that hold a partition as things stand: as many of those that answer as there are copies, best first.
    package func owners(of partition: Int) -> [NodeID] {
        Array(
            self.placement.ranking(of: partition).filter { self.available.contains($0) }
                .prefix(self.placement.parameters.replication)
        )
    }

    /// When ``tick(at:)`` wants to be called; nil while nothing is under way.
    package var deadline: Duration? {
        var deadline: Duration?
        for id in self.order {
            guard let frame = self.pending[id] else { continue }
            if !frame.waiters.isEmpty {
                deadline = Self.earlier(deadline, frame.began + self.limits.patience)
            }
            for copy in frame.copies { deadline = Self.earlier(deadline, copy.at + self.limits.copyTimeout) }
        }
        return deadline
    }

    // MARK: - Inputs

    /// Takes a frame first-hand.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - partition: That of its first chunk.
    ///   - bytes: Its size, for the limits.
    ///   - sender: Who waits for the answer.
    ///   - now: Since the process started.
    /// - Returns: What to do; a frame that is refused at once changes nothing.
    package mutating func receive(
        _ id: FrameID,
        partition: Int,
        bytes: Int,
        from sender: Sender,
        at now: Duration
    ) -> [Effect] {
        if var known = self.pending[id] {
            guard known.waiters.count < self.limits.waitersMax else { return [.refuse(id, sender, .busy)] }
            if !known.waiters.contains(sender) { known.waiters.append(sender) }
            self.pending[id] = known
            return []
        }
        guard self.pending.count < self.limits.pendingMax,
            self.pendingBytes + bytes <= self.limits.pendingBytesMax
        else { return [.refuse(id, sender, .busy)] }
        self.pending[id] = Pending(partition: partition, bytes: bytes, began: now, waiters: [sender])
        self.order.append(id)
        self.pendingBytes += bytes
        var effects: [Effect] = [.append(id)]
        self.sendCopies(of: id, at: now, &effects)
        return effects
    }

    /// The own log holds the frame, held it already, or refused it.
    package mutating func appended(_ id: FrameID, isSafe: Bool, at now: Duration) -> [Effect] {
        guard var frame = self.pending[id], frame.isAppending else { return [] }
        frame.isAppending = false
        if isSafe { frame.holders = Self.adding(self.local, to: frame.holders) }
        self.pending[id] = frame
        var effects: [Effect] = []
        if isSafe {
            self.settle(id, &effects)
        } else {
            // Another node takes the place of this one.
            self.pending[id]?.refusers.insert(self.local)
            self.sendCopies(of: id, at: now, &effects)
            self.giveUpIfHopeless(id, &effects)
        }
        return effects
    }

    /// Another node's log holds the frame; late answers count too.
    package mutating func acknowledged(_ id: FrameID, by node: NodeID, at now: Duration) -> [Effect] {
        guard var frame = self.pending[id] else { return [] }
        frame.copies.removeAll { $0.node == node }
        frame.holders = Self.adding(node, to: frame.holders)
        self.pending[id] = frame
        var effects: [Effect] = []
        self.settle(id, &effects)
        return effects
    }

    /// Another node did not take its copy: the next one in the ranking is asked.
    package mutating func refused(_ id: FrameID, by node: NodeID, at now: Duration) -> [Effect] {
        guard self.pending[id] != nil else { return [] }
        var effects: [Effect] = []
        self.lose(node, of: id, at: now, &effects)
        return effects
    }

    /// A sender is gone, so nobody waits for its answer; the frame goes its way.
    package mutating func forget(_ sender: Sender) {
        for id in self.order { self.pending[id]?.waiters.removeAll { $0 == sender } }
    }

    /// The picture of the members changed.
    ///
    /// - Parameters:
    ///   - placement: Over the members that hold a place.
    ///   - available: Those that answer; suspects do not.
    ///   - now: Since the process started.
    /// - Returns: Copies to other nodes than before.
    package mutating func viewChanged(
        _ placement: Placement,
        available: Set<NodeID>,
        at now: Duration
    ) -> [Effect] {
        self.placement = placement
        self.available = available
        var effects: [Effect] = []
        for id in self.order {
            guard var frame = self.pending[id] else { continue }
            // Who comes back may be asked again.
            frame.refusers.formIntersection(available)
            frame.copies.removeAll { !available.contains($0.node) }
            self.pending[id] = frame
            self.sendCopies(of: id, at: now, &effects)
        }
        return effects
    }

    /// Sends copies elsewhere that were not acknowledged in time, and tells the patient that one copy is safe.
    package mutating func tick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        for id in self.order {
            guard let frame = self.pending[id] else { continue }
            for copy in frame.copies where copy.at + self.limits.copyTimeout <= now {
                self.lose(copy.node, of: id, at: now, &effects)
            }
            guard frame.began + self.limits.patience <= now else { continue }
            if frame.holders.isEmpty { continue }
            for sender in self.pending[id]?.waiters ?? [] { effects.append(.accept(id, sender)) }
            self.pending[id]?.waiters = []
            self.endIfDone(id, &effects)
        }
        return effects
    }

    // MARK: - Copies

    /// Nodes that are to hold the frame as things stand: the best available ones, this one first if it is among them.
    private func targets(of frame: Pending) -> [NodeID] {
        let usable = self.placement.ranking(of: frame.partition).filter {
            self.available.contains($0) && !frame.refusers.contains($0)
        }
        return Array(usable.prefix(self.placement.parameters.replication))
    }

    private mutating func sendCopies(of id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        guard var frame = self.pending[id] else { return }
        for node in self.targets(of: frame) where node != self.local && !frame.holders.contains(node) {
            guard !frame.copies.contains(where: { $0.node == node }) else { continue }
            frame.copies.append(Copy(node: node, at: now))
            effects.append(.copy(id, to: node))
        }
        frame.copies.sort { $0.node < $1.node }
        self.pending[id] = frame
    }

    private mutating func lose(_ node: NodeID, of id: FrameID, at now: Duration, _ effects: inout [Effect]) {
        self.pending[id]?.copies.removeAll { $0.node == node }
        self.pending[id]?.refusers.insert(node)
        self.sendCopies(of: id, at: now, &effects)
        self.giveUpIfHopeless(id, &effects)
        self.endIfDone(id, &effects)
    }

    /// Tells everybody who waits, once W nodes hold the frame.
    private mutating func settle(_ id: FrameID, _ effects: inout [Effect]) {
        guard let frame = self.pending[id] else { return }
        if frame.holders.count >= self.placement.parameters.confirmations {
            for sender in frame.waiters { effects.append(.confirm(id, sender)) }
            self.pending[id]?.waiters = []
        }
        self.endIfDone(id, &effects)
    }

    /// Refuses where nobody holds the frame and nobody is left to take it.
    private mutating func giveUpIfHopeless(_ id: FrameID, _ effects: inout [Effect]) {
        guard let frame = self.pending[id], frame.holders.isEmpty, frame.copies.isEmpty, !frame.isAppending
        else {
            return
        }
        for sender in frame.waiters { effects.append(.refuse(id, sender, .disk)) }
        self.pending[id]?.waiters = []
        self.endIfDone(id, &effects)
    }

    /// Lets a frame go whose senders know, and of which no copy is out.
    private mutating func endIfDone(_ id: FrameID, _ effects: inout [Effect]) {
        guard let frame = self.pending[id], frame.waiters.isEmpty, frame.copies.isEmpty, !frame.isAppending
        else {
            return
        }
        self.pending[id] = nil
        self.pendingBytes -= frame.bytes
        self.order.removeAll { $0 == id }
        effects.append(.release(id))
    }

    private static func adding(_ node: NodeID, to nodes: [NodeID]) -> [NodeID] {
        nodes.contains(node) ? nodes : (nodes + [node]).sorted()
    }

    private static func earlier(_ left: Duration?, _ right: Duration) -> Duration {
        left.map { min($0, right) } ?? right
    }
}
