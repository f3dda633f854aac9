/// What every node of a cluster must place by alike: one versioned record that an operator changes and gossip spreads.
///
/// Version 1 is what nodes are configured with; two nodes that are configured differently, and know no later version,
/// refuse each other.
package struct PlacementParameters: Equatable, Sendable {
    /// Raised with every change; the higher one holds.
    package var version: UInt64
    /// Copies of each chunk, RF: 1 to 5.
    package let replication: Int
    /// Copies before a frame is confirmed, W: 1 to RF.
    package let confirmations: Int

    /// Parameters; nil where they make no sense together.
    package init?(version: UInt64 = 1, replication: Int, confirmations: Int) {
        guard (1...5).contains(replication), (1...replication).contains(confirmations) else { return nil }
        self.version = version
        self.replication = replication
        self.confirmations = confirmations
    }

    /// What an operator makes of them.
    ///
    /// - Parameters:
    ///   - replication: Copies of each chunk; nil leaves them.
    ///   - confirmations: Copies before a frame is confirmed; nil leaves them, where they were 2 or all with RF.
    /// - Returns: Parameters of the next version; nil where they make no sense, or no higher version is left.
    package func changed(replication: Int? = nil, confirmations: Int? = nil) -> PlacementParameters? {
        guard self.version < .max else { return nil }
        let replication = replication ?? self.replication
        let isUsual = self.confirmations == Self.usualConfirmations(of: self.replication)
        let kept = isUsual ? Self.usualConfirmations(of: replication) : min(self.confirmations, replication)
        return PlacementParameters(
            version: self.version + 1,
            replication: replication,
            confirmations: confirmations ?? kept
        )
    }

    /// Copies before a frame is confirmed where nobody says: two, or the one that there is.
    package static func usualConfirmations(of replication: Int) -> Int { min(2, replication) }

    /// Whether these hold where both are known; of two changes at once the same one holds everywhere.
    package func supersedes(_ other: PlacementParameters) -> Bool {
        (self.version, self.replication, self.confirmations)
            > (other.version, other.replication, other.confirmations)
    }

    /// Whether two nodes were configured differently, and nobody has changed either since.
    static func areAtOdds(_ left: PlacementParameters?, _ right: PlacementParameters?) -> Bool {
        guard let left, let right else { return left != right }
        return left != right && left.version == 1 && right.version == 1
    }

    /// Two copies, both of them confirmed.
    package static var standard: PlacementParameters {
        PlacementParameters(unchecked: 1, replication: 2, confirmations: 2)
    }

    private init(unchecked version: UInt64, replication: Int, confirmations: Int) {
        self.version = version
        self.replication = replication
        self.confirmations = confirmations
    }
}

extension PlacementParameters: CustomStringConvertible {
    /// As `version 2, replication 3, confirmations 2`.
    package var description: String {
        "version \(self.version), replication \(self.replication), confirmations \(self.confirmations)"
    }
}
