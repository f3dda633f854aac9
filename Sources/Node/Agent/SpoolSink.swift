internal import DiskStorage
internal import OTLPTransport
package import Pipeline
package import Telemetry

/// Hands a door's frames to an agent's spool.
package struct SpoolSink: FrameSink {
    let spool: Spool
    let totals: RunningTotals

    /// A refusal while the spool is full.
    package var refusal: Refusal? {
        self.spool.isFull
            ? .unavailable("the spool is full, because the cluster cannot be reached", retryAfterSeconds: 10)
            : nil
    }

    /// Queues frames for the spool's next group commit.
    package func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void) {
        self.spool.append(frames) { failure in
            if let failure {
                done(
                    .unavailable(
                        "the spool could not take it (\(failure.code.rawValue))",
                        retryAfterSeconds: failure.code == .full ? 10 : 5
                    )
                )
            } else {
                for frame in frames where frame.header.signal == .slots { self.totals.add(frame) }
                done(nil)
            }
        }
    }
}
