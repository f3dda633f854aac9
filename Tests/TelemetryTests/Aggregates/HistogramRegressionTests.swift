import Telemetry
import Testing

/// Mistakes that other implementations of exponential histograms made, each as a test of ours.
@Suite struct HistogramRegressionTests {
    /// client_java#2270: a shift that rounds towards zero maps -1 to 0.
    @Test func `negative indices round down when the scale drops`() {
        var buckets = HistogramBuckets(offset: -5, counts: [1, 2, 3, 4, 5, 6, 7])
        buckets.downscale(by: 1)
        // -5, -4, -3, -2, -1, 0, 1 become -3, -2, -2, -1, -1, 0, 0.
        #expect(buckets == HistogramBuckets(offset: -3, counts: [1, 5, 9, 13]))
        buckets.downscale(by: 2)
        #expect(buckets == HistogramBuckets(offset: -1, counts: [15, 13]))
        buckets.downscale(by: 31)
        #expect(buckets == HistogramBuckets(offset: -1, counts: [15, 13]))
    }

    /// opentelemetry-cpp#3793: off by one at the limit.
    @Test func `a span of exactly the limit keeps its scale and one more drops it`() {
        var histogram = ExponentialHistogram()
        histogram.record(1)
        // 1 is at index -1; 2^(319/32 - 1/32) is 318 buckets further up.
        let last = ExponentialIndex.lowerBoundary(of: 318, scale: 5).nextUp
        histogram.record(last)
        #expect(histogram.scale == 5)
        #expect(histogram.positive.counts.count == 320)
        histogram.record(ExponentialIndex.lowerBoundary(of: 319, scale: 5).nextUp)
        #expect(histogram.scale == 4)
        #expect(histogram.positive.total == 3)
        var left = RandomValues.histogram(of: [1])
        left.merge(RandomValues.histogram(of: [last]))
        #expect(left.scale == 5 && left.positive.counts.count == 320)
    }

    /// contrib#33831: an even number of buckets behind an odd offset lost the last one.
    @Test func `an odd offset loses no bucket`() {
        for offset in Int32(-9)...9 {
            for count in 1...9 {
                for steps in Int32(1)...4 {
                    var buckets = HistogramBuckets(offset: offset, counts: (1...count).map { UInt64($0) })
                    buckets.downscale(by: steps)
                    #expect(buckets.total == UInt64(count * (count + 1) / 2), "\(offset) \(count) \(steps)")
                    #expect(buckets.offset == offset >> steps)
                }
            }
        }
        var buckets = HistogramBuckets(offset: 1, counts: [1, 1])
        buckets.downscale(by: 1)
        #expect(buckets == HistogramBuckets(offset: 0, counts: [1, 1]))
    }

    /// contrib#37432: with one side empty or narrow the wider side's scale was not taken.
    @Test func `the wider side decides the scale of both`() {
        let wide: [Double] = [1e-6, 1e6]
        for values in [wide, wide.map { -$0 }, wide + [-1], [1] + wide.map { -$0 }] {
            let histogram = RandomValues.histogram(of: values)
            #expect(histogram.scale < 5)
            #expect(max(histogram.positive.counts.count, histogram.negative.counts.count) <= 320)
            var merged = ExponentialHistogram()
            for value in values { merged.merge(RandomValues.histogram(of: [value])) }
            #expect(merged == histogram)
        }
        var fine = RandomValues.histogram(of: [1, -1])
        fine.merge(RandomValues.histogram(of: wide))
        #expect(fine.scale == RandomValues.histogram(of: wide).scale)
        // -1 is at index -1 at every scale.
        #expect(fine.negative == HistogramBuckets(offset: -1, counts: [1]))
    }

    /// opentelemetry-python#3798: scale, extremes and sums were lost between collections, and values that came
    /// in below the first bucket were misplaced.
    @Test func `values below the first bucket and merges over several windows lose nothing`() {
        let falling = (0..<60).map { 1e6 / Double(1 << UInt64($0 / 2)) }
        let rising = Array(falling.reversed())
        #expect(RandomValues.histogram(of: falling) == RandomValues.histogram(of: rising))
        var total = ExponentialHistogram()
        for window in 0..<6 {
            var part = ExponentialHistogram()
            for value in falling[window * 10..<window * 10 + 10] { part.record(value) }
            total.merge(part)
            total.merge(ExponentialHistogram())
        }
        #expect(total == RandomValues.histogram(of: falling))
        #expect(total.count == 60 && total.maximum == 1e6)
        #expect(total.scale >= ExponentialHistogram.coarsestScale)
    }

    @Test func `foreign counts lose the zeros at both ends`() {
        #expect(HistogramBuckets(offset: 7, counts: [0, 0, 3, 0, 1, 0]).bounds == 9...11)
        #expect(HistogramBuckets(offset: 7, counts: [0, 0]).bounds == nil)
        #expect(HistogramBuckets(offset: 7, counts: []) == HistogramBuckets())
    }
}
