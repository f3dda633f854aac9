package import Telemetry

/// One number about the host under its OpenTelemetry name.
package struct HostMetric: Equatable, Sendable {
    /// How numbers of the same name and attributes relate over time.
    package enum Kind: String, Sendable {
        /// Only rises, since boot or since the process started.
        case counter
        /// A state or a share; adding it up over attributes means nothing.
        case gauge
        /// Goes up and down, and adds up over attributes.
        case updown
    }

    /// As `system.cpu.time`; one of a fixed list, see `HostMetrics`.
    package var name: String
    /// In UCUM, as `s`, `By`, `1`, `{packet}`.
    package var unit: String
    /// How to treat the number over time.
    package var kind: Kind
    /// In a fixed order for each name.
    package var attributes: [MetricLabel]
    /// In ``unit``; always finite.
    package var value: Double
}
