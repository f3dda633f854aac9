internal import Telemetry

/// What a sender may say about a distribution beside its buckets; nil where it said nothing that can be true.
struct HistogramExtremes: Equatable {
    var sum: Double?
    /// The sum in billionths of the unit; differences of sums are exact in these alone.
    var nanoSum: Int128?
    var minimum: Double?
    var maximum: Double?

    /// The same without numbers that are not finite, and without extremes that contradict each other.
    var checked: HistogramExtremes {
        func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
        var result = HistogramExtremes(
            sum: finite(self.sum),
            nanoSum: self.nanoSum ?? finite(self.sum).map { ExponentialHistogram.nano($0) },
            minimum: finite(self.minimum),
            maximum: finite(self.maximum)
        )
        if let minimum = result.minimum, let maximum = result.maximum, minimum > maximum {
            result.minimum = nil
            result.maximum = nil
        }
        return result
    }
}

/// A distribution as its sender laid it out.
///
/// Cumulative streams are subtracted in this form: where the values of an explicit bucket are taken to lie depends
/// on the extremes, which widen from point to point, so that a value once placed would seem to move.
struct PointHistogram: Equatable {
    enum Layout: Equatable {
        /// Bucket i holds the values in (bounds[i - 1], bounds[i]]; the first and the last have one open side.
        case explicit(counts: [UInt64], bounds: [Double])
        /// Its own sum and extremes mean nothing; zeros are values whose magnitude is within the threshold.
        case exponential(ExponentialHistogram, zeroThreshold: Double)
    }

    /// More explicit buckets than any sender has; a longer point is refused, as streams are remembered whole.
    static let explicitMax = 256
    /// More exponential buckets of one side than any sender has; a longer point is refused.
    static let exponentialMax = 16_384

    private let layout: Layout
    /// Exact, where known.
    private let extremes: HistogramExtremes
    /// No value lies below.
    private let lowest: Double?
    /// No value lies above.
    private let highest: Double?

    /// Explicit buckets; nil where they contradict themselves or the count that was sent, or are too many.
    ///
    /// A point may have no buckets at all, and so say only how many values there were and what else is known
    /// (metrics.proto, HistogramDataPoint.explicit_bounds). Where no count was sent, the buckets say it.
    init?(counts: [UInt64], bounds: [Double], count: UInt64?, _ extremes: HistogramExtremes) {
        let counts = counts.isEmpty && bounds.isEmpty ? [count ?? 0] : counts
        guard counts.count == bounds.count + 1, counts.count <= Self.explicitMax,
            count ?? Self.total(counts) == Self.total(counts),
            zip(bounds, bounds.dropFirst()).allSatisfy(<), !bounds.contains(where: \.isNaN)
        else { return nil }
        self.init(.explicit(counts: counts, bounds: bounds), extremes.checked)
    }

    /// Exponential buckets of any scale; nil where they contradict the count that was sent, which is nil where none was.
    init?(
        scale: Int32,
        positive: HistogramBuckets,
        negative: HistogramBuckets,
        zeroCount: UInt64,
        zeroThreshold: Double,
        count: UInt64?,
        _ extremes: HistogramExtremes
    ) {
        let total = Self.total([positive.total, negative.total, zeroCount])
        guard count ?? total == total else { return nil }
        let histogram = ExponentialHistogram(
            scale: Int(scale),
            positive: positive,
            negative: negative,
            zeroCount: zeroCount,
            nanoSum: 0,
            minimum: .infinity,
            maximum: -.infinity
        )
        // One that is no magnitude says nothing.
        let threshold = zeroThreshold.isFinite ? max(zeroThreshold, 0) : 0
        self.init(.exponential(histogram, zeroThreshold: threshold), extremes.checked)
    }

    private static func total(_ counts: [UInt64]) -> UInt64 { counts.reduce(0) { $0.saturatingAdd($1) } }

    private init(
        _ layout: Layout,
        _ extremes: HistogramExtremes,
        lowest: Double? = nil,
        highest: Double? = nil
    ) {
        self.layout = layout
        self.extremes = extremes
        self.lowest = lowest ?? extremes.minimum
        self.highest = highest ?? extremes.maximum
    }

