package import Cluster
package import Telemetry

/// Where the chunks of a trace belong, and where they are; pure.
package struct TracePlacement: Sendable {
    /// One node that is to hold chunks of it, or that does.
    package struct Place: Equatable, Sendable {
        /// Whose.
        package var node: NodeID
        /// Its place in the order in which nodes are asked to hold the partition, from 0; nil where it has none.
        package var rank: Int?
        /// What it is taken for.
        package var status: MemberStatus
        /// Whether it is to hold a copy.
        package var isOwner: Bool
        /// How many chunks it has; nil where it did not answer.
        package var chunks: Int?

        /// Whether it has chunks, and others are to have them.
        package var isForeign: Bool { !self.isOwner && (self.chunks ?? 0) > 0 }
    }

    /// The trace.
    package var trace: TraceID
    /// What its id hashes to.
    package var partition: Int
    /// Copies there are to be.
    package var replication: Int
    /// In the order of the ranking, then those without a rank by name.
    package var places: [Place]

    /// Puts the answers of nodes beside the placement.
    package init(of trace: TraceID, view: ClusterView, chunks: [NodeID: Int]) {
        self.trace = trace
        self.partition = Key(trace).partition
        self.replication = view.parameters.replication
        let ranking = Placement.ranking(of: self.partition, among: view.records)
        let owners = ranking.prefix(self.replication)
        let others = view.records.map(\.node).filter { !ranking.contains($0) }.sorted()
        self.places = (ranking + others).compactMap { node in
            guard let record = view.record(of: node) else { return nil }
            let rank = ranking.firstIndex(of: node)
            // Who left or never held a place is of interest only for what it has.
            guard rank != nil || chunks[node] != nil || record.status != .left else { return nil }
            return Place(
                node: node,
                rank: rank,
                status: record.status,
                isOwner: owners.contains(node),
                chunks: chunks[node]
            )
        }
    }

    /// Nodes that did not answer, sorted.
    package var missing: [String] {
        self.places.filter { $0.chunks == nil && $0.status != .left }.map(\.node.text).sorted()
    }
}
