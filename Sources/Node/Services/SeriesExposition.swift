internal import Telemetry

/// Shows the totals of series in Prometheus form: dots become underscores, seconds stay seconds.
///
/// Names come from senders, who may call things as they like; one name that Prometheus does not know would make it
/// refuse the whole page.
enum SeriesExposition {
    private struct Family {
        var family: MetricFamily
        /// Label sets that are shown; two names of a sender can become one here.
        var shown: Set<[MetricLabel]> = []
    }

    /// The families of series, in their order; `reserved` names those that others show on the same page.
    static func families(
        _ totals: [(series: Series, value: SlotValue)],
        reserved: Set<String> = []
    ) -> [MetricFamily] {
        var order: [String] = []
        var families: [String: Family] = [:]
        let reserved = Set(reserved.map { self.withoutTotal($0) })
        for (series, value) in totals {
            let kind = self.kind(series)
            // A family has one kind, and OpenMetrics leaves the suffix of counters out of its name.
            let names = [self.name(series), self.name(series) + "_" + kind.rawValue]
            guard
                let name = names.first(where: {
                    !reserved.contains($0) && families[$0]?.family.kind ?? kind == kind
                })
            else { continue }
            if families[name] == nil {
                order.append(name)
                let shownName = name + (kind == .counter ? "_total" : "")
                families[name] = Family(family: MetricFamily(shownName, help: self.help(series), kind: kind))
            }
            let labels = PrometheusName.labels(series.labels)
            guard families[name]?.shown.insert(labels).inserted == true else { continue }
            families[name]?.family.readings.append(
                contentsOf: self.readings(value, labels, unit: series.unit)
            )
        }
        return order.compactMap { families[$0]?.family }
    }

    private static func withoutTotal(_ name: String) -> String {
        name.hasSuffix("_total") ? String(name.dropLast(6)) : name
    }

    /// Upper bounds of the buckets, in the unit; powers of four, at which exponential buckets add up exactly.
    private static func bounds(_ unit: String) -> [Double] {
        let exponents =
            switch unit {
            // 244 µs to 64 s.
            case "s": -6...3
            // A quarter of a millisecond to 65 s.
            case "ms": -1...8
            // 256 B to 1 GiB.
            case "By": 4...15
            // Counts of things, as tokens: 1 to 4 million.
            default: 0...11
            }
        return exponents.map { self.power(2 * $0) }
    }

    private static func readings(_ value: SlotValue, _ labels: [MetricLabel], unit: String) -> [MetricReading]
    {
        switch value {
        case .counter(let nano): return [MetricReading(Double(nano) / 1e9, labels: labels)]
        case .gauge(let gauge): return [MetricReading(gauge.last, labels: labels)]
        case .distinct(let distinct): return [MetricReading(distinct.estimate.rounded(), labels: labels)]
        case .histogram(let histogram):
            var readings = self.bounds(unit).map { bound in
                MetricReading(
                    Double(histogram.count(upTo: bound)),
                    suffix: "_bucket",
                    labels: labels + [MetricLabel("le", String(bound))]
                )
            }
            let count = Double(histogram.count)
            readings.append(
                MetricReading(count, suffix: "_bucket", labels: labels + [MetricLabel("le", "+Inf")])
            )
            readings.append(MetricReading(histogram.sum, suffix: "_sum", labels: labels))
            readings.append(MetricReading(count, suffix: "_count", labels: labels))
            return readings
        }
    }

    /// The family's name without the suffix of counters.
    private static func name(_ series: Series) -> String {
        let base = self.withoutTotal(PrometheusName.metric(series.name))
        let unit = series.unit == "s" ? "_seconds" : series.unit == "By" ? "_bytes" : ""
        return base.hasSuffix(unit) ? base : base + unit
    }

    private static func help(_ series: Series) -> String {
        "\(series.name)\(series.unit.isEmpty ? "" : " in \(series.unit)"), counted by Neoscope."
    }

    private static func kind(_ series: Series) -> MetricFamily.Kind {
        switch series.kind {
        case .counter: .counter
        case .gauge, .distinct: .gauge
        case .histogram: .histogram
        }
    }

    private static func power(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
