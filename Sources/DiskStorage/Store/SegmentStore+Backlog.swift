internal import Synchronization
package import Telemetry

/// What is on the disk, and not yet in an index.
package struct IndexBacklog: Equatable, Sendable {
    /// Frames that the index thread has not reached; they are found by key, and not by search.
    package var frames = 0
    /// When the oldest of them was made, at its edge; nil where there is none.
    package var oldest: ClusterTime?
    /// Full logs that wait until their index is written.
    package var logs = 0

    /// Nothing waits.
    package init() {}
}

extension SegmentStore {
    /// How far the index is behind, as of now.
    package var backlog: IndexBacklog {
        var backlog = IndexBacklog()
        let (_, open) = self.snapshot()
        for segment in open {
            segment.state.withLock { state in
                let waiting = state.unindexed[state.firstUnindexed...]
                backlog.frames += waiting.count
                guard let first = waiting.first?.frame.header.created else { return }
                backlog.oldest = min(backlog.oldest ?? first, first)
            }
        }
        backlog.logs = self.state.withLock { $0.closing.count }
        return backlog
    }
}
