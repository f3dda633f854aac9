internal import OTLPTransport
internal import Pipeline
internal import Synchronization

/// The doors, for those who are made before they are open.
final class ServerBox: Sendable {
    private let state = Mutex<OTLPServer?>(nil)

    func fill(_ server: OTLPServer) { self.state.withLock { $0 = server } }

    func setGroups(_ groups: PartitionGroups) { self.state.withLock { $0 }?.setGroups(groups) }
}
