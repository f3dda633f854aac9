package import Cluster
internal import Synchronization

/// What repair did and found; for any thread to read.
package final class RepairTally: Sendable {
    private let state = Mutex((counts: Repair.Counts(), findings: Repair.Findings(), isBusy: false))

    /// Nothing done yet.
    package init() {}

    /// Since the process started.
    package var counts: Repair.Counts { self.state.withLock { $0.counts } }
    /// How the last whole round found things.
    package var findings: Repair.Findings { self.state.withLock { $0.findings } }
    /// Whether a round is on its way.
    package var isBusy: Bool { self.state.withLock { $0.isBusy } }

    func note(_ repair: Repair) {
        self.state.withLock { $0 = (repair.counts, repair.findings, repair.isBusy) }
    }
}
