package import Cluster
internal import PKI
internal import Synchronization

/// One connection at a door: the certificate that its handshake showed, if any.
///
/// Filled by the handshake on the event loop; asked from any thread.
package final class DoorConnection: Sendable {
    private struct State {
        var peer: VerifiedPeer?
        /// By which credentials the peer was judged last, and whether it was good.
        var judgedBy = ""
        var isGood = false
    }

    private let state = Mutex(State())
    /// Whether the other end is this machine.
    package let isLocal: Bool

    /// A connection that has shown nothing yet.
    package init(isLocal: Bool) { self.isLocal = isLocal }

    /// Who it is, as the certificate says; nil where none was shown.
    package var identity: Identity? { self.state.withLock { $0.peer?.identity } }

    func fill(_ peer: VerifiedPeer, by credentials: Credentials) {
        self.state.withLock { $0 = State(peer: peer, judgedBy: credentials.fingerprint, isGood: true) }
    }

    /// The certificate as it is to be taken now: it is judged again once its time is over or the credentials changed.
    func certificate(
        by credentials: @autoclosure () -> Credentials,
        at seconds: Int64
    ) -> AccessRule.Caller.Certificate {
        self.state.withLock { state in
            guard let peer = state.peer else { return .none }
            let credentials = credentials()
            if state.judgedBy != credentials.fingerprint {
                state.judgedBy = credentials.fingerprint
                state.isGood = (try? credentials.verifier.recheck(peer, at: seconds)) != nil
            }
            return state.isGood && seconds <= peer.notAfter ? .good(peer.identity.role) : .bad
        }
    }
}
