import Telemetry

@testable import Cluster

/// Slots, chunks and tables as tests of aggregates want them.
enum AggregateSamples {
    /// A time that tests count from: the start of a window.
    static let epoch = ClusterTime(nanoseconds: 1_700_000_000_000_000_000)

    static func series(_ number: Int, service: String = "shop", kind: Series.Kind = .counter) -> Series {
        Series("metric.\(number).\(kind)", unit: "1", kind: kind, subject: .service(service))
    }

    static func value(_ kind: Series.Kind, _ random: inout SplitMix64) -> SlotValue {
        switch kind {
        case .counter: return .counter(nano: Int128(random.below(1_000)))
        case .gauge:
            let time = ClusterTime(nanoseconds: UInt64(random.below(9)))
            return .gauge(GaugeValue(Double(random.below(50)), at: time))
        case .histogram:
            var histogram = ExponentialHistogram()
            for _ in 0...random.below(3) { histogram.record(Double(random.below(500)) / 8) }
            return .histogram(histogram)
        case .distinct:
            var sketch = HyperLogLog()
            for _ in 0...random.below(3) { sketch.insert(hash: SplitMix64.mixed(UInt64(random.below(30)))) }
            return .distinct(sketch)
        }
    }

    static let kinds: [Series.Kind] = [.counter, .gauge, .histogram, .distinct]

    static func slot(
        _ series: Series,
        _ value: SlotValue = .counter(nano: 1),
        window: Int = 0,
        isEstimated: Bool = false
    ) -> Slot {
        let start = self.epoch.nanoseconds / Window.nanoseconds * Window.nanoseconds
        return Slot(
            series: series,
            start: UInt64(Int(start) + window * Int(Window.nanoseconds)),
            part: 0,
            isEstimated: isEstimated,
            value: value
        )
    }

    static func chunk(_ number: UInt64, run: UInt64 = 1, service: String = "shop") -> ChunkID {
        ChunkID(frame: FrameID(run: RunID(high: run, low: 9), sequence: number), key: .service(service))
    }

    /// A chunk of some slots of one service, the same for the same seed.
    static func chunk(seed: UInt64, services: Int = 2, windows: Int = 2) -> (id: ChunkID, slots: [Slot]) {
        var random = SplitMix64(seed: seed)
        let service = "service \(random.below(services))"
        let slots = (0...random.below(4)).map { _ in
            let kind = self.kinds[random.below(4)]
            return self.slot(
                self.series(random.below(3), service: service, kind: kind),
                self.value(kind, &random),
                window: -random.below(windows),
                isEstimated: random.chance(perMille: 100)
            )
        }
        return (self.chunk(seed, service: service), slots)
    }

    /// A table at the epoch of a node that owns everything unless said otherwise.
    static func table(_ limits: AggregateTable.Limits = .init(), ownsAll: Bool = true) -> AggregateTable {
        var table = AggregateTable(limits: limits)
        table.advance(to: self.epoch)
        table.own { _ in ownsAll }
        return table
    }

    /// Everything that a table shows.
    static func content(_ table: AggregateTable) -> [UInt64: [AggregateEntry]] {
        var content: [UInt64: [AggregateEntry]] = [:]
        for window in table.windows {
            let entries = table.entries(of: window)
            if !entries.isEmpty { content[window.index] = entries }
        }
        return content
    }
}

extension AggregateTable {
    /// Takes everything that another table shows.
    mutating func join(_ other: AggregateTable) {
        for window in other.windows {
            for entry in other.entries(of: window) { self.tell(entry, in: window) }
        }
    }
}
