import Telemetry
import Testing

@testable import Cluster

/// A courier with a shell that refuses impossible effects, and nodes that do as a test says.
struct CourierBench {
    struct Connection {
        var isOpen = false
        var window = 0
        /// Sent and not answered, with their bytes.
        var unanswered: [(id: FrameID, bytes: Int)] = []

        var outstanding: Int { self.unanswered.reduce(0) { $0 + $1.bytes } }
    }

    let comment: Comment
    let connectionsMax: Int
    var courier: Courier
    var now = Duration.zero
    var connections: [NodeID: Connection] = [:]
    /// Frames that the courier has to bring, by their bytes.
    var held: [FrameID: Int] = [:]
    var released: [FrameID: Outcome.Verdict] = [:]
    /// What each run's next frame is called.
    var nextSequence: [UInt64: UInt64] = [:]
    /// What is being answered just now.
    private var answering: (id: FrameID, verdict: Outcome.Verdict)?

    init(_ comment: Comment = "", limits: Courier.Limits = .init()) {
        self.comment = comment
        self.connectionsMax = limits.connectionsMax
        self.courier = Courier(limits: limits)
    }

    // MARK: - Inputs

    mutating func add(_ parcels: [Courier.Parcel]) {
        for parcel in parcels where self.held[parcel.id] == nil { self.held[parcel.id] = parcel.bytes }
        self.input { $0.add(parcels, at: $1) }
    }

    /// Frames of a run, in order, with gaps between their numbers where a test wants some.
    mutating func add(_ count: Int, run: UInt64 = 1, partition: Int = 0, bytes: Int = 100, gap: UInt64 = 1) {
        let parcels = (0..<count).map { _ in
            self.nextSequence[run, default: 0] += gap
            let id = FrameID(run: RunID(high: 7, low: run), sequence: self.nextSequence[run] ?? 0)
            return Courier.Parcel(id: id, partition: partition, bytes: bytes)
        }
        self.add(parcels)
    }

    mutating func view(_ records: [MemberRecord]) {
        let view = ClusterView(records, .standard)
        self.input { $0.viewChanged(view, at: $1) }
    }

    mutating func open(_ node: NodeID, window: Int = 1000) {
        self.connections[node, default: Connection()].isOpen = true
        self.connections[node]?.window = window
        self.input { $0.connected(to: node, window: window, at: $1) }
    }

    mutating func lose(_ node: NodeID) {
        self.connections[node] = nil
        self.input { $0.connectionLost(to: node, at: $1) }
    }

    /// Answers the frame that a node has had for the longest time.
    mutating func answer(_ node: NodeID, _ verdict: Outcome.Verdict, at place: Int = 0) {
        guard let id = self.connections[node]?.unanswered.remove(at: place).id else { return }
        self.answering = (id, verdict)
        self.input { $0.answered(id, verdict, by: node, at: $1) }
        self.answering = nil
    }

    mutating func forget(_ id: FrameID) {
        self.held[id] = nil
        self.input { $0.forget(id, at: $1) }
    }

    mutating func tick(after wait: Duration) {
        self.now += wait
        self.input { $0.tick(at: $1) }
        // Whoever waits for a time that is over would wake for nothing, again and again.
        if let deadline = self.courier.deadline { #expect(deadline > self.now, self.comment) }
    }

    mutating func window(_ node: NodeID, _ bytes: Int) {
        self.connections[node]?.window = bytes
        self.input { $0.windowChanged(of: node, to: bytes, at: $1) }
    }

    // MARK: - Effects

    private mutating func input(_ body: (inout Courier, Duration) -> [Courier.Effect]) {
        let effects = body(&self.courier, self.now)
        for effect in effects { self.perform(effect) }
        #expect(self.connections.count <= self.connectionsMax, self.comment)
        #expect(self.courier.heldCount == self.held.count, self.comment)
        #expect(self.courier.heldBytes == self.held.values.reduce(0, +), self.comment)
    }

    private mutating func perform(_ effect: Courier.Effect) {
        switch effect {
        case .connect(let node):
            #expect(self.connections[node] == nil, self.comment)
            self.connections[node] = Connection()
        case .disconnect(let node):
            #expect(self.connections[node] != nil, self.comment)
            self.connections[node] = nil
        case .send(let id, let node):
            let bytes = self.held[id]
            #expect(bytes != nil, self.comment)
            guard let connection = self.connections[node], let bytes else {
                Issue.record("\(id) was sent to \(node), to which no connection stands")
                return
            }
            #expect(connection.isOpen && connection.window > 0, self.comment)
            let fits = connection.outstanding + bytes <= connection.window
            #expect(fits || connection.unanswered.isEmpty, self.comment)
            #expect(!connection.unanswered.contains { $0.id == id }, self.comment)
            self.connections[node]?.unanswered.append((id, bytes))
        case .release(let id, let verdict):
            #expect(self.held.removeValue(forKey: id) != nil, self.comment)
            #expect(self.released.updateValue(verdict, forKey: id) == nil, self.comment)
            // Only what was answered so just now.
            #expect(self.answering?.id == id && self.answering?.verdict == verdict, self.comment)
            #expect(verdict != .accepted && verdict != .refused, self.comment)
        }
    }

    /// No floor lies above a frame that is not settled.
    func checkFloors() {
        for id in self.held.keys {
            #expect(self.courier.floor(of: id.run) <= id.sequence, self.comment)
        }
    }
}
