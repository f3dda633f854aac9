internal import Telemetry

extension ExponentialHistogram {
    /// Brings explicit buckets into exponential ones: each count at the middle of its bucket, the sum as sent.
    init(counts: [UInt64], bounds: [Double], _ extremes: HistogramExtremes) {
        var buckets = ExponentialHistogram()
        for (index, count) in counts.enumerated() where count > 0 {
            buckets.record(Self.middle(index, bounds, extremes), weight: count)
        }
        self.init(
            scale: buckets.scale,
            positive: buckets.positive,
            negative: buckets.negative,
            zeroCount: buckets.zeroCount,
            nanoSum: extremes.sum.map { Self.nano($0) } ?? buckets.nanoSum,
            minimum: extremes.minimum ?? buckets.minimum,
            maximum: extremes.maximum ?? buckets.maximum
        )
    }

    private static func middle(_ index: Int, _ bounds: [Double], _ extremes: HistogramExtremes) -> Double {
        guard let first = bounds.first, let last = bounds.last else {
            return extremes.minimum ?? 0
        }
        let low = index == 0 ? extremes.minimum ?? min(first, 0) : bounds[index - 1]
        let high = index == bounds.count ? extremes.maximum ?? last : bounds[index]
        // The open ends have one known side; a value just there is the best guess.
        if index == bounds.count, extremes.maximum == nil { return last }
        return low > 0 && high > 0 ? (low * high).squareRoot() : (low + high) / 2
    }

    /// The same with extremes made from its buckets where the sender gave none.
    var withKnownExtremes: ExponentialHistogram {
        guard self.count > 0, self.minimum > self.maximum else { return self }
        let low: Double
        if let bounds = self.negative.bounds {
            low = -ExponentialIndex.lowerBoundary(of: bounds.upperBound &+ 1, scale: self.scale)
        } else if self.zeroCount > 0 {
            low = 0
        } else {
            low =
                self.positive.bounds.map {
                    ExponentialIndex.lowerBoundary(of: $0.lowerBound, scale: self.scale)
                } ?? 0
        }
        let high: Double
        if let bounds = self.positive.bounds {
            high = ExponentialIndex.lowerBoundary(of: bounds.upperBound &+ 1, scale: self.scale)
        } else {
            high = self.zeroCount > 0 ? 0 : low
        }
        return ExponentialHistogram(
            scale: self.scale,
            positive: self.positive,
            negative: self.negative,
            zeroCount: self.zeroCount,
            nanoSum: self.nanoSum,
            minimum: low,
            maximum: high
        )
    }

    /// What was recorded since an earlier state of the same stream; nil where the stream began anew in between.
    func since(_ earlier: ExponentialHistogram) -> ExponentialHistogram? {
        let common = min(self.scale, earlier.scale)
        var now = self
        var before = earlier
        now.downscale(to: common)
        before.downscale(to: common)
        guard let positive = Self.difference(now.positive, before.positive),
            let negative = Self.difference(now.negative, before.negative), now.zeroCount >= before.zeroCount
        else { return nil }
        return ExponentialHistogram(
            scale: common,
            positive: positive,
            negative: negative,
            zeroCount: now.zeroCount - before.zeroCount,
            nanoSum: now.nanoSum &- before.nanoSum,
            minimum: .infinity,
            maximum: -.infinity
        ).withKnownExtremes
    }

    private static func difference(_ now: HistogramBuckets, _ before: HistogramBuckets) -> HistogramBuckets? {
        guard let old = before.bounds else { return now }
        guard let new = now.bounds, new.lowerBound <= old.lowerBound, new.upperBound >= old.upperBound else {
            return nil
        }
        var counts = now.counts
        let shift = Int(old.lowerBound - new.lowerBound)
        for (position, count) in before.counts.enumerated() {
            guard counts[shift + position] >= count else { return nil }
            counts[shift + position] -= count
        }
        return HistogramBuckets(offset: new.lowerBound, counts: counts)
    }
}
