internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// When the newest frame was made; zero where there is none.
    package var newest: ClusterTime {
        let (sealed, open) = self.snapshot()
        var newest = sealed.map(\.created.upperBound).max() ?? ClusterTime(nanoseconds: 0)
        for segment in open {
            let indexed = segment.index.withLock { $0.frames.last?.header.created }
            let tail = segment.state.withLock { $0.unindexed.last?.frame.header.created }
            newest = max(newest, indexed ?? newest, tail ?? newest)
        }
        return newest
    }

    /// Walks the frames of slots that were made at a time or later.
    package func forEachSlotFrame(since from: ClusterTime, _ body: (Frame, FramePayload) -> Void) {
        var damaged = 0
        for (file, offset) in self.framePlaces(.slots, from: from.nanoseconds, to: .max) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                body(frame, try frame.payload(bytes.raw))
            }
        }
    }

    /// Walks the frames of which some chunk was made at a time or later; journal frames too.
    ///
    /// Meant for the start, before anything new is appended: what an earlier process left of its open windows.
    package func forEachFrame(since from: ClusterTime, _ body: (Frame, FramePayload) -> Void) {
        var damaged = 0
        for signal in Signal.allCases {
            for (file, offset) in self.framePlaces(
                signal,
                from: from.nanoseconds,
                to: .max,
                withJournal: true
            ) {
                self.withFrame(file, offset, &damaged) { frame, bytes in
                    body(frame, try frame.payload(bytes.raw))
                }
            }
        }
    }
}
