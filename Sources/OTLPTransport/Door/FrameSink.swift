package import Pipeline
package import Telemetry

/// Where a door's frames become safe: a store, or a spool.
package protocol FrameSink: Sendable {
    /// Takes frames and answers once: with nil when all are safe, else with what to tell the senders.
    func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void)

    /// Why nothing can be taken at the moment; nil when it can.
    var refusal: Refusal? { get }
}
