internal import Telemetry

extension ExponentialHistogram {
    /// The same with sum and extremes made from its buckets: each count at the geometric middle of its bucket.
    var withEstimates: ExponentialHistogram {
        var nanoSum: Int128 = 0
        for (sign, side) in [(1.0, self.positive), (-1.0, self.negative)] {
            for (index, count) in zip(side.offset..., side.counts) where count > 0 {
                let low = ExponentialIndex.lowerBoundary(of: index, scale: self.scale)
                let high = ExponentialIndex.lowerBoundary(of: index &+ 1, scale: self.scale)
                let middle = low > 0 ? low.squareRoot() * high.squareRoot() : high / 2
                nanoSum = nanoSum.saturatingAdd(Self.nano(sign * middle, weight: count))
            }
        }
        return ExponentialHistogram(
            scale: self.scale,
            positive: self.positive,
            negative: self.negative,
            zeroCount: self.zeroCount,
            nanoSum: nanoSum,
            minimum: self.lowEdge ?? .infinity,
            maximum: self.highEdge ?? -.infinity
        )
    }

    /// The lower end of the lowest bucket that holds something.
    private var lowEdge: Double? {
        if let bounds = self.negative.bounds { return -self.boundary(bounds.upperBound &+ 1) }
        if self.zeroCount > 0 { return 0 }
        return self.positive.bounds.map { self.boundary($0.lowerBound) }
    }

    /// The upper end of the highest bucket that holds something.
    private var highEdge: Double? {
        if let bounds = self.positive.bounds { return self.boundary(bounds.upperBound &+ 1) }
        if self.zeroCount > 0 { return 0 }
        return self.negative.bounds.map { -self.boundary($0.lowerBound) }
    }

    private func boundary(_ index: Int32) -> Double {
        ExponentialIndex.lowerBoundary(of: index, scale: self.scale)
    }

    /// The same where values are zeros whose magnitude is within a wider threshold; a bucket that begins below it goes whole.
    func widened(zeroTo threshold: Double, from former: Double) -> ExponentialHistogram {
        guard threshold > former else { return self }
        var zeros = self.zeroCount
        func outside(_ side: HistogramBuckets) -> HistogramBuckets {
            var counts = side.counts
            for (place, index) in zip(counts.indices, side.offset...) where self.boundary(index) < threshold {
                zeros = zeros.saturatingAdd(counts[place])
                counts[place] = 0
            }
            return HistogramBuckets(offset: side.offset, counts: counts)
        }
        let (positive, negative) = (outside(self.positive), outside(self.negative))
        return ExponentialHistogram(
            scale: self.scale,
            positive: positive,
            negative: negative,
            zeroCount: zeros,
            nanoSum: self.nanoSum,
            minimum: self.minimum,
            maximum: self.maximum
        )
    }

    /// The counts since an earlier state of the same stream, without sum and extremes.
    ///
    /// Nil where a count fell: the stream began anew in between.
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
            nanoSum: 0,
            minimum: .infinity,
            maximum: -.infinity
        )
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
