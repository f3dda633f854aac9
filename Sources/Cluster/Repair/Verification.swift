package import Telemetry

/// What all nodes hold, compared: whether the owners of every partition hold the same.
///
/// Pure: built from the nodes' digests over the same minutes.
package struct Verification: Equatable, Sendable {
    /// Hours and minutes that are listed at most.
    package static let differencesMax = 1000

    /// What one node holds of an hour or minute.
    package struct Holding: Equatable, Sendable {
        /// Who.
        package var node: NodeID
        /// What; of no chunk where it holds nothing.
        package var digest: ChunkDigest
    }

    /// An hour or minute that the owners hold otherwise.
    package struct Difference: Equatable, Sendable {
        /// Which one.
        package var span: BucketSpan
        /// Its owners, the first one first.
        package var holdings: [Holding]
    }

    /// What a node holds of others' partitions.
    package struct Foreign: Equatable, Sendable {
        /// Who.
        package var node: NodeID
        /// How many partitions.
        package var partitions: Int
        /// How many chunks.
        package var chunks: UInt64
    }

    /// Partitions of others of which a node holds something else than each of their owners; only names tell whether that is
    /// more than they hold.
    package struct Doubt: Equatable, Sendable {
        /// Who.
        package var node: NodeID
        /// Which, ascending; their owners hold the same among themselves.
        package var partitions: [UInt16]
    }

    /// Minutes since the Unix epoch that were compared.
    package let minutes: Range<UInt32>
    /// Nodes that own something and did not answer, sorted.
    package let missing: [NodeID]
    /// Nodes that are dead, sorted: they own nothing any more, and what they hold is known to nobody.
    package let dead: [NodeID]
    /// Chunks of all partitions as their first owners that answered hold them: one of each.
    package private(set) var chunks: UInt64 = 0
    /// Partitions whose owners hold different chunks, ascending.
    package private(set) var unequal: [UInt16] = []
    /// Partitions of which fewer nodes that answered are owners than there are to be copies.
    package private(set) var thinPartitions = 0
    /// Nodes that hold something of others' partitions, sorted.
    package private(set) var foreign: [Foreign] = []
    /// What is to be looked at by name, sorted by node.
    package private(set) var doubts: [Doubt] = []
    /// Partitions of which a node that does not own them holds chunks that none of their owners holds, ascending; known once
    /// ``addUndelivered(_:)`` was called for every doubt.
    package private(set) var undelivered: [UInt16] = []
    /// Where the owners differ, ascending; no more than ``differencesMax``.
    package private(set) var differences: [Difference] = []
    private let placement: Placement

    /// Compares whole partitions.
    package init(
        _ placement: Placement,
        minutes: Range<UInt32>,
        _ answers: [NodeID: [PartitionDigest]],
        missing: [NodeID],
        dead: [NodeID] = []
    ) {
        self.placement = placement
        self.minutes = minutes
        self.missing = missing.sorted()
        self.dead = dead.sorted()
        let held = answers.mapValues { digests in
            Dictionary(digests.map { ($0.partition, $0.digest) }) { first, _ in first }
        }
        for partition in UInt16(0)..<UInt16(Key.partitionCount) {
            let owners = placement.owners(of: Int(partition)).filter { held[$0] != nil }
            if owners.count < placement.parameters.replication { self.thinPartitions += 1 }
            let digests = owners.map { held[$0]?[partition] ?? .none }
            self.chunks = self.chunks.saturatingAdd(digests.first?.count ?? 0)
            if digests.contains(where: { $0 != digests.first }) { self.unequal.append(partition) }
        }
        for (node, digests) in held.sorted(by: { $0.key < $1.key }) {
            let others = digests.filter { !placement.isOwner(node, of: Int($0.key)) && !$0.value.isEmpty }
            guard !others.isEmpty else { continue }
            self.foreign.append(
                Foreign(
                    node: node,
                    partitions: others.count,
                    chunks: others.values.reduce(0) { $0.saturatingAdd($1.count) }
                )
            )
            let unequal = Set(self.unequal)
            let doubtful = others.keys.sorted().filter { partition in
                let owners = placement.owners(of: Int(partition))
                return !unequal.contains(partition)
                    && !owners.contains { held[$0]?[partition] == others[partition] }
            }
            if !doubtful.isEmpty { self.doubts.append(Doubt(node: node, partitions: doubtful)) }
        }
    }

    /// Adds what the nodes hold hour by hour of some of the unequal partitions.
    package mutating func add(_ answers: [NodeID: [SpanDigest]]) {
        var spans: [BucketSpan: [NodeID: ChunkDigest]] = [:]
        for (node, digests) in answers {
            for one in digests { spans[one.span, default: [:]][node] = one.digest }
        }
        for (span, digests) in spans.sorted(by: { $0.key < $1.key }) {
            let owners = self.placement.owners(of: Int(span.partition)).filter { answers[$0] != nil }
            let holdings = owners.map { Holding(node: $0, digest: digests[$0] ?? .none) }
            guard holdings.contains(where: { $0.digest != holdings.first?.digest }),
                self.differences.count < Self.differencesMax
            else { continue }
            self.differences.append(Difference(span: span, holdings: holdings))
        }
    }

    /// Adds partitions of a doubt of which names have shown that their owners lack something.
    package mutating func addUndelivered(_ partitions: Set<UInt16>) {
        self.undelivered = partitions.union(self.undelivered).sorted()
    }

    /// How it stands; where several are so, the first of these that is not clean, in this order: unequal, undelivered, incomplete.
    package enum Status: String, Sendable {
        /// All partitions have as many owners as there are to be copies, and all of them hold the same, and all there is.
        case clean
        /// Some owners differ.
        case unequal
        /// Owners hold the same, and another node something that they lack: it is on its way to them.
        case undelivered
        /// Owners hold the same, but some did not answer, or there are fewer nodes than there are to be copies.
        case incomplete
    }

    /// How it stands.
    package var status: Status {
        if !self.unequal.isEmpty { return .unequal }
        if !self.undelivered.isEmpty { return .undelivered }
        return self.missing.isEmpty && self.thinPartitions == 0 ? .clean : .incomplete
    }
}
