internal import Cluster
internal import DiskStorage
internal import OTLPTransport
internal import PeerTransport
package import Pipeline
package import Telemetry

/// Brings the frames of a collector's own doors to their owners, and answers when they are confirmed.
package struct ClusterSink: FrameSink {
    let store: SegmentStore
    let log: StoreLog
    let collector: CollectorBox
    let acceptsOneCopy: Bool
    /// Of what times the owners take frames.
    let times: FrameTimes

    /// A refusal while this node can take nothing.
    package var refusal: Refusal? {
        self.log.objection.map { .unavailable($0, retryAfterSeconds: 5) }
    }

    /// Whether the cluster would take a frame made at that time: only agents make frames anew.
    package func mayTake(_ header: FrameHeader) -> Bool {
        self.times.defect(of: header.created, now: self.store.now()) == nil
    }

    /// Keeps journal frames here, and sends the others on their way.
    package func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void) {
        let journal = frames.filter { $0.header.flags.contains(.journal) }
        let others = frames.filter { !$0.header.flags.contains(.journal) }
        let bring: @Sendable () -> Void = {
            guard let collector = self.collector.value else {
                return done(.unavailable("the collector is not ready", retryAfterSeconds: 1))
            }
            collector.bring(others) { outcome in done(self.judge(outcome)) }
        }
        guard !journal.isEmpty else { return bring() }
        self.store.append(journal) { failure in
            if let failure {
                done(
                    .unavailable("the store could not write (\(failure.code.rawValue))", retryAfterSeconds: 5)
                )
            } else if others.isEmpty {
                done(nil)
            } else {
                bring()
            }
        }
    }

    private func judge(_ outcome: Outcome) -> Refusal? {
        switch outcome.verdict {
        case .confirmed: nil
        case .accepted:
            self.acceptsOneCopy
                ? nil
                : .unavailable(
                    "one node holds it so far, and the cluster promises more copies",
                    retryAfterSeconds: 2
                )
        default: .unavailable("the cluster did not take it: \(outcome.message)", retryAfterSeconds: 2)
        }
    }
}