    /// What was recorded since an earlier state of the same stream; nil where the stream began anew in between.
    func since(_ earlier: PointHistogram) -> PointHistogram? {
        guard let layout = self.layout.since(earlier.layout) else { return nil }
        var extremes = HistogramExtremes()
        // Of sums beyond all that is kept nobody knows the difference.
        if let now = self.extremes.nanoSum, let before = earlier.extremes.nanoSum,
            ![now, before].contains(where: { $0 == .min || $0 == .max })
        {
            extremes.nanoSum = now.saturatingSubtract(before)
            extremes.sum = extremes.nanoSum.map { Double($0) / 1e9 }
        }
        // An extreme that moved was seen in between; one that stayed only says how far a value may lie.
        if let now = self.lowest, let before = earlier.lowest, now < before { extremes.minimum = now }
        if let now = self.highest, let before = earlier.highest, now > before { extremes.maximum = now }
        return PointHistogram(layout, extremes.checked, lowest: self.lowest, highest: self.highest)
    }

    /// The same in exponential buckets.
    ///
    /// Each explicit bucket's values are taken to lie at its geometric middle, or at the known end of an open one.
    /// Counts, and what the sender knew of sum and extremes, are kept; the rest is estimated from the buckets.
    var distribution: ExponentialHistogram {
        let buckets =
            switch self.layout {
            case .explicit(let counts, let bounds): self.placed(counts, bounds)
            case .exponential(let histogram, _): histogram.withEstimates
            }
        guard buckets.count > 0 else { return ExponentialHistogram() }
        func inside(_ value: Double) -> Double {
            min(max(value, self.lowest ?? value), self.highest ?? .greatestFiniteMagnitude)
        }
        return ExponentialHistogram(
            scale: buckets.scale,
            positive: buckets.positive,
            negative: buckets.negative,
            zeroCount: buckets.zeroCount,
            nanoSum: self.extremes.nanoSum ?? buckets.nanoSum,
            minimum: self.extremes.minimum ?? inside(buckets.minimum),
            maximum: self.extremes.maximum ?? inside(buckets.maximum)
        )
    }

    private func placed(_ counts: [UInt64], _ bounds: [Double]) -> ExponentialHistogram {
        var result = ExponentialHistogram()
        for (index, count) in counts.enumerated() where count > 0 {
            let middle = bounds.isEmpty ? self.mean(of: count) : self.middle(ofBucket: index, bounds)
            result.record(middle, weight: count)
        }
        return result
    }

    /// Where the values lie if nothing says how they spread.
    private func mean(of count: UInt64) -> Double {
        let mean = self.extremes.sum.map { $0 / Double(count) } ?? self.lowest ?? self.highest ?? 0
        return min(max(mean, self.lowest ?? mean), self.highest ?? .greatestFiniteMagnitude)
    }

    private func middle(ofBucket index: Int, _ bounds: [Double]) -> Double {
        /// A bound, unless there is none, or it is as far off as none.
        func bound(_ index: Int) -> Double? {
            bounds.indices.contains(index) && bounds[index].isFinite ? bounds[index] : nil
        }
        var low = bound(index - 1)
        var high = bound(index)
        // Extremes outside the bucket belong to others.
        if let lowest = self.lowest, lowest > low ?? -.infinity, lowest <= high ?? .infinity { low = lowest }
        if let highest = self.highest, highest < high ?? .infinity, highest >= low ?? -.infinity {
            high = highest
        }
        return switch (low, high) {
        case (let low?, let high?): Self.middle(low, high)
        case (let low?, nil): low
        // Most of what is measured is never below zero.
        case (nil, let high?): Self.middle(min(high, 0), high)
        case (nil, nil): 0
        }
    }

    /// The geometric middle; the arithmetic one where a bound is zero or the signs differ.
    private static func middle(_ low: Double, _ high: Double) -> Double {
        let middle =
            if low > 0 {
                low.squareRoot() * high.squareRoot()
            } else if high < 0 {
                -((-low).squareRoot() * (-high).squareRoot())
            } else {
                low / 2 + high / 2
            }
        return min(max(middle, low), high)
    }
}

extension PointHistogram.Layout {
    fileprivate func since(_ earlier: Self) -> Self? {
        switch (self, earlier) {
        case (.explicit(let now, let bounds), .explicit(let before, let others)):
            guard bounds == others, zip(now, before).allSatisfy(>=) else { return nil }
            return .explicit(counts: zip(now, before).map { $0 - $1 }, bounds: bounds)
        case (.exponential(let now, let nowZero), .exponential(let before, let beforeZero)):
            // A wider zero bucket took in what stood in others before.
            let zero = max(nowZero, beforeZero)
            let step = now.widened(zeroTo: zero, from: nowZero).since(
                before.widened(zeroTo: zero, from: beforeZero)
            )
            return step.map { .exponential($0, zeroThreshold: zero) }
        default: return nil
        }
    }
}
