package import Telemetry

/// Has all nodes of a cluster know the same totals: asks some of the others every second what they know that it does not.
///
/// A pure machine around an ``AggregateTable``. An exchange with a node takes two questions at most: digests of the windows, which are
/// answered by the marks of those that differ; then the entries that either side has better, both ways. So what travels depends on the
/// number of series, not on the hosts that made them. Questions are bytes for ``Effect/ask(_:_:)``, which begin with 0x83; answers come
/// back by ``answered(by:_:at:)``, or it is said by ``unanswered(by:at:)`` that none will come. The other side answers by
/// ``asked(_:at:)``. An exchange that is lost or repeated changes nothing for long, and what a peer says is bounded and checked:
/// garbage is counted and changes nothing. `at` is cluster time, and never before that of the call before.
package struct AggregateGossip: Sendable {
    /// What the shell has to do.
    package enum Effect: Equatable, Sendable {
        /// Ask a node; the bytes are at most 1 MiB.
        case ask(NodeID, [UInt8])
    }

    /// How it goes about it.
    package struct Options: Equatable, Sendable {
        /// From one round to the next, nanoseconds.
        package var interval: UInt64 = 1_000_000_000
        /// Nodes that are asked in a round.
        package var fanout = 2
        /// An answer is waited for so long, nanoseconds.
        package var timeout: UInt64 = 3_000_000_000
        /// A window is told so long after it ended, nanoseconds: most of its slots are in by then, and its totals travel once.
        package var delay: UInt64 = 2_000_000_000

        /// A round a second, with two others.
        package init() {}
    }

    /// What happened so far.
    package struct Counts: Equatable, Sendable {
        /// Exchanges that were begun.
        package internal(set) var exchanges: UInt64 = 0
        /// Questions that nobody answered in time.
        package internal(set) var unanswered: UInt64 = 0
        /// Questions of others that were answered.
        package internal(set) var answered: UInt64 = 0
        /// Questions and answers that made no sense.
        package internal(set) var garbage: UInt64 = 0
        /// Entries that others gave.
        package internal(set) var entriesTaken: UInt64 = 0
        /// Entries that were given to others.
        package internal(set) var entriesGiven: UInt64 = 0
        /// Bytes of questions and answers that were sent.
        package internal(set) var bytesSent: UInt64 = 0

        /// Nothing happened yet.
        package init() {}
    }

    /// What is waited for.
    private enum Stage: Equatable, Sendable {
        /// The marks of windows that differ.
        ///
        /// Can transition to ``entries`` when they come and something differs.
        case marks
        /// The entries that were lacked.
        case entries
    }

    private struct Waiting: Equatable, Sendable {
        var stage: Stage
        var until: ClusterTime
    }

    /// What the node knows.
    package internal(set) var table: AggregateTable
    /// What happened so far.
    package internal(set) var counts = Counts()
    let options: Options
    private var peers: [NodeID] = []
    /// Never walked but sorted.
    private var waiting: [NodeID: Waiting] = [:]
    private var random: SplitMix64
    private var nextRound: ClusterTime

    /// A machine of a node that knows nobody yet.
    ///
    /// - Parameters:
    ///   - table: What the node knows.
    ///   - options: How it goes about it.
    ///   - seed: Of the choice of peers.
    ///   - now: Cluster time; the first round comes one interval later.
    package init(
        table: AggregateTable = AggregateTable(),
        options: Options = Options(),
        seed: UInt64,
        at now: ClusterTime
    ) {
        self.table = table
        self.options = options
        self.random = SplitMix64(seed: seed)
        self.nextRound = now.advanced(byNanoseconds: Int64(clamping: options.interval))
        self.table.advance(to: now)
    }

    /// How many others there are, and how many of them are waited for.
    var peerCount: Int { self.peers.count }
    var waitingCount: Int { self.waiting.count }

    /// When ``tick(at:)`` has something to do.
    package var deadline: ClusterTime {
        self.waiting.values.map(\.until).min().map { min($0, self.nextRound) } ?? self.nextRound
    }

    /// Whether a question between nodes is meant for this machine, of any version.
    package static func isAsked(by question: [UInt8]) -> Bool { question.first == AggregateMessage.tag }

    // MARK: - Inputs

    /// Adds the slots of a chunk that this node holds; see ``AggregateTable/add(_:_:)``.
    package mutating func add(_ chunk: ChunkID, _ slots: [Slot], at now: ClusterTime) {
        self.table.advance(to: now)
        self.table.add(chunk, slots)
    }

    /// The cluster is another than before.
    ///
    /// - Parameters:
    ///   - peers: The other nodes that answer, in any order.
    ///   - isOwned: Whether this node owns a partition.
    ///   - now: Cluster time.
    package mutating func viewChanged(
        peers: [NodeID],
        isOwned: (Int) -> Bool,
        at now: ClusterTime
    ) {
        self.table.advance(to: now)
        self.table.own(where: isOwned)
        self.peers = Set(peers).sorted()
        for node in self.waiting.keys.sorted() where !self.peers.contains(node) { self.waiting[node] = nil }
    }

    /// The deadline is there: ends what was waited for too long, and begins a round.
    package mutating func tick(at now: ClusterTime) -> [Effect] {
        self.table.advance(to: now)
        for node in self.waiting.keys.sorted() {
            guard let waiting = self.waiting[node], waiting.until <= now else { continue }
            self.waiting[node] = nil
            self.counts.unanswered += 1
        }
        guard self.nextRound <= now else { return [] }
        self.nextRound = now.advanced(byNanoseconds: Int64(clamping: self.options.interval))
        return self.round(at: now)
    }

    /// A node answered the question that it was asked last; another one's answer changes nothing.
    ///
    /// - Returns: The second question, where something differs.
    package mutating func answered(by node: NodeID, _ bytes: [UInt8], at now: ClusterTime) -> [Effect] {
        self.table.advance(to: now)
        // An answer that came too late; what it says is asked for again.
        guard let waiting = self.waiting.removeValue(forKey: node) else { return [] }
        let message: AggregateMessage
        do throws(WireFailure) { message = try AggregateMessage.answer(bytes.raw) } catch {
            self.counts.garbage += 1
            return []
        }
        switch (waiting.stage, message) {
        case (.marks, .marks(let windows)):
            let exchanges = self.exchanges(for: windows)
            guard !exchanges.isEmpty else { return [] }
            return [self.ask(node, .entries(exchanges), .entries, at: now)]
        // Entries may be those of a question that was given up; they are as good as any.
        case (_, .entries(let windows)): self.take(windows)
        // The first answer once more; the second is still waited for.
        default: self.waiting[node] = waiting
        }
        return []
    }

    /// It is known that a node will not answer the question that it was asked last.
    package mutating func unanswered(by node: NodeID, at now: ClusterTime) {
        self.table.advance(to: now)
        if self.waiting.removeValue(forKey: node) != nil { self.counts.unanswered += 1 }
    }

    /// Another node asks.
    ///
    /// - Returns: The answer, at most 4 MiB; nil where the question makes no sense.
    package mutating func asked(_ bytes: [UInt8], at now: ClusterTime) -> [UInt8]? {
        self.table.advance(to: now)
        let message: AggregateMessage
        do throws(WireFailure) { message = try AggregateMessage.question(bytes.raw) } catch {
            self.counts.garbage += 1
            return nil
        }
        let answer: [UInt8]
        switch message {
        case .digests(let summaries): answer = self.marks(for: summaries, at: now).answer
        case .entries(let windows):
            self.take(windows)
            answer = self.given(for: windows).answer
        case .marks: return nil
        }
        self.counts.answered += 1
        self.counts.bytesSent += UInt64(answer.count)
        return answer
    }

    // MARK: - Private

    private mutating func round(at now: ClusterTime) -> [Effect] {
        var free = self.peers.filter { self.waiting[$0] == nil }
        var effects: [Effect] = []
        let summaries = self.table.summaries(in: self.comparable(at: now))
        for _ in 0..<min(self.options.fanout, free.count) {
            let node = free.remove(at: self.random.below(free.count))
            self.counts.exchanges += 1
            effects.append(self.ask(node, .digests(summaries), .marks, at: now))
        }
        return effects
    }

    private mutating func ask(
        _ node: NodeID,
        _ message: AggregateMessage,
        _ stage: Stage,
        at now: ClusterTime
    ) -> Effect {
        let until = now.advanced(byNanoseconds: Int64(clamping: self.options.timeout))
        self.waiting[node] = Waiting(stage: stage, until: until)
        let bytes = message.question
        self.counts.bytesSent += UInt64(bytes.count)
        return .ask(node, bytes)
    }
}
