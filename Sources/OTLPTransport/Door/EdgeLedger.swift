package import Pipeline
internal import Synchronization

/// The accounts of one edge as of its last change, for any thread to read.
package final class EdgeLedger: Sendable {
    private let current = Mutex(EdgeAccounts())

    /// A ledger of nothing.
    package init() {}

    /// The latest accounts that the edge told.
    package var accounts: EdgeAccounts { self.current.withLock { $0 } }

    func publish(_ accounts: EdgeAccounts) { self.current.withLock { $0 = accounts } }
}
