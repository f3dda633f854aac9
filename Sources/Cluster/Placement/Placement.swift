internal import Telemetry

/// Which members hold which partition: rendezvous hashing over stable names, zones spread first.
///
/// Thaler, Ravishankar: "A Name-Based Mapping Scheme for Rendezvous" (1996). A pure function of the members' names and
/// zones: two nodes with the same picture of the members agree without a word, and one member more or less moves only
/// its own share.
package struct Placement: Equatable, Sendable {
    /// Members that are placed, sorted by name.
    package let nodes: [NodeID]
    /// What it was made with.
    package let parameters: PlacementParameters
    /// Numbers of nodes, best first, partition after partition.
    private let ranks: [UInt16]

    /// The placement over all members that hold a place.
    ///
    /// - Complexity: O(partitions × members × log members).
    package init(_ members: [MemberRecord], _ parameters: PlacementParameters) {
        let placed = members.filter(\.isPlaced).sorted { $0.node < $1.node }
        self.nodes = placed.map(\.node)
        self.parameters = parameters
        let rendezvous = Rendezvous(placed)
        var ranks: [UInt16] = []
        ranks.reserveCapacity(Key.partitionCount * placed.count)
        for partition in 0..<Key.partitionCount {
            ranks += rendezvous.order(of: partition).map { UInt16(truncatingIfNeeded: $0) }
        }
        self.ranks = ranks
    }

    /// All members in the order in which they are asked to hold a partition.
    package func ranking(of partition: Int) -> [NodeID] {
        self.row(partition).map { self.nodes[Int($0)] }
    }

    /// The member that is asked first to hold a partition; nil where there is none.
    package func first(of partition: Int) -> NodeID? {
        self.row(partition).first.map { self.nodes[Int($0)] }
    }

    /// The members that are to hold a partition: as many as there are copies, fewer where there are fewer members.
    package func owners(of partition: Int) -> [NodeID] {
        self.row(partition).prefix(self.parameters.replication).map { self.nodes[Int($0)] }
    }

    /// Whether a member is to hold a partition.
    package func isOwner(_ node: NodeID, of partition: Int) -> Bool {
        self.row(partition).prefix(self.parameters.replication).contains { self.nodes[Int($0)] == node }
    }

    private func row(_ partition: Int) -> ArraySlice<UInt16> {
        self.ranks[partition * self.nodes.count..<(partition + 1) * self.nodes.count]
    }

    /// The ranking of one partition alone, for whoever needs no other; dearer than ``ranking(of:)`` for many.
    package static func ranking(of partition: Int, among members: [MemberRecord]) -> [NodeID] {
        let placed = members.filter(\.isPlaced).sorted { $0.node < $1.node }
        return Rendezvous(placed).order(of: partition).map { placed[$0].node }
    }
}

/// Scores of members for partitions.
private struct Rendezvous {
    private let seeds: [UInt64]
    private let zones: [Int?]

    init(_ members: [MemberRecord]) {
        self.seeds = members.map {
            ContentHash.hash64(Array($0.node.text.utf8).raw, seed: ContentHash.placementSeed)
        }
        self.zones = Self.numbers(members.map(\.zone))
    }

    /// Numbers of members, best first.
    func order(of partition: Int) -> [Int] {
        let scores = self.seeds.map {
            ContentHash.hash64($0, UInt64(partition), seed: ContentHash.placementSeed)
        }
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        return self.zones.contains { $0 != nil } ? Self.spread(order, over: self.zones) : order
    }

    /// The same order, but no zone twice before each had its turn; members without a zone stand for themselves.
    private static func spread(_ order: [Int], over zones: [Int?]) -> [Int] {
        var turns: [Int] = []
        let placed = order.enumerated().map { position, index -> (turn: Int, position: Int, index: Int) in
            guard let zone = zones[index] else { return (0, position, index) }
            while turns.count <= zone { turns.append(0) }
            defer { turns[zone] += 1 }
            return (turns[zone], position, index)
        }
        return placed.sorted { ($0.turn, $0.position) < ($1.turn, $1.position) }.map(\.index)
    }

    /// Each member's zone as a number; nil for members that have none.
    private static func numbers(_ zones: [String]) -> [Int?] {
        var known: [String: Int] = [:]
        return zones.map { zone in
            guard !zone.isEmpty else { return nil }
            let number = known[zone] ?? known.count
            known[zone] = number
            return number
        }
    }
}
