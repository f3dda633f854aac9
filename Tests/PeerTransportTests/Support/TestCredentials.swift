import Cluster
import PeerTransport
import Synchronization

/// Credentials that are no more than the number of a list, and whether a disk takes newer ones.
final class TestCredentials: SharedCredentials {
    struct Taken: Equatable, Sendable {
        var list: [UInt8]?
        var from: NodeID
    }

    private struct State {
        var number: UInt64
        /// So many updates are taken by no disk.
        var failures: Int
        var changed: @Sendable () -> Void = {}
        var isDeaf: Bool
    }

    /// What was given, in its order.
    let taken = Events<Taken>()
    private let state: Mutex<State>

    /// - Parameters:
    ///   - number: Of the list.
    ///   - failures: So many updates are taken by no disk.
    ///   - isDeaf: Whether it refuses whatever comes.
    init(_ number: UInt64, failures: Int = 0, isDeaf: Bool = false) {
        self.state = Mutex(State(number: number, failures: failures, isDeaf: isDeaf))
    }

    var number: UInt64 { self.state.withLock { $0.number } }
    var summary: CredentialSummary { CredentialSummary(list: self.number) }

    func onChange(_ changed: @escaping @Sendable () -> Void) { self.state.withLock { $0.changed = changed } }

    /// A command wrote another list.
    func set(_ number: UInt64) {
        let changed = self.state.withLock { state in
            state.number = number
            return state.changed
        }
        changed()
    }

    func update(for asker: CredentialSummary) -> CredentialUpdate {
        let own = self.summary
        return CredentialUpdate(list: asker.lacksList(of: own) ? [UInt8(own.list ?? 0)] : nil)
    }

    func take(_ update: CredentialUpdate, from node: NodeID) -> Bool {
        let isKept = self.state.withLock { state in
            state.failures -= 1
            guard state.failures < 0 else { return false }
            if let number = update.list?.first, !state.isDeaf {
                state.number = max(state.number, UInt64(number))
            }
            return true
        }
        let changed = self.state.withLock { $0.changed }
        if isKept { changed() }
        self.taken.add(Taken(list: update.list, from: node))
        return isKept
    }
}
