import Storage
import Telemetry
import Testing
import Workload

@Suite struct SeriesMergerTests {
    private static let base: UInt64 = 1_700_000_000_000_000_000

    private static func slots(seed: UInt64) -> [Slot] {
        var random = SplitMix64(seed: seed)
        return (0..<200).map { _ in
            let kind = [Series.Kind.counter, .gauge, .histogram, .distinct][random.below(4)]
            let subject: Series.Subject = random.chance(perMille: 500) ? .service("a") : .host("h")
            let attributes = random.chance(perMille: 500) ? [MetricLabel("k", "v\(random.below(2))")] : []
            let series = Series(
                "m\(random.below(2)).\(kind)",
                unit: "s",
                kind: kind,
                subject: subject,
                attributes: attributes
            )
            let value: SlotValue
            switch kind {
            case .counter: value = .counter(nano: Int128(random.below(1_000)))
            case .gauge:
                value = .gauge(
                    GaugeValue(Double(random.below(9)), at: ClusterTime(nanoseconds: random.next() >> 8))
                )
            case .histogram:
                var histogram = ExponentialHistogram()
                histogram.record(Double(random.below(99)))
                value = .histogram(histogram)
            case .distinct:
                var sketch = HyperLogLog()
                for _ in 0...random.below(4) { sketch.insert(hash: random.next()) }
                value = .distinct(sketch)
            }
            return Slot(
                series: series,
                start: Self.base / Window.nanoseconds * Window.nanoseconds + UInt64(random.below(30))
                    * Window.nanoseconds,
                part: UInt32(random.below(2)),
                isEstimated: random.chance(perMille: 20),
                value: value
            )
        }
    }

    @Test func `slots merge per series and step, whatever their order, as a naive sum does`() throws {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let slots = Self.slots(seed: seed)
            let from = Self.base + UInt64(random.below(100)) * 1_000_000_000
            let step: UInt64? = [nil, 60_000_000_000, 0][random.below(3)]
            let query = SeriesQuery(
                names: random.chance(perMille: 500) ? ["m0.counter", "m1.histogram"] : [],
                subject: random.chance(perMille: 500) ? .host("h") : nil,
                from: from,
                to: from + 200_000_000_000,
                step: step
            )
            var expected: [Series: [UInt64: SlotValue]] = [:]
            for slot in slots where slot.start >= query.from && slot.start <= query.to {
                guard query.names.isEmpty || query.names.contains(slot.series.name) else { continue }
                guard query.subject == nil || query.subject == slot.series.subject else { continue }
                let length = step ?? 0
                let place = length == 0 ? query.from : slot.start - slot.start % length
                var value = expected[slot.series]?[place] ?? slot.value
                if expected[slot.series]?[place] != nil { value.merge(slot.value) }
                expected[slot.series, default: [:]][place] = value
            }
            var merger = SeriesMerger(query)
            for slot in slots.shuffled(using: &random) { merger.add(slot) }
            let lines = merger.result
            #expect(Set(lines.map(\.series)) == Set(expected.keys), "seed \(seed)")
            #expect(lines.count == expected.count)
            for line in lines {
                #expect(line.points.map(\.start) == expected[line.series]?.keys.sorted())
                for point in line.points { #expect(point.value == expected[line.series]?[point.start]) }
            }
        }
    }

    @Test func `lines are sorted and say whether something was scaled up`() {
        var merger = SeriesMerger(SeriesQuery())
        for slot in Self.slots(seed: 99) { merger.add(slot) }
        let lines = merger.result
        let texts = lines.map(\.series.sortText)
        #expect(texts == texts.sorted { $0.lexicographicallyPrecedes($1) })
        let estimated = Set(Self.slots(seed: 99).filter(\.isEstimated).map(\.series))
        #expect(Set(lines.filter(\.isEstimated).map(\.series)) == estimated)
    }

    @Test func `a value of another kind than its series changes nothing`() {
        let series = Series("m", unit: "", kind: .counter, subject: .service("a"))
        var merger = SeriesMerger(SeriesQuery())
        merger.add(Slot(series: series, start: 0, part: 0, value: .counter(nano: 3)))
        merger.add(Slot(series: series, start: 0, part: 1, value: .histogram(ExponentialHistogram())))
        #expect(merger.result.first?.points.first?.value == .counter(nano: 3))
    }
}
