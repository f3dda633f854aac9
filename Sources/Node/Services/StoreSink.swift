package import DiskStorage
internal import OTLPTransport
package import Pipeline
package import Telemetry

/// Hands a door's frames to the store, and the slots among them to the running totals.
package struct StoreSink: FrameSink {
    let store: SegmentStore
    let totals: RunningTotals

    /// A sink in front of a store that is open.
    package init(store: SegmentStore, totals: RunningTotals) {
        self.store = store
        self.totals = totals
    }

    /// A refusal while the disk is nearly full, or the index too far behind.
    package var refusal: Refusal? {
        if self.store.isDiskLow {
            return .unavailable(
                "the disk is nearly full, so that nothing more can be kept",
                retryAfterSeconds: 10
            )
        }
        return self.store.isBehind
            ? .unavailable("the index is behind what was taken in", retryAfterSeconds: 2) : nil
    }

    /// Queues frames for the next group commit; answers on the store's writer thread.
    package func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void) {
        self.store.append(frames) { failure in
            if let failure {
                done(
                    .unavailable("the store could not write (\(failure.code.rawValue))", retryAfterSeconds: 5)
                )
            } else {
                for frame in frames where frame.header.signal == .slots { self.totals.add(frame) }
                done(nil)
            }
        }
    }
}
