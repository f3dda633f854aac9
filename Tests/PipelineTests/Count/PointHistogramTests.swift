import Foundation
import OTLPMessages
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What points of histograms add to a window; the edge began to watch at second 0.
@Suite struct PointHistogramTests {
    private typealias Explicit = OTLPHistogramDataPoint
    private typealias Exponential = OTLPExponentialHistogramDataPoint

    /// What a histogram alone, as a delta, becomes.
    private static func converted(_ metric: OTLPMetric) throws -> ExponentialHistogram {
        var metric = metric
        if case .histogram = metric.data {
            metric.histogram.aggregationTemporality = .delta
        } else {
            metric.exponentialHistogram.aggregationTemporality = .delta
        }
        var bench = MetricSender()
        return try #require(try bench.histogram(metric, at: 1))
    }

    // MARK: Explicit buckets

    @Test func `explicit buckets keep counts, sum and extremes, and lie at their geometric middles`() throws {
        let point = Explicit([1, 2, 3, 4], [1, 4, 16], sum: 150, min: 0.25, max: 64)
        let found = try Self.converted(.histogram(point))
        // (0.25, 1], (1, 4], (4, 16], (16, 64] have their middles at 0.5, 2, 8 and 32: each two doublings on.
        var expected = HistogramBuckets()
        for (index, count) in zip([Int32(-33), 31, 95, 159], [UInt64(1), 2, 3, 4]) {
            expected.add(count, at: index)
        }
        #expect(found.positive == expected && found.scale == 5 && found.count == 10)
        #expect(found.sum == 150 && found.minimum == 0.25 && found.maximum == 64)
    }

    @Test func `without sum and extremes they are estimated from the middles`() throws {
        let found = try Self.converted(.histogram(Explicit([1, 2, 0, 4], [1, 4, 16])))
        // Open ends: from zero, and just at the last bound.
        #expect(found.sum == 68.5)
        #expect(found.minimum == 0.5 && found.maximum == 16)
    }

    @Test func `buckets below zero mirror those above it`() throws {
        let found = try Self.converted(.histogram(Explicit([1, 2, 3, 4], [-16, -4, 4], min: -64)))
        // -32 once, -8 twice, 0 three times, 4 four times.
        #expect(found.sum == -32)
        #expect(found.negative.total == 3 && found.zeroCount == 3 && found.positive.total == 4)
        #expect(found.minimum == -64 && found.maximum == 4)
    }

    @Test func `extremes narrow the buckets they lie in, and no others`() throws {
        let one = try Self.converted(.histogram(Explicit([0, 5, 0], [1, 100], min: 3, max: 3)))
        #expect(one.sum == 15 && one.minimum == 3 && one.maximum == 3)
        let wrong = try Self.converted(.histogram(Explicit([4, 0], [4], min: 9, max: 16)))
        #expect(wrong.sum == 8 && wrong.count == 4)
    }

    @Test func `bounds as far apart as doubles go do not overflow`() throws {
        let far = Double.greatestFiniteMagnitude
        let found = try Self.converted(.histogram(Explicit([1, 1, 1, 1], [-far, 1e200, 1e220])))
        #expect(found.count == 4 && found.maximum == 1e220 && found.minimum == -far)
        // 1e210 lies where its logarithm says.
        let index = Int32((log2(1e210) * 32).rounded(.up)) - 1
        let scale = Int32(5 - found.scale)
        #expect(found.positive.bounds?.contains(index >> scale) == true)
        let open = try Self.converted(.histogram(Explicit([0, 2, 3], [8, .infinity])))
        #expect(open.maximum == 8 && open.count == 5)
    }

    @Test func `a histogram without buckets tells its count, and its mean`() throws {
        var point = Explicit([], [], sum: 12, min: 1, max: 9)
        point.count = 4
        let found = try Self.converted(.histogram(point))
        #expect(found.count == 4 && found.sum == 12 && found.minimum == 1 && found.maximum == 9)
        #expect(found.quantile(0.5).map { abs($0 - 3) < 0.04 } == true)
        point.bucketCounts = [7]
        point.count = 7
        #expect(try Self.converted(.histogram(point)).count == 7)
    }

