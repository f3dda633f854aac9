import Telemetry
import Testing

@Suite struct ExponentialHistogramTests {
    @Test func `merges obey their laws`() {
        expectMergeLaws(seeds: 1...3000, identity: ExponentialHistogram()) { random in
            RandomValues.histogram(of: RandomValues.list(&random))
        } merge: {
            $0.merge($1)
        }
    }

    @Test func `merging parts equals building from all raw values, bit for bit`() {
        for seed in UInt64(1)...3000 {
            var random = SplitMix64(seed: seed)
            let parts = (0..<4).map { _ in RandomValues.list(&random) }
            var merged = ExponentialHistogram()
            for part in parts { merged.merge(RandomValues.histogram(of: part)) }
            let whole = RandomValues.histogram(of: parts.flatMap { $0 }.shuffled(using: &random))
            #expect(merged == whole, "seed \(seed)")
            #expect(Self.bytes(merged) == Self.bytes(whole), "seed \(seed)")
        }
    }

    @Test func `count, sum and extremes are those of the values`() {
        var histogram = ExponentialHistogram()
        for value in [1, 2.5, -3, 0, 4] as [Double] { histogram.record(value, weight: 2) }
        histogram.record(.nan)
        #expect(histogram.count == 11)
        #expect(histogram.notANumberCount == 1)
        #expect(histogram.zeroCount == 2)
        #expect(histogram.sum == 9)
        #expect(histogram.minimum == -3 && histogram.maximum == 4)
    }

    @Test func `nanoseconds are summed without rounding`() {
        var histogram = ExponentialHistogram()
        for _ in 0..<1000 { histogram.record(nanoseconds: 1_000_000_001) }
        histogram.record(nanoseconds: .max)
        #expect(histogram.nanoSum == 1_000_000_001_000 + Int128(UInt64.max))
    }

    @Test func `the sign of zero leaves no trace`() {
        var left = ExponentialHistogram()
        left.record(-0.0)
        left.record(0)
        var right = ExponentialHistogram()
        right.record(0)
        right.record(-0.0)
        #expect(Self.bytes(left) == Self.bytes(right))
    }

    @Test func `infinities count at the largest finite number`() {
        var histogram = ExponentialHistogram()
        histogram.record(.infinity)
        histogram.record(-.infinity)
        #expect(histogram.maximum == .greatestFiniteMagnitude)
        #expect(histogram.minimum == -.greatestFiniteMagnitude)
        #expect(histogram.count == 2)
    }

    @Test func `counts and sums saturate`() {
        var histogram = ExponentialHistogram()
        histogram.record(1e300, weight: .max)
        histogram.record(1e300, weight: .max)
        histogram.record(nanoseconds: .max, weight: .max)
        #expect(histogram.count == .max)
        #expect(histogram.nanoSum == .max)
        var other = histogram
        other.merge(histogram)
        #expect(other.count == .max && other.nanoSum == .max)
        var negative = ExponentialHistogram()
        negative.record(-1e300, weight: .max)
        #expect(negative.nanoSum == .min)
    }

    @Test func `all doubles fit at the coarsest scale`() {
        var histogram = ExponentialHistogram()
        for exponent in stride(from: -1074, through: 1023, by: 7) {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            histogram.record(value)
            histogram.record(-value)
        }
        #expect(histogram.scale >= ExponentialHistogram.coarsestScale)
        #expect(histogram.positive.counts.count <= 320 && histogram.negative.counts.count <= 320)
        #expect(histogram.positive.total == 300 && histogram.negative.total == 300)
        #expect(histogram.subset(limit: 3).positive.counts.count <= 3)
        #expect(histogram.subset(limit: 0).scale == ExponentialHistogram.coarsestScale)
    }

