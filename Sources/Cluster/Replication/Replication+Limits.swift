extension Replication {
    /// Bounds of the write path of one node; all of them are at least one.
    package struct Limits: Equatable, Sendable {
        /// Frames under way first-hand; beyond, senders are refused.
        package var pendingMax = 4096
        /// Their bytes.
        package var pendingBytesMax = 256 << 20
        /// Senders of one frame that wait; further ones are told to try again.
        package var waitersMax = 16
        /// A frame that is safe once, but not W times, is `accepted` after so long.
        package var patience = Duration.seconds(2)
        /// A copy that is not acknowledged for so long is sent elsewhere.
        package var copyTimeout = Duration.seconds(5)
        /// Frames that this node holds alone and still owes a copy; at the bound new first-hand frames are refused.
        ///
        /// Frames under way when the bound is reached still join, so that no more than `debtMax + pendingMax` are
        /// ever remembered.
        package var debtMax = 65_536
        /// Copies of owed frames that are out at once, so that a node that comes back is not flooded.
        package var debtCopiesMax = 64
        /// Nodes that refused the copy of an owed frame are asked again so often.
        package var debtRetryInterval = Duration.seconds(10)

        /// The bounds of the product.
        package init() {}

        /// Whether every bound is at least one, and every time longer than none.
        package var isValid: Bool {
            let counts = [
                self.pendingMax, self.pendingBytesMax, self.waitersMax, self.debtMax, self.debtCopiesMax,
            ]
            let times = [self.patience, self.copyTimeout, self.debtRetryInterval]
            return counts.allSatisfy { $0 >= 1 } && times.allSatisfy { $0 > .zero }
        }
    }
}
