package import Cluster
internal import Synchronization

/// What the write path counts; for any thread to read.
package final class WriteTally: Sendable {
    /// What is counted beside the verdicts.
    package enum Event: String, CaseIterable, Sendable {
        /// Sent on to another collector.
        case forwarded
        /// A copy for another node was kept.
        case copied
        /// A frame came that was held already.
        case duplicate
        /// Two frames had one name.
        case clash
        /// The own disk did not take a frame.
        case failed
        /// A frame that was owed to others was not on the own disk any more.
        case forgotten
        /// A run came under another agent's certificate than before.
        case foreignRun = "foreign_run"
    }

    /// Counts since the process started.
    package struct Counts: Equatable, Sendable {
        /// By event.
        package var events: [Event: UInt64] = [:]
        /// Answers by verdict.
        package var verdicts: [Outcome.Verdict: UInt64] = [:]
        /// Chunks kept here whose partitions were other nodes' at that time.
        package var foreignChunks: UInt64 = 0
    }

    private let state = Mutex(Counts())

    /// Nothing counted yet.
    package init() {}

    /// The counts as of now.
    package var counts: Counts { self.state.withLock { $0 } }

    func note(_ event: Event) { self.state.withLock { $0.events[event, default: 0] += 1 } }

    func note(_ verdict: Outcome.Verdict) { self.state.withLock { $0.verdicts[verdict, default: 0] += 1 } }

    func noteForeign(_ chunks: Int) { self.state.withLock { $0.foreignChunks += UInt64(chunks) } }

    func note(_ outcome: LogOutcome, isCopy: Bool) {
        switch outcome {
        case .kept: if isCopy { self.note(.copied) }
        case .known: self.note(.duplicate)
        case .clash: self.note(.clash)
        case .failed: self.note(.failed)
        }
    }
}
