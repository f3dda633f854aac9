/// What every node of a cluster must place by alike: one versioned record that an operator changes and gossip spreads.
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
