import Telemetry
import TestSupport
import Testing

@Suite struct SlotValueTests {
    @Test func `gauges obey their laws`() {
        expectMergeLaws(seeds: 1...3000, make: Self.gauge) { $0.merge($1) }
    }

    @Test func `counters and values of every kind obey their laws`() {
        expectMergeLaws(seeds: 1...2000, identity: SlotValue.counter(nano: 0)) { random in
            SlotValue.counter(nano: Int128(Int64(bitPattern: random.anyMagnitude())))
        } merge: {
            $0.merge($1)
        }
        expectMergeLaws(seeds: 1...500) {
            SlotValue.gauge(Self.gauge(&$0))
        } merge: {
            $0.merge($1)
        }
        expectMergeLaws(seeds: 1...500, identity: SlotValue.histogram(ExponentialHistogram())) { random in
            SlotValue.histogram(RandomValues.histogram(of: RandomValues.list(&random)))
        } merge: {
            $0.merge($1)
        }
    }

    @Test func `a value of another kind changes nothing`() {
        var value = SlotValue.counter(nano: 5)
        value.merge(.histogram(ExponentialHistogram()))
        value.merge(.distinct(HyperLogLog()))
        value.merge(.gauge(GaugeValue(1, at: ClusterTime(nanoseconds: 1))))
        #expect(value == .counter(nano: 5))
    }

    @Test func `sums saturate at both ends`() {
        var value = SlotValue.counter(nano: .max)
        value.merge(.counter(nano: 1))
        #expect(value == .counter(nano: .max))
        value = .counter(nano: .min)
        value.merge(.counter(nano: -1))
        #expect(value == .counter(nano: .min))
    }

    @Test func `the later reading is the last one`() {
        var gauge = GaugeValue(5, at: ClusterTime(nanoseconds: 20))
        gauge.merge(GaugeValue(9, at: ClusterTime(nanoseconds: 10)))
        #expect(gauge.last == 5 && gauge.lastTime == 20 && gauge.count == 2)
        #expect(gauge.minimum == 5 && gauge.maximum == 9 && gauge.mean == 7)
        gauge.merge(GaugeValue(6, at: ClusterTime(nanoseconds: 20)))
        #expect(gauge.last == 6)
    }

    @Test func `a reading that is not a number says nothing`() {
        var gauge = GaugeValue(.nan, at: ClusterTime(nanoseconds: 20))
        #expect(gauge.count == 0 && gauge.mean == 0 && gauge.nanoSum == 0)
        gauge.merge(GaugeValue(2, at: ClusterTime(nanoseconds: 10)))
        #expect(gauge == GaugeValue(2, at: ClusterTime(nanoseconds: 10)))
    }

    @Test func `the codec gives every value back and refuses every cut`() throws {
        for seed in UInt64(1)...300 {
            var random = SplitMix64(seed: seed)
            let value = Self.value(&random)
            var writer = ByteWriter()
            value.encode(into: &writer)
            var reader = WireReader(writer.bytes.raw)
            #expect(try SlotValue(from: &reader) == value, "seed \(seed)")
            #expect(reader.isAtEnd == true)
            for count in 0..<writer.bytes.count where count < 400 || count % 61 == 0 {
                var short = WireReader(writer.bytes.raw, 0..<count)
                #expect(throws: WireFailure.self) { try SlotValue(from: &short) }
            }
        }
    }

    @Test func `a kind that does not exist is refused`() {
        for kind in [UInt8(0), 5, 255] {
            let bytes = [kind] + [UInt8](repeating: 0, count: 60)
            var reader = WireReader(bytes.raw)
            #expect(throws: WireFailure.invalidTag(atByte: 0)) { try SlotValue(from: &reader) }
        }
    }

    static func value(_ random: inout SplitMix64) -> SlotValue {
        switch random.below(5) {
        case 0: .counter(nano: Int128(Int64(bitPattern: random.anyMagnitude())))
        case 1: .counter(nano: Int128(random.next()) << 64 | Int128(random.next()))
        case 2: .gauge(Self.gauge(&random))
        case 3: .distinct(HyperLogLogTests.sketch(&random))
        default: .histogram(RandomValues.histogram(of: RandomValues.list(&random)))
        }
    }

    private static func gauge(_ random: inout SplitMix64) -> GaugeValue {
        let values: [Double] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, Double(random.below(100)) / 7]
        let value = values[random.one(in: 3) ? random.below(values.count) : 7]
        // Infinite sums saturate, and saturated sums are not associative.
        var gauge = GaugeValue(value, at: ClusterTime(nanoseconds: UInt64(random.below(6))))
        if value.isInfinite { gauge.nanoSum = 0 }
        return gauge
    }
}
