package import Cluster
internal import Telemetry

/// A cluster at one moment, as one node sees it and as the others answer; pure.
package struct ClusterPicture: Sendable {
    /// One member.
    package struct Member: Sendable {
        /// What the cluster knows of it.
        package var record: MemberRecord
        /// Whether it is the node that answers.
        package var isSelf: Bool
        /// Partitions of which it is to hold a copy.
        package var partitions: Int
        /// Partitions for which it comes first.
        package var firstPartitions: Int
        /// What it says of itself; nil where it did not answer.
        package var figures: NodeFigures?
    }

    /// How the partitions are covered; together they are all there are.
    ///
    /// By who is there and by what nodes owe: what a member that was lost for good held alone is not known here.
    package struct Coverage: Equatable, Sendable {
        /// Every owner there should be answers, and nobody owes a copy.
        package var replicated = 0
        /// An owner is missing or does not answer, or a node that answered owes a copy.
        package var underReplicated = 0
        /// No owner answers.
        package var unavailable = 0
    }

    /// The cluster's id.
    package var cluster: String
    /// The node that answers.
    package var node: NodeID
    /// What all place by.
    package var parameters: PlacementParameters
    /// Sorted by name.
    package var members: [Member]
    /// How the partitions are covered.
    package var coverage: Coverage

    /// Puts a picture together.
    ///
    /// - Complexity: O(partitions × members × log members).
    package init(cluster: String, node: NodeID, view: ClusterView, figures: [NodeID: NodeFigures]) {
        let placement = Placement(view.records, view.parameters)
        let owners = (0..<Key.partitionCount).map { placement.owners(of: $0) }
        var shares: [NodeID: (all: Int, first: Int)] = [:]
        for row in owners {
            for (rank, owner) in row.enumerated() {
                shares[owner, default: (0, 0)].all += 1
                if rank == 0 { shares[owner]?.first += 1 }
            }
        }
        self.cluster = cluster
        self.node = node
        self.parameters = view.parameters
        self.members = view.records.sorted { $0.node < $1.node }.map { record in
            Member(
                record: record,
                isSelf: record.node == node,
                partitions: shares[record.node]?.all ?? 0,
                firstPartitions: shares[record.node]?.first ?? 0,
                figures: figures[record.node]
            )
        }
        self.coverage = Self.coverage(owners, view, figures)
    }

    /// Asks a collector for everything.
    package init(of status: any ClusterStatus) async {
        let figures = await status.figures()
        self.init(cluster: status.cluster, node: status.node, view: status.view, figures: figures)
    }

    /// Members that have not left and did not answer, sorted.
    package var missing: [String] {
        self.members.filter { $0.figures == nil && $0.record.status != .left }.map(\.record.node.text)
    }

    /// How many members have each status.
    package func memberCount(_ status: MemberStatus) -> Int {
        self.members.count { $0.record.status == status }
    }

    /// Frames of which some node owes a copy.
    package var owedFrames: UInt64 { self.sum(\.writes.owedFrames) }

    /// Chunks that nodes took in, since their processes started, for partitions that they did not own.
    package var foreignChunks: UInt64 { self.sum(\.writes.foreignChunks) }

    /// Agents that any node knows, sorted by name, with the nodes that know them.
    package var agents: [(figures: AgentFigures, nodes: [String])] {
        var known: [NodeID: (figures: AgentFigures, nodes: [String])] = [:]
        for member in self.members {
            for agent in member.figures?.agents ?? [] {
                if known[agent.name]?.figures.add(agent) == nil { known[agent.name] = (agent, []) }
                known[agent.name]?.nodes.append(member.record.node.text)
            }
        }
        return known.values.sorted { $0.figures.name < $1.figures.name }
    }

    private func sum(_ path: KeyPath<NodeFigures, UInt64>) -> UInt64 {
        self.members.compactMap { $0.figures?[keyPath: path] }.reduce(0) { $0.saturatingAdd($1) }
    }

    private static func coverage(
        _ owners: [[NodeID]],
        _ view: ClusterView,
        _ figures: [NodeID: NodeFigures]
    ) -> Coverage {
        let alive = Set(view.records.filter { $0.status == .alive }.map(\.node))
        let owed = Set(figures.values.flatMap(\.writes.owedPartitions))
        var coverage = Coverage()
        for (partition, row) in owners.enumerated() {
            let present = row.count { alive.contains($0) }
            if present == 0 {
                coverage.unavailable += 1
            } else if present < view.parameters.replication || owed.contains(partition) {
                coverage.underReplicated += 1
            } else {
                coverage.replicated += 1
            }
        }
        return coverage
    }
}
