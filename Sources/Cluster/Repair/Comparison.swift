internal import Telemetry

/// Two nodes' chunks of some partitions, compared top-down: hours and minutes first, then the names in those that differ.
///
/// Pure, and a part of ``Repair``: it says what is to be asked next, of which side.
struct Comparison: Equatable, Sendable {
    /// What one of the two is asked.
    enum Side: Equatable, Sendable { case mine, theirs }

    /// What is wanted of it.
    enum Purpose: Equatable, Sendable {
        /// Chunks that they have and this node lacks.
        case pull
        /// Hours and minutes that they hold all of.
        case give
    }

    /// A span that was compared name by name, or is equal.
    enum Result: Equatable, Sendable {
        /// They hold all that this node holds of it: that is this much.
        case held(SpanDigest)
        /// They have these, and this node does not.
        case missing([ChunkName])
        /// Slots were rolled up from different chunks: nobody can tell what is missing.
        case unsettled
    }

    let node: NodeID
    let purpose: Purpose
    let partitions: [UInt16]
    let minutes: Range<UInt32>
    let minutesFrom: UInt32
    private var spans: [BucketSpan] = []
    private var counts: [BucketSpan: UInt64] = [:]
    /// What this node holds of each span that differs.
    private var mine: [BucketSpan: ChunkDigest] = [:]
    private var mySpans: [SpanDigest]?
    private var theirSpans: [SpanDigest]?
    private var batch: [BucketSpan] = []
    private var myNames: [[ChunkName]]?
    private var theirNames: [[ChunkName]]?
    private var isBegun = false

    init(
        _ node: NodeID,
        _ purpose: Purpose,
        _ partitions: [UInt16],
        minutes: Range<UInt32>,
        minutesFrom: UInt32
    ) {
        self.node = node
        self.purpose = purpose
        self.partitions = partitions
        self.minutes = minutes
        self.minutesFrom = minutesFrom
    }

    /// What both are asked next; nil where everything is compared.
    mutating func next() -> RepairQuestion? {
        guard self.isBegun else {
            self.isBegun = true
            return .spans(self.partitions, minutes: self.minutes, minutesFrom: self.minutesFrom)
        }
        guard !self.spans.isEmpty else { return nil }
        var names: UInt64 = 0
        let fitting = self.spans.prefix(RepairQuestion.spansMax).prefix { span in
            let isFirst = names == 0
            names = names.saturatingAdd(self.counts[span, default: 0])
            return isFirst || names <= UInt64(RepairQuestion.namesMax)
        }
        self.batch = Array(fitting)
        (self.myNames, self.theirNames) = (nil, nil)
        return .names(self.batch)
    }

    /// Takes an answer; what follows from it once both are there.
    ///
    /// - Returns: Results; nil where the answer is none to what was asked.
    mutating func take(_ answer: RepairAnswer, of side: Side) -> [Result]? {
        switch answer {
        case .spans(let digests) where self.batch.isEmpty:
            guard self.isAnswer(digests) else { return nil }
            if side == .mine { self.mySpans = digests } else { self.theirSpans = digests }
            return self.compareSpans()
        case .names(let lists) where !self.batch.isEmpty && (1...self.batch.count).contains(lists.count):
            guard
                zip(self.batch, lists).allSatisfy({ span, names in
                    names.allSatisfy { span.holds($0.id.key, created: $0.created) }
                })
            else { return nil }
            if side == .mine { self.myNames = lists } else { self.theirNames = lists }
            return self.compareNames()
        default: return nil
        }
    }

    /// Whether spans are some of those that were asked about, each once.
    private func isAnswer(_ digests: [SpanDigest]) -> Bool {
        let wanted = Set(self.partitions)
        return zip(digests, digests.dropFirst()).allSatisfy { $0.span < $1.span }
            && digests.allSatisfy { one in
                wanted.contains(one.span.partition)
                    // A floor may stand within an hour, which is told as a whole.
                    && one.span.minutes.overlaps(self.minutes)
                    && (one.span.isHour || one.span.start >= self.minutesFrom)
            }
    }

    private mutating func compareSpans() -> [Result] {
        guard let mine = self.mySpans, let theirs = self.theirSpans else { return [] }
        let own = Dictionary(mine.map { ($0.span, $0.digest) }) { first, _ in first }
        let other = Dictionary(theirs.map { ($0.span, $0.digest) }) { first, _ in first }
        (self.mySpans, self.theirSpans) = (nil, nil)
        var results: [Result] = []
        for one in self.purpose == .pull ? theirs : mine {
            let (left, right) = (own[one.span], other[one.span])
            if left == right {
                results.append(.held(one))
            } else if self.purpose == .pull || right != nil {
                self.spans.append(one.span)
                self.counts[one.span] = max(left?.count ?? 0, right?.count ?? 0)
                self.mine[one.span] = left
            }
        }
        return results
    }

    private mutating func compareNames() -> [Result] {
        guard let mine = self.myNames, let theirs = self.theirNames else { return [] }
        // A side that has too many to list tells the first ones; the rest is asked about again.
        let count = min(mine.count, theirs.count)
        var results: [Result] = []
        for index in 0..<count {
            let (span, own, other) = (self.batch[index], Set(mine[index]), Set(theirs[index]))
            switch self.purpose {
            case .pull:
                var missing = other.subtracting(own)
                if missing.contains(where: { $0.stands != nil }) || own.contains(where: { $0.stands != nil })
                {
                    let known = RolledUp(own, other)
                    missing = missing.filter { known.isWanted($0) }
                    if known.isUnsettled { results.append(.unsettled) }
                }
                // In a fixed order, so that the same names give the same run.
                results.append(.missing(missing.sorted { ($0.created, $0.id) < ($1.created, $1.id) }))
            case .give:
                guard own.isSubset(of: other) else { break }
                let held = own.reduce(into: ChunkDigest.none) { $0 += $1.digest }
                // What lies here and cannot be read has no name: nobody knows whether they hold it.
                guard held == self.mine[span] else { break }
                results.append(.held(SpanDigest(span: span, digest: held)))
            }
        }
        self.spans.removeFirst(count)
        self.batch = []
        (self.myNames, self.theirNames) = (nil, nil)
        return results
    }
}

/// Slots that were rolled up are one chunk that stands for many: they are compared by key and hour.
private struct RolledUp {
    private struct Group: Hashable {
        var key: Key
        var hour: UInt64

        init(_ name: ChunkName) {
            self.key = name.id.key
            self.hour = name.created.minute / UInt64(BucketSpan.hour)
        }
    }

    private var mine: [Group: ChunkDigest] = [:]
    private var theirs: [Group: ChunkDigest] = [:]
    private var rolledUp: Set<Group> = []

    init(_ mine: Set<ChunkName>, _ theirs: Set<ChunkName>) {
        for name in mine {
            self.mine[Group(name), default: .none] += name.digest
            if name.stands != nil { self.rolledUp.insert(Group(name)) }
        }
        for name in theirs {
            self.theirs[Group(name), default: .none] += name.digest
            if name.stands != nil { self.rolledUp.insert(Group(name)) }
        }
    }

    /// Whether a chunk of theirs may be taken: as made among such, or all of a group of which nothing is here.
    func isWanted(_ name: ChunkName) -> Bool {
        !self.rolledUp.contains(Group(name)) || self.mine[Group(name)] == nil
    }

    /// Whether a group that both hold was made of different chunks.
    var isUnsettled: Bool {
        self.rolledUp.contains { group in
            guard let own = self.mine[group], let other = self.theirs[group] else { return false }
            return own != other
        }
    }
}
