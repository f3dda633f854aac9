internal import Telemetry

/// Shows the totals of series in Prometheus form: dots become underscores, seconds stay seconds.
enum SeriesExposition {
    /// Upper bounds of the buckets, in the unit; powers of two, at which exponential buckets add up exactly.
    private static let secondBounds: [Double] = (-6...3).map { Self.power(2 * $0) }

    static func families(_ totals: [(series: Series, value: SlotValue)]) -> [MetricFamily] {
        var families: [MetricFamily] = []
        for (series, value) in totals {
            let name = self.name(series)
            if families.last?.name != name {
                families.append(MetricFamily(name, help: self.help(series), kind: self.kind(series)))
            }
            let labels = series.labels.map { MetricLabel($0.name.replacing(".", with: "_"), $0.value) }
            families[families.count - 1].readings.append(contentsOf: self.readings(value, labels))
        }
        return families
    }

    private static func readings(_ value: SlotValue, _ labels: [MetricLabel]) -> [MetricReading] {
        switch value {
        case .counter(let nano): return [MetricReading(Double(nano) / 1e9, labels: labels)]
        case .gauge(let gauge): return [MetricReading(gauge.last, labels: labels)]
        case .histogram(let histogram):
            var readings = self.secondBounds.map { bound in
                MetricReading(
                    Double(histogram.count(upTo: bound)),
                    suffix: "_bucket",
                    labels: labels + [MetricLabel("le", String(bound))]
                )
            }
            let count = Double(histogram.count)
            readings.append(MetricReading(count, suffix: "_bucket", labels: labels + [MetricLabel("le", "+Inf")]))
            readings.append(MetricReading(histogram.sum, suffix: "_sum", labels: labels))
            readings.append(MetricReading(count, suffix: "_count", labels: labels))
            return readings
        }
    }

    private static func name(_ series: Series) -> String {
        let base = series.name.replacing(".", with: "_")
        let unit = series.unit == "s" ? "_seconds" : series.unit == "By" ? "_bytes" : ""
        return base + unit + (series.kind == .counter ? "_total" : "")
    }

    private static func help(_ series: Series) -> String {
        "\(series.name)\(series.unit.isEmpty ? "" : " in \(series.unit)"), counted by Neoscope."
    }

    private static func kind(_ series: Series) -> MetricFamily.Kind {
        switch series.kind {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        }
    }

    private static func power(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
