internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Walks the frames that were made last, from so many nanoseconds before the newest one on.
    ///
    /// Meant for the start, before anything new is appended: what an earlier process left of its open windows.
    package func forEachRecentFrame(
        within nanoseconds: UInt64,
        _ body: (Frame, FramePayload) -> Void
    ) {
        let (sealed, open) = self.snapshot()
        var newest = sealed.map(\.created.upperBound).max() ?? ClusterTime(nanoseconds: 0)
        for segment in open {
            let indexed = segment.index.withLock { $0.frames.last?.header.created }
            let tail = segment.state.withLock { $0.unindexed.last?.frame.header.created }
            newest = max(newest, indexed ?? newest, tail ?? newest)
        }
        let from = newest.nanoseconds - min(nanoseconds, newest.nanoseconds)
        var damaged = 0
        for signal in Signal.allCases {
            for (file, offset) in self.framePlaces(signal, from: from, to: .max, withJournal: true) {
                self.withFrame(file, offset, &damaged) { frame, bytes in
                    guard frame.header.created.nanoseconds >= from else { return }
                    body(frame, try frame.payload(bytes.raw))
                }
            }
        }
    }
}
