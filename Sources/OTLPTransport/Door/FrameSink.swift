package import Pipeline
package import Telemetry

/// Where a door's frames become safe: a store, or a spool.
package protocol FrameSink: Sendable {
    /// Takes frames and answers once: with nil when all are safe, else with what to tell the senders.
    func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void)

    /// Why nothing can be taken at the moment; nil when it can.
    var refusal: Refusal? { get }

    /// Whether a frame of slots may be appended; false for one that nobody will ever take, by its time of creation.
    func mayTake(_ header: FrameHeader) -> Bool
}

extension FrameSink {
    /// A disk takes frames of any time.
    package func mayTake(_ header: FrameHeader) -> Bool { true }
}
