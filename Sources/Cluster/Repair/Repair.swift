package import Telemetry

/// Finds what this node lacks of its partitions, and gives away what it holds of others': the loop that makes the copies of
/// every chunk as many as they are to be.
///
/// In each round it asks every present node for digests of the partitions that this node owns. Where one holds something
/// else, hours, minutes and names are compared, and what is missing is fetched: partitions with the fewest holders first, at a
/// bounded rate, one question at a time. Of a partition that it holds and does not own it asks the owners: what all of them hold
/// is given away. So a chunk that any node holds comes to its owners, and only to them. Nothing below the higher of two nodes'
/// floors is compared, so that nothing expired returns.
///
/// Pure: the shell asks, writes and removes. `now` is monotonic since the process started, `clock` cluster time; neither is ever before
/// that of the call before.
package struct Repair: Sendable {
    struct Survey: Sendable {
        var minutes: Range<UInt32>
        var waiting: [UInt64: NodeID] = [:]
        /// Questions about what was deleted for good.
        var waitingPurges: Set<UInt64> = []
        var floors: [NodeID: UInt32] = [:]
        var digests: [NodeID: [UInt16: ChunkDigest]] = [:]
        /// What is held here, by the floor from which it counts.
        var own: [UInt32: [UInt16: ChunkDigest]] = [:]
        var waitingOwn: [UInt64: UInt32] = [:]
    }

    /// One thing to do in a round.
    enum Item: Equatable, Sendable {
        case pull(NodeID, [UInt16], minutes: Range<UInt32>)
        case give([NodeID], [UInt16], minutes: Range<UInt32>)
    }

    /// What is being given away, owner by owner.
    struct Giving: Sendable {
        var owners: [NodeID]
        var asked = 0
        var partitions: [UInt16]
        var minutes: Range<UInt32>
        /// What this node held while an owner held all of it, and how many owners did.
        var holders: [SpanDigest: Int] = [:]
    }

    /// That a node gave no answer, or one that is none.
    struct Offence: Sendable {
        var times = 0
        /// Whether any of its answers was none; silence alone is over when a new link stands.
        var isGarbage = false
        /// It is asked nothing before.
        var until: Duration
    }

    enum Phase: Sendable {
        case idle
        case surveying(Survey)
        case working
    }

    let local: NodeID
    package let options: Options
    /// What was counted since the process started.
    package internal(set) var counts = Counts()
    /// How the last round found things.
    package internal(set) var findings = Findings()
    /// Who is to hold what.
    package private(set) var placement: Placement
    /// Who can be asked, sorted; without this node.
    var peers: [NodeID] = []
    /// When the view changed last.
    var viewSince = Duration.zero
    var phase = Phase.idle
    var roundAt: Duration
    /// Nothing is copied before, since a member lost its place: it may be back soon.
    private var deathUntil = Duration.zero
    var hotRounds: Int
    /// Pairs that were unequal in the round before.
    var unequalBefore: [NodeID: PartitionSet] = [:]
    var items: [Item] = []
    var comparison: Comparison?
    var giving: Giving?
    /// Chunks that are still to be fetched from the node that is compared with.
    var wanted: [ChunkName] = []
    var wantedIndex = 0
    /// Those that were asked for, or are being written.
    var fetching: [ChunkName] = []
    /// Numbers of questions that were not answered yet, of whom, and until when.
    var open: [UInt64: (node: NodeID, until: Duration)] = [:] {
        didSet { if self.open.isEmpty { self.firstTimeout = nil } }
    }
    /// No question is given up before; nil where none is open.
    var firstTimeout: Duration?
    /// The number of what is being written, and whose it was; nil where nothing is.
    ///
    /// A round may have begun since.
    var keeping: (number: UInt64, node: NodeID)?
    /// Nothing more is fetched before.
    var pausedUntil = Duration.zero
    /// Whether this round brought something.
    var hasBrought = false
    var offenders: [NodeID: Offence] = [:]
    var clock = ClusterTime(nanoseconds: 0)
    /// The oldest minute that counts here.
    var floor: UInt32 = 0
    /// ``Tombstones/digest`` of what this node knows to be deleted.
    var purges: UInt64 = 0
    /// Whether this node took in nothing when it was asked last.
    private var wasRefusing = false
    private var lastNumber: UInt64 = 0

    /// A node that has compared nothing yet.
    package init(local: NodeID, placement: Placement, options: Options = .init()) {
        self.local = local
        self.options = options
        self.placement = placement
        self.roundAt = options.hotInterval
        self.hotRounds = options.hotRounds
    }

    /// Whether a round is on its way.
    package var isBusy: Bool { if case .idle = self.phase { false } else { true } }

    /// When ``tick(at:clock:floor:)`` wants to be called.
    package var deadline: Duration {
        switch self.phase {
        case .idle: return self.roundAt
        case .surveying, .working:
            guard self.open.isEmpty, self.keeping == nil else {
                return self.firstTimeout ?? self.pausedUntil + .hours
            }
            return self.pausedUntil
        }
    }

    func owns(_ partition: Int) -> Bool { self.placement.isOwner(self.local, of: partition) }

    mutating func nextNumber() -> UInt64 {
        self.lastNumber += 1
        return self.lastNumber
    }

    mutating func ask(_ question: RepairQuestion, of node: NodeID, at now: Duration) -> Effect {
        let number = self.nextNumber()
        let until = now + self.options.answerTimeout
        self.open[number] = (node, until)
        self.firstTimeout = min(self.firstTimeout ?? until, until)
        return .ask(question, of: node, number: number)
    }

    // MARK: - Inputs

    /// The cluster is seen otherwise: a round that is under way is given up, and others follow soon.
    ///
    /// - Parameters:
    ///   - placement: Who is to hold what.
    ///   - peers: Who answers; this node is passed over.
    ///   - now: The present time.
    package mutating func viewChanged(_ placement: Placement, peers: [NodeID], at now: Duration) {
        let peers = peers.filter { $0 != self.local }.sorted()
        guard placement != self.placement || peers != self.peers else { return }
        let isDeath = !Set(self.placement.nodes).isSubset(of: placement.nodes)
        let isMoved = placement != self.placement
        (self.placement, self.peers) = (placement, peers)
        self.viewSince = now
        for node in self.offenders.keys.sorted() where !peers.contains(node) { self.offenders[node] = nil }
        if isMoved { self.giveUp() }
        // Deaths in a row wait no longer than the first one.
        if isDeath, self.deathUntil <= now {
            let isOfMany = placement.parameters.replication > 2
            self.deathUntil = now + (isOfMany ? self.options.deathDelayOfMany : self.options.deathDelay)
        }
        self.hurry(at: now)
    }

    /// A node can be asked again: the link to it stands anew.
    ///
    /// What was meant for it, or for this node, may be elsewhere, though nobody took either for gone: the youngest minutes are
    /// looked at too.
    package mutating func met(_ node: NodeID, at now: Duration) {
        guard self.peers.contains(node) else { return }
        if self.offenders[node]?.isGarbage == false { self.offenders[node] = nil }
        self.hurry(at: now)
    }

    /// Lets hot rounds follow soon.
    private mutating func hurry(at now: Duration) {
        self.hotRounds = self.options.hotRounds
        guard case .idle = self.phase else { return }
        // However often this happens, a round that was near does not move away.
        self.roundAt = max(min(self.roundAt, now + self.options.hotInterval), self.deathUntil)
    }

    /// The deadline is there, or time has passed.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - clock: Cluster time.
    ///   - floor: The oldest minute since the Unix epoch that this node keeps.
    ///   - purges: ``Tombstones/digest`` of what it knows to be deleted for good.
    ///   - isRefusing: Whether it takes in nothing for now. Once it does again, even the youngest minutes are looked at: they may lack
    ///     what was refused.
    /// - Returns: What to do.
    package mutating func tick(
        at now: Duration,
        clock: ClusterTime,
        floor: UInt32,
        purges: UInt64 = 0,
        isRefusing: Bool = false
    ) -> [Effect] {
        if self.wasRefusing, !isRefusing { self.hotRounds = self.options.hotRounds }
        self.wasRefusing = isRefusing
        self.purges = purges
        self.clock = max(self.clock, clock)
        self.floor = max(self.floor, floor)
        var effects: [Effect] = []
        if let first = self.firstTimeout, first <= now {
            for (number, question) in self.open.sorted(by: { $0.key < $1.key }) where question.until <= now {
                effects += self.unanswered(number, isGarbage: false, at: now)
            }
            self.firstTimeout = self.open.values.map(\.until).min()
        }
        switch self.phase {
        case .idle: if self.roundAt <= now { effects += self.beginRound(at: now) }
        case .surveying: break
        case .working:
            if self.open.isEmpty, self.keeping == nil, self.pausedUntil <= now {
                effects += self.work(at: now)
            }
        }
        return effects
    }

    /// A node, or the own store, answered.
    package mutating func answered(_ number: UInt64, _ answer: RepairAnswer, at now: Duration) -> [Effect] {
        guard let question = self.open.removeValue(forKey: number) else { return [] }
        switch self.phase {
        case .idle: return []
        case .surveying(var survey):
            if survey.waitingPurges.remove(number) != nil {
                self.phase = .surveying(survey)
                guard case .purges(let others) = answer else {
                    return self.reject(number, of: question.node, at: now)
                }
                return (others.isEmpty ? [] : [.bury(others)]) + self.goOn(at: now)
            }
            guard case .partitions(let digests, let floor) = answer else {
                return self.reject(number, of: question.node, at: now)
            }
            // Taken out while it changes, so that it is not copied.
            self.phase = .idle
            let known = Dictionary(digests.map { ($0.partition, $0.digest) }) { first, _ in first }
            if let own = survey.waitingOwn.removeValue(forKey: number) {
                survey.own[own] = known
            } else if survey.waiting.removeValue(forKey: number) != nil {
                survey.digests[question.node] = known
                survey.floors[question.node] = max(self.floor, floor)
                self.forgive(question.node, at: now)
            }
            self.phase = .surveying(survey)
            return self.goOn(at: now)
        case .working:
            if case .chunks(let bytes) = answer, !self.fetching.isEmpty, question.node != self.local {
                return self.fetched(bytes, from: question.node, at: now)
            }
            let side = question.node == self.local ? Comparison.Side.mine : .theirs
            guard let results = self.comparison?.take(answer, of: side) else {
                return self.reject(number, of: question.node, at: now)
            }
            self.note(results)
            return self.goOn(at: now)
        }
    }

    /// A question will not be answered.
    ///
    /// - Parameters:
    ///   - number: That of the question.
    ///   - isGarbage: Whether an answer came that is none.
    ///   - now: The present time.
    /// - Returns: What to do.
    package mutating func unanswered(_ number: UInt64, isGarbage: Bool, at now: Duration) -> [Effect] {
        guard let question = self.open.removeValue(forKey: number) else { return [] }
        if isGarbage { self.counts.garbage += 1 } else { self.counts.unanswered += 1 }
        if case .surveying(var survey) = self.phase, survey.waitingPurges.remove(number) != nil {
            // Whether it answers is judged by the other question.
            self.phase = .surveying(survey)
            return self.goOn(at: now)
        }
        self.leaveAlone(question.node, isGarbage: isGarbage, at: now)
        if case .surveying(var survey) = self.phase {
            survey.waiting[number] = nil
            if survey.waitingOwn.removeValue(forKey: number) != nil {
                // A store that cannot say what it holds compares nothing now.
                self.rest(at: now)
                return []
            }
            self.phase = .surveying(survey)
        } else {
            self.giveUpItem()
        }
        return self.goOn(at: now)
    }

    /// What was fetched is on the own disk, or is not.
    package mutating func kept(_ number: UInt64, _ kept: Kept, at now: Duration) -> [Effect] {
        guard let keeping = self.keeping, keeping.number == number else { return [] }
        self.keeping = nil
        let asked = self.fetching
        self.fetching = []
        switch kept {
        case .safe(let names, let isNews):
            let here = Set(names)
            let rest = asked.filter { !here.contains($0) }
            self.counts.fetchedChunks += UInt64(asked.count - rest.count)
            if rest.count < asked.count {
                // What is refused again and again, as deleted, hurries nobody.
                if isNews { self.hasBrought = true }
                // More than fits one answer: what was left out is asked for again.
                self.wanted.append(contentsOf: rest)
            } else {
                self.counts.goneChunks += UInt64(rest.count)
            }
        case .garbage:
            self.counts.garbage += 1
            self.leaveAlone(keeping.node, isGarbage: true, at: now)
            self.giveUpWork()
        case .refused:
            self.counts.refused += 1
            self.hasBrought = false
            if case .working = self.phase { self.items = [] }
            self.giveUpWork()
        }
        return self.goOn(at: now)
    }
}

extension Duration {
    fileprivate static var hours: Duration { .seconds(3600) }
}