    @Test func `quantiles stay within the error of the scale`() {
        for seed in UInt64(1)...100 {
            var random = SplitMix64(seed: seed)
            let values = (0..<500).map { _ in 0.001 * Double(1 + random.below(30_000)) }.sorted()
            let histogram = RandomValues.histogram(of: values)
            let growth =
                Double(sign: .plus, exponent: 0, significand: 1) * RandomValues.root(of: 2, histogram.scale)
            let bound = (growth - 1) / (growth + 1) + 0.001
            for percent in [1, 10, 25, 50, 75, 90, 99, 100] {
                let exact = values[(values.count * percent + 99) / 100 - 1]
                let found = histogram.quantile(Double(percent) / 100) ?? 0
                #expect(
                    (found - exact).magnitude <= exact * bound,
                    "seed \(seed), p\(percent): \(found), \(exact)"
                )
            }
        }
    }

    @Test func `quantiles of odd requests have answers`() {
        #expect(ExponentialHistogram().quantile(0.5) == nil)
        var histogram = ExponentialHistogram()
        histogram.record(.nan)
        #expect(histogram.quantile(0.5) == nil)
        for value in [-8, -2, 0, 0, 3, 9] as [Double] { histogram.record(value) }
        for share in [0, -1, -.infinity] as [Double] {
            #expect(histogram.quantile(share).map { (-8 ... -7.9).contains($0) } == true)
        }
        for share in [1, 7, .infinity] as [Double] {
            #expect(histogram.quantile(share).map { (8.9...9).contains($0) } == true)
        }
        #expect(histogram.quantile(0.5) == 0)
        _ = histogram.quantile(.nan)
    }

    @Test func `the codec gives every histogram back and refuses every cut`() throws {
        for seed in UInt64(1)...300 {
            var random = SplitMix64(seed: seed)
            let histogram = RandomValues.histogram(of: RandomValues.list(&random))
            let bytes = Self.bytes(histogram)
            var reader = WireReader(bytes.raw)
            #expect(try ExponentialHistogram(from: &reader) == histogram, "seed \(seed)")
            #expect(reader.isAtEnd == true)
            for count in 0..<bytes.count {
                var short = WireReader(bytes.raw, 0..<count)
                #expect(throws: WireFailure.self) { try ExponentialHistogram(from: &short) }
            }
        }
    }

    @Test func `hostile bytes are refused or read, never trapped on`() throws {
        for seed in UInt64(1)...5000 {
            var random = SplitMix64(seed: seed)
            var mutator = RequestMutator(seed: seed)
            let donor = Self.bytes(RandomValues.histogram(of: RandomValues.list(&random)))
            let bytes = mutator.mutate(
                Self.bytes(RandomValues.histogram(of: RandomValues.list(&random))),
                donor: donor
            )
            var reader = WireReader(bytes.raw)
            guard var histogram = try? ExponentialHistogram(from: &reader) else { continue }
            // Whatever was read can be used, and comes back the same.
            var again = WireReader(donor.raw)
            histogram.merge(try ExponentialHistogram(from: &again))
            _ = histogram.quantile(0.9)
            let copy = Self.bytes(histogram)
            var third = WireReader(copy.raw)
            #expect(try ExponentialHistogram(from: &third) == histogram, "seed \(seed)")
        }
    }

    @Test func `foreign histograms of any scale become ours`() {
        for scale in [-1000, -12, -11, -10, 0, 5, 6, 8, 20, 1000] {
            for offset in [Int32.min, -70_000, -1, 0, 1, 70_000, .max] {
                let foreign = ExponentialHistogram(
                    scale: scale,
                    positive: HistogramBuckets(
                        offset: offset,
                        counts: [1] + [UInt64](repeating: 0, count: 400) + [2]
                    ),
                    negative: HistogramBuckets(offset: offset, counts: []),
                    zeroCount: 1,
                    nanoSum: 5,
                    minimum: .nan,
                    maximum: .nan
                )
                #expect(foreign.count == 4, "\(scale) \(offset)")
                #expect((ExponentialHistogram.coarsestScale...5).contains(foreign.scale))
                let bytes = Self.bytes(foreign)
                var reader = WireReader(bytes.raw)
                #expect(throws: Never.self, "\(scale) \(offset)") {
                    _ = try ExponentialHistogram(from: &reader)
                }
                var merged = foreign
                merged.merge(RandomValues.histogram(of: [1e-300, 1, 1e300, -5]))
                #expect(merged.count == 8)
                _ = merged.quantile(0.5)
            }
        }
    }

    private static func bytes(_ histogram: ExponentialHistogram) -> [UInt8] {
        var writer = ByteWriter()
        histogram.encode(into: &writer)
        return writer.bytes
    }
}
