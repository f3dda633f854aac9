/// A named group of readings as an exposition shows them: one HELP, one TYPE, many label sets.
///
/// Names, labels and values are already in Prometheus form (base units, `_total` on counters); the renderer
/// in the web server only escapes and lays out. Order of `readings` is the order shown.
package struct MetricFamily: Equatable, Sendable {
    /// How a scraper must treat the numbers.
    package enum Kind: String, Sendable {
        /// Only rises, except across a restart.
        case counter
        /// Goes up and down.
        case gauge
        /// Cumulative buckets with `_bucket`, `_sum` and `_count`.
        case histogram
        /// Of no stated kind.
        case unknown
    }

    /// The name without a suffix of its own readings, as `node_cpu_seconds_total`.
    package var name: String
    /// One sentence for people.
    package var help: String
    /// How a scraper must treat the readings.
    package var kind: Kind
    /// The numbers, in the order shown.
    package var readings: [MetricReading]

    /// A family, at first mostly without readings.
    package init(_ name: String, help: String, kind: Kind, readings: [MetricReading] = []) {
        self.name = name
        self.help = help
        self.kind = kind
        self.readings = readings
    }
}

/// One number of a family under one set of labels.
package struct MetricReading: Equatable, Sendable {
    /// Appended to the family's name: empty, or `_bucket`, `_sum`, `_count` of a histogram.
    package var suffix: String
    /// Told apart by these.
    package var labels: [MetricLabel]
    /// The number, in the unit that the name says.
    package var value: Double

    /// A reading under its family's own name unless said otherwise.
    package init(_ value: Double, suffix: String = "", labels: [MetricLabel] = []) {
        self.suffix = suffix
        self.labels = labels
        self.value = value
    }
}

/// One label: a name that is valid for Prometheus and any text as its value.
package struct MetricLabel: Hashable, Sendable {
    /// Letters, digits and underscores.
    package var name: String
    /// Any text.
    package var value: String

    /// A label; nothing is checked here.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
