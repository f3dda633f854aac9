import Telemetry

/// Gathers metrics and leaves out those without a value.
struct HostMetricList {
    private(set) var metrics: [HostMetric] = []

    init() {
        // A host with a few cores and disks has about 400.
        self.metrics.reserveCapacity(512)
    }

    /// Adds a counter, its number times `scale`.
    mutating func counter(
        _ name: String,
        _ unit: String,
        _ value: UInt64?,
        scale: Double = 1,
        _ attributes: [MetricLabel] = []
    ) {
        guard let value else { return }
        self.add(name, unit, .counter, attributes, Double(value) * scale)
    }

    /// Adds a counter in seconds from a number with so many units to the second.
    ///
    /// Divides, so that 406,770,000 µs are 406.77 s and not a digit more.
    mutating func seconds(
        _ name: String,
        _ value: UInt64?,
        per second: Double,
        _ attributes: [MetricLabel] = []
    ) {
        guard let value else { return }
        self.add(name, "s", .counter, attributes, Double(value) / second)
    }

    /// Adds a counter that is not whole.
    mutating func counter(_ name: String, _ unit: String, _ value: Double?, _ attributes: [MetricLabel] = [])
    {
        guard let value else { return }
        self.add(name, unit, .counter, attributes, value)
    }

    /// Adds a gauge.
    mutating func gauge(_ name: String, _ unit: String, _ value: Double?, _ attributes: [MetricLabel] = []) {
        guard let value else { return }
        self.add(name, unit, .gauge, attributes, value)
    }

    /// Adds an amount that goes up and down.
    mutating func updown(_ name: String, _ unit: String, _ value: UInt64?, _ attributes: [MetricLabel] = []) {
        guard let value else { return }
        self.add(name, unit, .updown, attributes, Double(value))
    }

    private mutating func add(
        _ name: String,
        _ unit: String,
        _ kind: HostMetric.Kind,
        _ attributes: [MetricLabel],
        _ value: Double
    ) {
        guard value.isFinite else { return }
        self.metrics.append(
            HostMetric(name: name, unit: unit, kind: kind, attributes: attributes, value: value)
        )
    }
}
