package import Telemetry

/// One of the operations with the highest 99th percentile, and a trace that shows it.
package struct SlowOperation: Sendable {
    /// Such a span in a trace that can be read.
    package struct Example: Equatable, Sendable {
        /// The trace.
        package var trace: TraceID
        /// The span's duration in nanoseconds.
        package var duration: UInt64
    }

    /// What it is and does.
    package var operation: Report.Operation
    /// The slowest span of it that was found; nil where none is stored.
    package var example: Example?
}
