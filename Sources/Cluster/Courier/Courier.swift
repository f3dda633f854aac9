package import Telemetry

/// Brings frames from an edge to the cluster: which node each goes to, when it is sent again, and when it may be let go.
///
/// A frame belongs to its data, not to an endpoint: it goes to the first live owner of its first chunk, over few
/// connections; what a node did not confirm is sent again, elsewhere where the view changed, and unchanged.
///
/// Pure: bytes stay with the shell, under the frame's id. One owner at a time; time is since the process started. An
/// input costs O(nodes) and O(1) for each frame that it moves; a change of the view walks the frames that wait.
package struct Courier: Sendable {
    let limits: Limits
    /// Never walked.
    var entries: [FrameID: Entry] = [:]
    /// Never walked but sorted.
    var links: [NodeID: Link] = [:]
    /// Frames for which nobody can be found.
    var stranded = FrameQueue()
    /// Answered and not settled; each is sent again when its time has come.
    var resting = FrameQueue()
    var view: ClusterView?
    var placement: Placement?
    /// Members that take frames and are not known to be out of reach.
    var targets: Set<NodeID> = []
    /// Nodes over whose open connections frames may go though the view has them for gone, in order.
    var spares: [NodeID] = []
    private var floors = FrameFloors()
    private var lastNumber: UInt64 = 0
    private var lastTurn: UInt64 = 0
    /// Bytes of all frames that are not settled.
    package private(set) var heldBytes = 0
    /// Frames that were sent a second time or more often.
    package internal(set) var resentCount: UInt64 = 0

    /// A courier that knows no cluster yet.
    package init(limits: Limits = .init()) {
        precondition(
            limits.isValid,
            "every bound of a courier is at least one, and every time longer than none"
        )
        self.limits = limits
    }

    /// The cluster as it was told last; nil before.
    package var currentView: ClusterView? { self.view }

    /// Frames that are not settled.
    package var heldCount: Int { self.entries.count }

    /// Whether nobody is known to whom anything could be sent: the shell then asks its seeds.
    package var needsSeeds: Bool { !self.links.values.contains { $0.state == .open } }

    /// Everything of a run below this number is settled; zero for a run that is not known.
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
            self.lastNumber += 1
            self.entries[parcel.id] = Entry(
                partition: parcel.partition,
                bytes: parcel.bytes,
                number: self.lastNumber
            )
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
        self.dropTheGone(at: now, &effects)
        let isOther = self.updateTargets()
        self.reroute(all: isOther, at: now, &effects)
        return effects
    }

    /// A connection stands.
    ///
    /// - Parameters:
    ///   - node: Whose it is.
    ///   - window: Bytes of frames that may be unanswered.
    ///   - now: Since the process started.
    /// - Returns: What to do: where there are too many connections, another one or this one ends.
    package mutating func connected(to node: NodeID, window: Int, at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        if self.links[node]?.isUsed != true, !self.makeRoom(at: now, &effects) {
            return [.disconnect(node)]
        }
        self.links[node, default: Link()].state = .open
        self.links[node]?.failures = 0
        self.links[node]?.window = window
        let isOther = self.updateTargets()
        self.reroute(all: isOther, at: now, &effects)
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
        guard self.links[node]?.isUsed == true else { return [] }
        var effects: [Effect] = []
        self.fail(node, at: now)
        self.updateTargets()
        self.reroute(at: now, &effects)
        return effects
    }

    /// A node said what became of a frame; an answer about a frame that is settled changes nothing.
    package mutating func answered(
        _ id: FrameID,
        _ verdict: Outcome.Verdict,
        by node: NodeID,
        at now: Duration
    ) -> [Effect] {
        var effects: [Effect] = []
        if let bytes = self.links[node]?.out.removeValue(forKey: id) {
            self.links[node]?.outstanding -= bytes
        }
        guard let entry = self.entries[id] else {
            self.pump(at: now, &effects)
            return effects
        }
        if verdict == .accepted { self.entries[id]?.isStored = true }
        switch verdict {
        // A frame that some node has already would be stored a second time under its new name.
        case .restamp where !entry.isStored: fallthrough
        case .confirmed, .replay, .damaged:
            self.remove(id, entry)
            effects.append(.release(id, verdict))
        case .accepted, .refused, .restamp:
            // A late answer of a node that was given up changes nothing: the frame is on its way elsewhere.
            guard entry.place == .sent(node) else { break }
            self.entries[id]?.tries += 1
            let turn = self.move(id, to: .resting)
            self.resting.append(.init(id: id, turn: turn, at: now + self.limits.retryDelay))
        }
        self.dropAnswered(of: node)
        self.pump(at: now, &effects)
        return effects
    }

    /// Lets a frame go that its owner does not keep any longer.
    package mutating func forget(_ id: FrameID, at now: Duration) -> [Effect] {
        guard let entry = self.entries[id] else { return [] }
        var effects: [Effect] = []
        self.remove(id, entry)
        if case .sent(let node) = entry.place { self.dropAnswered(of: node) }
        self.pump(at: now, &effects)
        return effects
    }

    /// Sends again what has rested, gives up nodes that do not answer, and tries those again that could not be reached.
    package mutating func tick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        while let first = self.resting.first, first.at <= now {
            self.resting.removeFirst()
            guard self.entries[first.id]?.turn == first.turn else { continue }
            self.resentCount += 1
            self.enqueue(first.id, at: now, &effects)
        }
        var isChanged = false
        for node in self.links.keys.sorted() {
            self.dropAnswered(of: node)
            guard let link = self.links[node] else { continue }
            if case .failed(let until) = link.state, until <= now {
                self.links[node]?.state = .idle
                isChanged = true
            } else if let oldest = link.sent.first, oldest.at + self.limits.answerTimeout <= now {
                effects.append(.disconnect(node))
                self.fail(node, at: now)
                isChanged = true
            }
        }
        if isChanged {
            self.updateTargets()
            self.reroute(at: now, &effects)
        } else {
            self.pump(at: now, &effects)
        }
        return effects
    }

    // MARK: - Places

    /// Puts a frame into another place.
    ///
    /// - Returns: Its turn there, for a queue.
    mutating func move(_ id: FrameID, to place: Place) -> UInt64 {
        guard let index = self.entries.index(forKey: id) else { return 0 }
        self.lastTurn += 1
        self.entries.values[index].place = place
        self.entries.values[index].turn = self.lastTurn
        return self.lastTurn
    }

    private mutating func remove(_ id: FrameID, _ entry: Entry) {
        self.entries[id] = nil
        self.heldBytes -= entry.bytes
        self.floors.settle(id)
    }
}
