package import Cluster
internal import Synchronization

/// What the peers' door counts; for any thread to read.
package final class PeerTally: Sendable {
    private struct State {
        var rejections: [Rejection.Reason: UInt64] = [:]
        var connections: [Role: Int] = [:]
    }

    private let state = Mutex(State())

    /// Nothing counted yet.
    package init() {}

    /// Connections and messages that were refused, by reason.
    package var rejections: [Rejection.Reason: UInt64] { self.state.withLock { $0.rejections } }

    /// Peers that are connected, by role.
    package var connections: [Role: Int] { self.state.withLock { $0.connections } }

    func note(_ reason: Rejection.Reason) {
        self.state.withLock { $0.rejections[reason, default: 0] += 1 }
    }

    func setConnections(_ connections: [Role: Int]) {
        self.state.withLock { $0.connections = connections }
    }
}