    @Test(arguments: [
        Explicit([1], [1]), Explicit([1, 2, 3], [1]), Explicit([], [1]), Explicit([1, 1, 1], [2, 1]),
        Explicit([1, 1, 1], [1, 1]), Explicit([1, 1], [.nan]),
        Explicit(Array(repeating: 1, count: 2001), (0..<2000).map(Double.init)),
    ])
    func `buckets that contradict themselves, or are too many, are left out`(
        _ point: OTLPHistogramDataPoint
    ) throws {
        var bench = MetricSender()
        #expect(try bench.send(.histogram(point, .delta), at: 1).isEmpty)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `sums and extremes that are not numbers are estimated`(_ number: Double) throws {
        let plain = try Self.converted(.histogram(Explicit([1, 2], [4])))
        let odd = try Self.converted(
            .histogram(Explicit([1, 2], [4], sum: number, min: number, max: number))
        )
        #expect(odd == plain)
        let buckets = try Self.converted(.exponential(Exponential(scale: 0, positive: [1, 2])))
        #expect(
            try Self.converted(
                .exponential(Exponential(scale: 0, positive: [1, 2], sum: number, min: number, max: number))
            ) == buckets
        )
    }

    @Test func `an empty histogram says nothing of extremes`() throws {
        let empty = ExponentialHistogram()
        #expect(try Self.converted(.histogram(Explicit([0, 0], [1], sum: 0, min: 0, max: 0))) == empty)
        #expect(try Self.converted(.exponential(Exponential(scale: 3, sum: 0, min: 0, max: 0))) == empty)
    }

    @Test func `a count that its buckets contradict is not counted; none at all is no contradiction`() throws
    {
        for count in [UInt64(0), 2, 3, 4, .max] {
            var explicit = Explicit([1, 2], [1])
            explicit.count = count
            var exponential = Exponential(scale: 0, positive: [1], negative: [1], zeros: 1)
            exponential.count = count
            for metric in [OTLPMetric.histogram(explicit, .delta), .exponential(exponential, .delta)] {
                // Zero is not sent.
                let isCounted = count == 0 || count == 3
                #expect(try metric.points().points.count == (isCounted ? 1 : 0), "\(count)")
                #expect(try metric.points().impossibleCount == (isCounted ? 0 : 1), "\(count)")
            }
        }
    }

    @Test func `counts that overflow stay at the largest number`() throws {
        let found = try Self.converted(.histogram(Explicit([.max, .max], [1], max: 1.5)))
        #expect(found.count == .max)
    }

    // MARK: Exponential buckets

    @Test func `exponential buckets come over as they are`() throws {
        let point = Exponential(
            scale: 2,
            positive: [1, 0, 2],
            at: -3,
            negative: [4],
            negativeAt: 5,
            zeros: 6,
            sum: 7.5,
            min: -2.75,
            max: 0.9375
        )
        let found = try Self.converted(.exponential(point))
        #expect(found.scale == 2 && found.zeroCount == 6 && found.count == 13)
        #expect(found.positive == HistogramBuckets(offset: -3, counts: [1, 0, 2]))
        #expect(found.negative == HistogramBuckets(offset: 5, counts: [4]))
        #expect(found.sum == 7.5 && found.minimum == -2.75 && found.maximum == 0.9375)
    }

    @Test func `exponential extremes that are unknown are the edges of the buckets`() throws {
        func extremes(_ point: Exponential) throws -> [Double] {
            let found = try Self.converted(.exponential(point))
            return [found.minimum, found.maximum]
        }
        // At scale 0 bucket i is (2^i, 2^(i+1)].
        #expect(try extremes(Exponential(scale: 0, positive: [1, 1], at: 2)) == [4, 16])
        #expect(try extremes(Exponential(scale: 0, negative: [1, 1], negativeAt: 2)) == [-16, -4])
        #expect(try extremes(Exponential(scale: 0, positive: [1], negative: [1], negativeAt: 2)) == [-8, 2])
        #expect(try extremes(Exponential(scale: 0, positive: [1], at: 2, zeros: 1)) == [0, 8])
        #expect(try extremes(Exponential(scale: 0, negative: [1], negativeAt: 2, zeros: 1)) == [-8, 0])
        #expect(try extremes(Exponential(scale: 0, zeros: 1)) == [0, 0])
        // One that is known is kept beside the other.
        #expect(try extremes(Exponential(scale: 0, positive: [1, 1], at: 2, min: 5)) == [5, 16])
        #expect(try extremes(Exponential(scale: 0, positive: [1, 1], at: 2, max: 15)) == [4, 15])
        #expect(try extremes(Exponential(scale: 0, positive: [1, 1], at: 2, min: 9, max: 5)) == [4, 16])
    }

    @Test func `a sum that is missing is estimated from the middles`() throws {
        // (4, 16] at scale -1, twice, and -(1, 4], three times.
        let found = try Self.converted(
            .exponential(Exponential(scale: -1, positive: [2], at: 1, negative: [3], zeros: 9))
        )
        #expect(found.sum == 10)
    }

    @Test(arguments: [Int32.min, -31, -11, 0, 5, 6, 20, 21, 31, 63, Int32.max])
    func `absurd scales and offsets lose no count`(_ scale: Int32) throws {
        for offset in [Int32.min, -1, 0, 1, Int32.max] {
            let found = try Self.converted(
                .exponential(
                    Exponential(
                        scale: scale,
                        positive: Array(repeating: 3, count: 1000),
                        at: offset,
                        negative: [1, .max],
                        negativeAt: offset
                    )
                )
            )
            #expect(found.positive.total == 3000 && found.negative.total == .max)
            #expect(found.positive.counts.count <= 320 && (-10...5).contains(found.scale))
            #expect(found.minimum.isFinite && found.maximum.isFinite)
        }
    }

    // MARK: Cumulative streams

    @Test func `a cumulative histogram counts whole, by steps, and whole again after a reset`() throws {
        var bench = MetricSender()
        func send(_ counts: [UInt64], _ sum: Double, start: Double = 1, time: Double) throws -> [Double]? {
            let point = Explicit(counts, [1, 4], sum: sum, start: start, time: time)
            return try bench.histogram(.histogram(point), at: time).map { [Double($0.count), $0.sum] }
        }
        #expect(try send([1, 2, 0], 5, time: 5) == [3, 5])
        #expect(try send([1, 4, 1], 17, time: 15) == [3, 12])
        #expect(try send([1, 4, 1], 17, time: 25) == [0, 0])
        #expect(try send([1, 3, 9], 60, time: 35) == [13, 60])
        #expect(try send([2, 4, 9], 61, start: 40, time: 45) == [15, 61])
        #expect(try send([2, 5, 9], 63, start: 40, time: 55) == [1, 2])
        #expect(try send([9, 9, 9], 99, start: -5, time: 56) == nil)
        #expect(try send([9, 9, 10], 104, start: -5, time: 65) == [1, 5])
    }

    @Test func `a maximum that rises moves no value that was counted before`() throws {
        var bench = MetricSender()
        func send(
            _ counts: [UInt64],
            sum: Double,
            min: Double,
            max: Double,
            _ time: Double
        ) throws
            -> ExponentialHistogram
        {
            let point = Explicit(counts, [8], sum: sum, min: min, max: max, start: 1, time: time)
            return try #require(try bench.histogram(.histogram(point), at: time))
        }
        _ = try send([1, 3], sum: 64, min: 4, max: 32, 5)
        let step = try send([2, 5], sum: 1080, min: 2, max: 1000, 15)
        #expect(step.count == 3 && step.sum == 1016 && step.minimum == 2 && step.maximum == 1000)
        // The extremes stay: nobody knows those of the step, but none lies beyond.
        let next = try send([2, 6], sum: 1100, min: 2, max: 1000, 25)
        #expect(next.count == 1 && next.sum == 20 && next.minimum > 8 && next.maximum < 100)
    }

    @Test func `buckets laid out anew are a stream begun anew`() throws {
        var bench = MetricSender()
        let points = [
            OTLPMetric.histogram(Explicit([1, 2], [1], start: 1, time: 5)),
            .histogram(Explicit([1, 3], [2], start: 1, time: 15)),
            .exponential(Exponential(scale: 0, positive: [7], start: 1, time: 25)),
        ]
        #expect(try points.map { try bench.histogram($0, at: 30)?.count } == [3, 4, 7])
    }

    @Test func `a scale that drops between two points is no reset`() throws {
        var bench = MetricSender()
        func send(_ point: Exponential) throws -> ExponentialHistogram? {
            try bench.histogram(.exponential(point), at: 30)
        }
        _ = try send(
            Exponential(
                scale: 1,
                positive: [1, 2, 3],
                at: 1,
                negative: [1],
                negativeAt: 3,
                sum: 9,
                start: 1,
                time: 5
            )
        )
        // At scale 0 indices 1, 2 and 3 are 0, 1 and 1; negative 3 is 1.
        let step = try #require(
            try send(
                Exponential(scale: 0, positive: [2, 6, 4], negative: [1, 3], sum: 30, start: 1, time: 15)
            )
        )
        #expect(step.scale == 0 && step.sum == 21)
        #expect(step.positive == HistogramBuckets(offset: 0, counts: [1, 1, 4]))
        #expect(step.negative == HistogramBuckets(offset: 0, counts: [1, 2]))
        #expect(step.minimum == -4 && step.maximum == 8)
    }

    @Test func `sums that go to infinity and back do not spoil the steps`() throws {
        var bench = MetricSender()
        var sums: [Double?] = []
        for (number, sum) in [1, Double.infinity, .nan, 1e308, -1e308, 5].enumerated() {
            let count = UInt64(number + 1)
            let point = Explicit([0, count], [4], sum: sum, start: 1, time: Double(number))
            sums.append(try bench.histogram(.histogram(point), at: 9)?.sum)
        }
        // Where the difference is unknown, one more value at the open end; 1e308 is beyond any sum we keep.
        #expect(sums == [1, 4, 4, 4, 4, 4])
    }

    // MARK: Against a naive model

    /// The index of a value's bucket, by its logarithm; the values used lie far from any boundary.
    private static func index(_ value: Double, scale: Int) -> Int32 {
        Int32((log2(value) * exp2(Double(scale))).rounded(.up)) - 1
    }

    private static func buckets(_ values: [Double], scale: Int) -> HistogramBuckets {
        var counts: [Int32: UInt64] = [:]
        for value in values { counts[Self.index(value, scale: scale), default: 0] += 1 }
        guard let low = counts.keys.min(), let high = counts.keys.max() else { return HistogramBuckets() }
        return HistogramBuckets(offset: low, counts: (low...high).map { counts[$0] ?? 0 })
    }

    @Test func `the steps of an exponential stream are all that was recorded in them`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(40)) {
            var random = SplitMix64(seed: seed)
            var bench = MetricSender()
            var total = ExponentialHistogram()
            var values: [Double] = []
            let beganBefore = seed % 2 == 0
            var old = 0
            var scale = 3 + random.below(5)
            for round in 1...12 {
                for _ in 0..<random.below(30) {
                    values.append(
                        scalbn(1 + Double(1 + random.below(999)) / 1000.5, random.below(16) - 8)
                            * (random.one(in: 3) ? -1 : 1)
                    )
                }
                if random.one(in: 3) { scale -= random.below(3) }
                let positive = Self.buckets(values.filter { $0 > 0 }, scale: scale)
                let negative = Self.buckets(values.filter { $0 < 0 }.map(\.magnitude), scale: scale)
                let point = Exponential(
                    scale: Int32(scale),
                    positive: positive.counts,
                    at: positive.offset,
                    negative: negative.counts,
                    negativeAt: negative.offset,
                    sum: values.reduce(0, +),
                    min: values.min(),
                    max: values.max(),
                    start: beganBefore ? -1 : 1,
                    time: Double(round)
                )
                if beganBefore, round == 1 { old = values.count }
                guard let step = try bench.histogram(.exponential(point), at: Double(round)) else { continue }
                total.merge(step)
            }
            let replay = Comment(rawValue: Sweep.replay("all that was recorded", seed: seed))
            let counted = values.dropFirst(old)
            #expect(total.positive == Self.buckets(counted.filter { $0 > 0 }, scale: total.scale), replay)
            #expect(
                total.negative
                    == Self.buckets(counted.filter { $0 < 0 }.map(\.magnitude), scale: total.scale),
                replay
            )
            #expect(abs(total.sum - counted.reduce(0, +)) < 1e-6, replay)
        }
    }

    @Test func `the steps of an explicit stream have the counts and sums of what was recorded`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(40)) {
            var random = SplitMix64(seed: seed)
            let bounds = Set((0...random.below(6)).map { _ in Double(random.below(80) - 20) }).sorted()
            var bench = MetricSender()
            var values: [Double] = []
            let replay = Comment(rawValue: Sweep.replay("counts and sums of what was", seed: seed))
            for round in 1...15 {
                let new = (0...random.below(20)).map { _ in Double(random.below(1000) - 300) / 8 }
                values += new
                var counts = [UInt64](repeating: 0, count: bounds.count + 1)
                for value in values { counts[bounds.filter { $0 < value }.count] += 1 }
                let point = Explicit(
                    counts,
                    bounds,
                    sum: values.reduce(0, +),
                    min: values.min(),
                    max: values.max(),
                    start: 1,
                    time: Double(round)
                )
                let step = try #require(try bench.histogram(.histogram(point), at: Double(round)))
                #expect(step.count == UInt64(new.count) && step.sum == new.reduce(0, +), replay)
                // Nothing is placed outside the extremes of all, and a new extreme is known exactly.
                #expect(step.minimum >= values.min() ?? 0 && step.maximum <= values.max() ?? 0, replay)
                let before = values.dropLast(new.count)
                if let low = new.min(), before.allSatisfy({ $0 > low }) {
                    #expect(step.minimum == low, replay)
                }
                if let high = new.max(), before.allSatisfy({ $0 < high }) {
                    #expect(step.maximum == high, replay)
                }
            }
        }
    }
}
