internal import Telemetry

/// Merges what several nodes say of the same slots, each counted once.
///
/// Buckets whose digests agree among all nodes that have any of them are taken once. Of the others the chunks are
/// asked for, and within (key, hour of creation):
///
/// - where every chunk is as it was made, chunks are united by name: exact, whatever each node lacks;
/// - where any was rolled up, the names of what it is made of are lost. Each series is taken from one node: the one
///   whose slots of it amount to the most (readings of a histogram or gauge, the sum of a counter), of equals the one with the
///   finest slots. Exact where some node that answers has the series of that hour whole; else too little, and never twice.
///
/// What is rolled up is older than the longest spool age, so nothing comes any more and repair has long made it whole.
package struct SeriesUnion: Sendable {
    private let query: SeriesQuery
    private var merger: SeriesMerger
    /// Answers by bucket, in the order of the nodes.
    private var differing: [SlotBucket: [(node: String, part: SlotPart)]] = [:]

    /// Takes the answers to a request for series.
    ///
    /// - Parameters:
    ///   - query: What was asked.
    ///   - answers: One per node.
    package init(_ query: SeriesQuery, _ answers: [(node: String, parts: [SlotPart])]) {
        self.query = query
        self.merger = SeriesMerger(query)
        var buckets: [SlotBucket: [(node: String, part: SlotPart)]] = [:]
        for (node, parts) in answers.sorted(by: { $0.node < $1.node }) {
            for part in parts { buckets[part.bucket, default: []].append((node, part)) }
        }
        for (bucket, parts) in buckets {
            guard let first = parts.first?.part else { continue }
            if parts.allSatisfy({ $0.part.count == first.count && $0.part.digest == first.digest }) {
                // Merging is commutative: the order of buckets shows nowhere.
                for line in first.lines { self.merger.add(line) }
            } else {
                self.differing[bucket] = parts
            }
        }
    }

    /// The buckets whose chunks are to be asked for, the latest of them where they are too many, and of whom.
    package var next: (buckets: [SlotBucket], nodes: [String])? {
        let latest = self.differing.keys.sorted { ($0.period, $0) > ($1.period, $1) }
        let buckets = latest.prefix(ReadRequest.bucketsMax).sorted()
        guard !buckets.isEmpty else { return nil }
        let nodes = Set(buckets.flatMap { self.differing[$0, default: []].map(\.node) })
        return (buckets, nodes.sorted())
    }

    /// Takes the answers to a request for slots, and gives the lines.
    ///
    /// A bucket of which nobody sent chunks is taken from the node that said it has the most of it.
    package consuming func finish(_ answers: [(node: String, chunks: [SlotChunk])]) -> [SeriesLine] {
        var groups: [Group: [(node: String, chunks: [SlotChunk])]] = [:]
        var found: Set<SlotBucket> = []
        for (node, chunks) in answers.sorted(by: { $0.node < $1.node }) {
            for (group, chunks) in Dictionary(grouping: chunks, by: { Group(key: $0.id.key, hour: $0.hour) })
            {
                groups[group, default: []].append((node, chunks))
                found.insert(self.bucket(of: group))
            }
        }
        for (group, holders) in groups where self.differing[self.bucket(of: group)] != nil {
            for slot in Self.united(holders.map(\.chunks)) { self.merger.add(slot) }
        }
        for (bucket, parts) in self.differing where !found.contains(bucket) {
            let fullest = parts.max { $0.part.count < $1.part.count }
            for line in fullest?.part.lines ?? [] { self.merger.add(line) }
        }
        return self.merger.result
    }

    private struct Group: Hashable {
        var key: Key
        var hour: UInt64
    }

    private func bucket(of group: Group) -> SlotBucket {
        self.query.bucket(
            group.key,
            created: ClusterTime(nanoseconds: group.hour &* Resolution.hour.nanoseconds)
        )
    }

    /// Each holder's chunks of one key and hour as one set of slots.
    private static func united(_ holders: [[SlotChunk]]) -> [Slot] {
        guard !holders.joined().contains(where: \.isRolledUp) else {
            return self.fullest(holders)
        }
        var known: [ChunkID: [[Slot]]] = [:]
        var result: [Slot] = []
        for chunk in holders.joined() where !known[chunk.id, default: []].contains(chunk.slots) {
            known[chunk.id, default: []].append(chunk.slots)
            result += chunk.slots
        }
        return result
    }

    /// The slots of each series from the holder that has the most of it.
    private static func fullest(_ holders: [[SlotChunk]]) -> [Slot] {
        var best: [Series: (weight: Weight, slots: [Slot])] = [:]
        for chunks in holders {
            for (series, slots) in Dictionary(grouping: chunks.flatMap(\.slots), by: \.series) {
                let weight = Weight(slots)
                // Holders come in the order of their names, so the first of equals is the same wherever this runs.
                guard best[series].map({ $0.weight < weight }) ?? true else { continue }
                best[series] = (weight, slots)
            }
        }
        return best.values.flatMap(\.slots)
    }
}

/// How much slots of one series amount to: grows with every slot, and does not change when they are merged.
private struct Weight: Comparable {
    var amount: Int128 = 0
    /// Fewer where slots were merged.
    var slots = 0

    init(_ slots: [Slot]) {
        self.slots = slots.count
        var distinct = HyperLogLog()
        for slot in slots {
            switch slot.value {
            case .counter(let nano): self.amount = self.amount.saturatingAdd(nano)
            case .gauge(let gauge): self.amount = self.amount.saturatingAdd(Int128(gauge.count))
            case .histogram(let histogram):
                self.amount = self.amount.saturatingAdd(Int128(histogram.count))
            case .distinct(let sketch): distinct.merge(sketch)
            }
        }
        // What several slots saw counts once, as it does where they are merged.
        self.amount = self.amount.saturatingAdd(Int128(distinct.estimate))
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.amount, left.slots) < (right.amount, right.slots)
    }
}
