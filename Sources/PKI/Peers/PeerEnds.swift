internal import Synchronization

/// When peers that were let in are to be judged again because the time of a certificate is over.
///
/// It knows the earliest end alone, so that however many peers cost nothing: once that has come, all are judged, and who
/// is still good is noted again. May be asked from any thread.
package final class PeerEnds: Sendable {
    private let earliest = Mutex<Int64?>(nil)

    /// Knows of nobody yet.
    package init() {}

    /// Takes in a peer that was found good.
    package func note(_ peer: VerifiedPeer) {
        self.earliest.withLock { $0 = min($0 ?? .max, peer.endsAt) }
    }

    /// Whether the time of a certificate is over since the last time that this said so.
    ///
    /// - Parameter seconds: The present time since the Unix epoch.
    /// - Returns: True once for each end; whoever is still good is to be noted again.
    package func isDue(at seconds: Int64) -> Bool {
        self.earliest.withLock { earliest in
            guard let end = earliest, end <= seconds else { return false }
            earliest = nil
            return true
        }
    }
}
