package import Telemetry

/// What is to be deleted.
package enum Purge: Equatable, Sendable {
    /// Everything whose frames were made before.
    case before(ClusterTime)
    case trace(TraceID)
}
