import Telemetry

/// Gathers families and leaves out those without readings.
struct MetricFamilyList {
    private(set) var families: [MetricFamily] = []

    /// Adds a family of one number without labels.
    mutating func add(_ name: String, _ kind: MetricFamily.Kind, _ value: Double?, _ help: String) {
        guard let value else { return }
        self.families.append(MetricFamily(name, help: help, kind: kind, readings: [MetricReading(value)]))
    }

    /// Adds a family of one whole number without labels.
    mutating func add(_ name: String, _ kind: MetricFamily.Kind, _ value: UInt64?, _ help: String) {
        self.add(name, kind, value.map { Double($0) }, help)
    }

    /// Adds a family with a reading for each element that has a value.
    mutating func add<Element>(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ elements: [Element],
        labels: (Element) -> [MetricLabel],
        value: (Element) -> Double?
    ) {
        let readings = elements.compactMap { element in
            value(element).map { MetricReading($0, labels: labels(element)) }
        }
        guard !readings.isEmpty else { return }
        self.families.append(MetricFamily(name, help: help, kind: kind, readings: readings))
    }
}
