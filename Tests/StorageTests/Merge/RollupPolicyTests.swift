import Storage
import Telemetry
import Testing
import Workload

@Suite struct RollupPolicyTests {
    private static let hour: UInt64 = 3_600_000_000_000
    private static let policy = RollupPolicy(tenSecondsAge: 2 * Self.hour, minuteAge: 10 * Self.hour)
    private static let now = ClusterTime(nanoseconds: 472_000 * Self.hour)

    private static func slots(seed: UInt64, count: Int = 300) -> [Slot] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let age = UInt64(random.below(20 * 360)) * Window.nanoseconds
            let kind = [Series.Kind.counter, .gauge, .histogram, .distinct][random.below(4)]
            let value: SlotValue
            switch kind {
            case .counter: value = .counter(nano: Int128(random.below(1_000)) - 100)
            case .gauge:
                value = .gauge(
                    GaugeValue(Double(random.below(50)), at: ClusterTime(nanoseconds: random.next() >> 4))
                )
            case .histogram:
                var histogram = ExponentialHistogram()
                for _ in 0...random.below(4) { histogram.record(random.unit() * 100) }
                value = .histogram(histogram)
            case .distinct:
                var sketch = HyperLogLog()
                for _ in 0...random.below(4) { sketch.insert(hash: random.next()) }
                value = .distinct(sketch)
            }
            return Slot(
                series: Series("m\(random.below(3)).\(kind)", unit: "", kind: kind, subject: .service("s")),
                start: Self.now.nanoseconds - age,
                part: UInt32(random.below(3)),
                isEstimated: random.chance(perMille: 30),
                value: value
            )
        }
    }

    /// Totals per series and window of a resolution.
    private static func totals(_ slots: [Slot], _ resolution: Resolution) -> [String: SlotValue] {
        var result: [String: SlotValue] = [:]
        for slot in slots {
            let start = slot.start / resolution.nanoseconds
            let identity = "\(slot.series.sortText) \(start)"
            if var known = result[identity] {
                known.merge(slot.value)
                result[identity] = known
            } else {
                result[identity] = slot.value
            }
        }
        return result
    }

    @Test func `totals per hour are what they were, after one rollup or several`() {
        for seed in UInt64(1)...20 {
            let slots = Self.slots(seed: seed)
            let once = Self.policy.rolledUp(slots, at: Self.now)
            #expect(Self.totals(once, .hour) == Self.totals(slots, .hour), "seed \(seed)")
            let later = ClusterTime(nanoseconds: Self.now.nanoseconds + 9 * Self.hour)
            let twice = Self.policy.rolledUp(once, at: later)
            #expect(Self.totals(twice, .hour) == Self.totals(slots, .hour), "seed \(seed)")
            #expect(twice.count <= once.count && once.count < slots.count)
        }
    }

    @Test func `slots are as fine as their age allows, and no finer`() {
        for slot in Self.policy.rolledUp(Self.slots(seed: 3), at: Self.now) {
            let age = Self.now.nanoseconds - slot.start
            switch slot.resolution {
            case .tenSeconds: #expect(age <= 2 * Self.hour)
            case .minute:
                #expect(age > 2 * Self.hour && age <= 10 * Self.hour + Resolution.minute.nanoseconds)
            case .hour: #expect(age > 10 * Self.hour)
            }
            #expect(slot.start % slot.resolution.nanoseconds == 0)
        }
    }

    @Test func `the oracle and the rollup agree, in any order of slots`() {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let slots = Self.slots(seed: seed)
            let rolled = Self.policy.rolledUp(slots, at: Self.now)
            var expected: [String: SlotValue] = [:]
            for slot in slots {
                let resolution = Self.policy.resolution(ofStart: slot.start, at: Self.now)
                guard resolution != .tenSeconds else { continue }
                for (identity, value) in Self.totals([slot], resolution) {
                    let name = "\(identity) \(resolution)"
                    if var known = expected[name] {
                        known.merge(value)
                        expected[name] = known
                    } else {
                        expected[name] = value
                    }
                }
            }
            var found: [String: SlotValue] = [:]
            for slot in rolled where slot.resolution != .tenSeconds {
                let name =
                    "\(slot.series.sortText) \(slot.start / slot.resolution.nanoseconds) \(slot.resolution)"
                #expect(found[name] == nil, "two slots for one window")
                found[name] = slot.value
            }
            #expect(found == expected, "seed \(seed)")
            let old = slots.filter { Self.policy.resolution(ofStart: $0.start, at: Self.now) != .tenSeconds }
            #expect(
                Self.policy.rolledUp(old.shuffled(using: &random), at: Self.now)
                    == Self.policy.rolledUp(old, at: Self.now)
            )
        }
    }

    @Test func `series that differ in unit or kind alone have a fixed order`() {
        let slots = ["", "s", "ms", "By"].flatMap { unit in
            [Series.Kind.counter, .gauge].map { kind in
                Slot(
                    series: Series("m", unit: unit, kind: kind, subject: .service("s")),
                    start: 0,
                    part: 0,
                    value: .counter(nano: 1)
                )
            }
        }
        let expected = Self.policy.rolledUp(slots, at: Self.now)
        #expect(Self.policy.rolledUp(slots.reversed(), at: Self.now) == expected)
        #expect(expected.count == 8)
    }

    @Test func `a window in the future stays as it is`() {
        let slot = Slot(
            series: Series("m", unit: "", kind: .counter, subject: .service("s")),
            start: Self.now.nanoseconds * 2,
            part: 0,
            value: .counter(nano: 1)
        )
        #expect(Self.policy.rolledUp([slot], at: Self.now) == [slot])
        #expect(Self.policy.rolledUp([], at: Self.now) == [])
    }
}
