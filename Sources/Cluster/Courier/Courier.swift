package import Telemetry

/// Brings frames from an edge to the cluster: which node each goes to, when it is sent again, and when it may be let go.
///
/// A frame belongs to its data, not to an endpoint: it goes to the first live owner of its first chunk, over few
/// connections; what a node did not confirm is sent again, elsewhere where the view changed, and unchanged.
///
/// Pure: bytes stay with the shell, under the frame's id. One owner at a time; time is since the process started.
package struct Courier: Sendable {
    /// Bounds and times, all positive.
    package struct Limits: Equatable, Sendable {
        /// Connections at once; frames for other nodes go through one of these.
        package var connectionsMax = 8
        /// A node that leaves a frame unanswered so long is taken for gone.
        package var answerTimeout = Duration.seconds(10)
        /// What was not confirmed is sent again after so long.
        package var retryDelay = Duration.seconds(1)
        /// A node that could not be reached is tried again after so long, doubled with each failure.
        package var reconnectDelay = Duration.milliseconds(250)
        /// But at most so long.
        package var reconnectDelayMax = Duration.seconds(8)

        /// The bounds of the product.
        package init() {}
    }

    /// A frame to be brought.
    package struct Parcel: Equatable, Sendable {
        /// Its name.
        package var id: FrameID
        /// That of its first chunk.
        package var partition: Int
        /// Its size on the wire.
        package var bytes: Int

        /// A frame to be brought.
        package init(id: FrameID, partition: Int, bytes: Int) {
            self.id = id
            self.partition = partition
            self.bytes = bytes
        }
    }

    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Open a connection; the answer is ``Courier/connected(to:window:at:)`` or ``Courier/connectionLost(to:at:)``.
        case connect(NodeID)
        /// Close a connection; no answer is expected.
        case disconnect(NodeID)
        /// Send a frame.
        case send(FrameID, to: NodeID)
        /// The frame is settled, and may be let go.
        case release(FrameID, Outcome.Verdict)
    }

    struct Entry: Equatable, Sendable {
        let partition: Int
        let bytes: Int
        var place: Place = .waiting
    }

    enum Place: Equatable, Sendable {
        /// In the queue of a node, or stranded.
        case waiting
        /// On its way to a node.
        case sent(NodeID)
        /// Answered, and to be sent again.
        case resting
    }

    struct Link: Equatable, Sendable {
        enum State: Equatable, Sendable {
            case connecting
            case open
            /// Nothing is tried before then.
            case failed(until: Duration)
        }
        var state: State
        var failures = 0
        var window = 0
        var outstanding = 0
        /// Sent and perhaps not answered, oldest first.
        var sent = FrameQueue()
        /// To be sent when the window allows, oldest first.
        var waiting = FrameQueue()
    }

    let limits: Limits
    var entries: [FrameID: Entry] = [:]
    var links: [NodeID: Link] = [:]
    /// Frames for which nobody can be found.
    var stranded = FrameQueue()
    /// Answered and not settled; each is sent again when its time has come.
    var resting = FrameQueue()
    var view: ClusterView?
    var placement: Placement?
    /// Members that take frames and are not known to be out of reach.
    var targets: Set<NodeID> = []
    private var floors = FrameFloors()
    /// Bytes of all frames that are not settled.
    package private(set) var heldBytes = 0
    /// Frames that were sent a second time or more often.
    package internal(set) var resentCount: UInt64 = 0

    /// A courier that knows no cluster yet.
    package init(limits: Limits = .init()) { self.limits = limits }

    /// The cluster as it was told last; nil before.
    package var currentView: ClusterView? { self.view }

    /// Frames that are not settled.
    package var heldCount: Int { self.entries.count }

    /// Whether nobody is known to whom anything could be sent: the shell then asks its seeds.
    package var needsSeeds: Bool { !self.links.values.contains { $0.state == .open } }

    /// Everything of a run below this number is settled.
    package func floor(of run: RunID) -> UInt64 { self.floors.floor(of: run) }

    /// When ``tick(at:)`` wants to be called; nil for never.
    package var deadline: Duration? {
        var deadline = self.resting.first?.at
        for link in self.links.values {
            if case .failed(let until) = link.state { deadline = min(deadline ?? until, until) }
            if let oldest = link.sent.first {
                let end = oldest.at + self.limits.answerTimeout
                deadline = min(deadline ?? end, end)
            }
        }
        return deadline
    }

    // MARK: - Inputs

    /// Takes frames, oldest first; one that is known already is not taken twice.
    package mutating func add(_ parcels: [Parcel], at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        for parcel in parcels where self.entries[parcel.id] == nil {
            self.entries[parcel.id] = Entry(partition: parcel.partition, bytes: parcel.bytes)
            self.heldBytes += parcel.bytes
            self.floors.add(parcel.id)
            self.enqueue(parcel.id, at: now, &effects)
        }
        self.pump(at: now, &effects)
        return effects
    }

    /// The cluster is another than was known.
    package mutating func viewChanged(_ view: ClusterView, at now: Duration) -> [Effect] {
        guard view != self.view else { return [] }
        self.view = view
        var effects: [Effect] = []
        self.updateTargets(&effects)
        self.reroute(at: now, &effects)
        return effects
    }

    /// A connection stands.
    ///
    /// - Parameters:
    ///   - node: Whose it is.
    ///   - window: Bytes of frames that may be unanswered.
    ///   - now: Since the process started.
    /// - Returns: What to do.
    package mutating func connected(to node: NodeID, window: Int, at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        var link = self.links[node] ?? Link(state: .open)
        link.state = .open
        link.failures = 0
        link.window = window
        self.links[node] = link
        self.updateTargets(&effects)
        self.reroute(at: now, &effects)
        return effects
    }

    /// A node changed how much may be unanswered.
    package mutating func windowChanged(of node: NodeID, to window: Int, at now: Duration) -> [Effect] {
        self.links[node]?.window = window
        var effects: [Effect] = []
        self.pump(at: now, &effects)
        return effects
    }

    /// A connection ended, or could not be opened: what was sent over it goes elsewhere.
    package mutating func connectionLost(to node: NodeID, at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        self.fail(node, at: now, &effects)
        self.reroute(at: now, &effects)
        return effects
    }

    /// A node said what became of a frame.
    package mutating func answered(
        _ id: FrameID,
        _ verdict: Outcome.Verdict,
        by node: NodeID,
        at now: Duration
    ) -> [Effect] {
        guard let entry = self.entries[id] else { return [] }
        var effects: [Effect] = []
        if entry.place == .sent(node) { self.links[node]?.outstanding -= entry.bytes }
        switch verdict {
        case .confirmed, .replay, .damaged, .restamp:
            self.settle(id, entry, verdict, by: node, &effects)
        case .accepted, .refused:
            // A late answer of a node that was given up changes nothing: the frame is on its way elsewhere.
            guard entry.place == .sent(node) else { break }
            self.entries[id]?.place = .resting
            self.resting.append(id, at: now + self.limits.retryDelay)
        }
        self.dropAnswered(of: node)
        self.pump(at: now, &effects)
        return effects
    }

    /// Lets a frame go that its owner does not keep any longer.
    package mutating func forget(_ id: FrameID) {
        guard let entry = self.entries[id] else { return }
        if case .sent(let node) = entry.place { self.links[node]?.outstanding -= entry.bytes }
        self.remove(id, entry)
    }

    /// Sends again what has rested, gives up nodes that do not answer, and tries those again that could not be reached.
    package mutating func tick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        while let first = self.resting.first, first.at <= now {
            self.resting.removeFirst()
            guard self.entries[first.id]?.place == .resting else { continue }
            self.entries[first.id]?.place = .waiting
            self.resentCount += 1
            self.enqueue(first.id, at: now, &effects)
        }
        var isChanged = false
        for node in self.links.keys.sorted() {
            self.dropAnswered(of: node)
            guard let link = self.links[node] else { continue }
            if case .failed(let until) = link.state, until <= now {
                self.links[node]?.state = .failed(until: .zero)
                isChanged = true
            } else if let oldest = link.sent.first, oldest.at + self.limits.answerTimeout <= now {
                effects.append(.disconnect(node))
                self.fail(node, at: now, &effects)
                isChanged = true
            }
        }
        if isChanged {
            self.updateTargets(&effects)
            self.reroute(at: now, &effects)
        } else {
            self.pump(at: now, &effects)
        }
        return effects
    }

    // MARK: - Settling

    private mutating func settle(
        _ id: FrameID,
        _ entry: Entry,
        _ verdict: Outcome.Verdict,
        by answerer: NodeID,
        _ effects: inout [Effect]
    ) {
        // Answered by one node while it is on its way to another.
        if case .sent(let node) = entry.place, node != answerer {
            self.links[node]?.outstanding -= entry.bytes
        }
        self.remove(id, entry)
        effects.append(.release(id, verdict))
    }

    private mutating func remove(_ id: FrameID, _ entry: Entry) {
        self.entries[id] = nil
        self.heldBytes -= entry.bytes
        self.floors.settle(id)
    }
}
