internal import Synchronization

/// What a door refused, by reason; counted from any thread.
package final class AccessTally: Sendable {
    private let state = Mutex<[AccessRefusal: UInt64]>([:])

    /// Nothing was refused yet.
    package init() {}

    /// How many requests were refused for a reason.
    package subscript(refusal: AccessRefusal) -> UInt64 { self.state.withLock { $0[refusal] ?? 0 } }

    func note(_ refusal: AccessRefusal) { self.state.withLock { $0[refusal, default: 0] += 1 } }
}
