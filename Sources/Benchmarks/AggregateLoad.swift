internal import Cluster
internal import Telemetry

/// Slots as hosts make them: services that run on all hosts, each with the same fifty series everywhere.
struct AggregateLoad {
    /// The end of a window, from which time is counted.
    static let epoch = ClusterTime(nanoseconds: 1_700_000_000_000_000_000)
    private static let seriesPerService = 50

    private let hosts: Int
    /// The slots of one host, service by service; the window stands for any.
    private let services: [(key: Key, slots: [Slot])]

    /// - Parameters:
    ///   - hosts: How many make slots.
    ///   - services: Each with fifty series; ten make five hundred.
    ///   - random: What the values are drawn from.
    init(hosts: Int, services: Int = 10, _ random: inout SplitMix64) {
        self.hosts = hosts
        var list: [(key: Key, slots: [Slot])] = []
        for number in 0..<services {
            let name = "service-\(number)"
            let slots = (0..<Self.seriesPerService).map { Self.slot($0, of: name, &random) }
            list.append((Key.service(name), slots))
        }
        self.services = list
    }

    /// A chunk of each service of each host.
    func chunks(window: Window) -> [(id: ChunkID, slots: [Slot])] {
        let services = self.services.map { service in
            service.slots.map { slot in
                var slot = slot
                slot.start = window.start.nanoseconds
                return slot
            }
        }
        var result: [(id: ChunkID, slots: [Slot])] = []
        for host in 0..<self.hosts {
            let frame = FrameID(run: RunID(high: 1, low: UInt64(host)), sequence: window.index)
            for (service, slots) in zip(self.services, services) {
                result.append((ChunkID(frame: frame, key: service.key), slots))
            }
        }
        return result
    }

    /// A duration from a tenth of a millisecond to some seconds, most of them short.
    static func nanoseconds(_ random: inout SplitMix64) -> UInt64 {
        let base = 100_000 << random.below(12)
        return UInt64(base + random.below(base))
    }

    /// A value of a kind.
    static func value(_ kind: Series.Kind, samples: Int, _ random: inout SplitMix64) -> SlotValue {
        switch kind {
        case .counter: return .counter(nano: Int128(random.below(1_000_000)) * 1_000_000_000)
        case .gauge: return .gauge(GaugeValue(random.unit(), at: Self.epoch))
        case .histogram:
            var histogram = ExponentialHistogram()
            for _ in 0..<samples { histogram.record(nanoseconds: Self.nanoseconds(&random)) }
            return .histogram(histogram)
        case .distinct:
            var sketch = HyperLogLog()
            for _ in 0..<samples { sketch.insert(hash: random.next()) }
            return .distinct(sketch)
        }
    }

    /// Six of ten are durations of operations, one counts sessions, the others are counters.
    private static func slot(_ number: Int, of service: String, _ random: inout SplitMix64) -> Slot {
        let kind: Series.Kind = number == 0 ? .distinct : number % 10 < 6 ? .histogram : .counter
        let attributes = [
            MetricLabel("span.name", "GET /api/v1/things/\(number)"), MetricLabel("span.kind", "server"),
            MetricLabel("status.code", "ok"),
        ]
        let series = Series(
            kind == .counter ? "gen_ai.client.inference.tokens" : MetricNames.duration,
            unit: "s",
            kind: kind,
            subject: .service(service),
            attributes: attributes
        )
        return Slot(series: series, start: 0, part: 0, value: self.value(kind, samples: 30, &random))
    }

    private enum MetricNames {
        static let duration = "traces.span.duration"
    }
}
