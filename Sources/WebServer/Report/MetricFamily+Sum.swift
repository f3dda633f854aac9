internal import Telemetry

extension MetricFamily {
    /// Families of several nodes as one: readings of the same labels are added up, in the order they first come.
    static func sum(_ nodes: [[MetricFamily]]) -> [MetricFamily] {
        var order: [String] = []
        var families: [String: MetricFamily] = [:]
        for family in nodes.joined() {
            guard var known = families[family.name] else {
                order.append(family.name)
                families[family.name] = family
                continue
            }
            for reading in family.readings {
                let place = known.readings.firstIndex {
                    $0.suffix == reading.suffix && $0.labels == reading.labels
                }
                if let place {
                    known.readings[place].value += reading.value
                } else {
                    known.readings.append(reading)
                }
            }
            families[family.name] = known
        }
        return order.compactMap { families[$0] }
    }
}
