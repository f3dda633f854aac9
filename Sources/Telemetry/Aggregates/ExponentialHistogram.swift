/// A distribution that merges exactly: base-2 exponential buckets, integer counts, an integer sum.
///
/// Kept at the finest scale ≤ ``ExponentialIndex/scale`` at which each side spans at most ``bucketLimit`` buckets.
/// As the scale starts fixed and only the occupied span decides when it drops, any order of merges, and building
/// from the raw values, give the same value bit for bit (OpenTelemetry metrics data model, "ExponentialHistogram").
package struct ExponentialHistogram: Equatable, Sendable {
    /// The widest span of buckets on one side.
    package static let bucketLimit: Int32 = 320
    /// The scale at which all doubles fit into three buckets of each side.
    package static let coarsestScale = -10

    /// Buckets per doubling, as a power of two; between ``coarsestScale`` and ``ExponentialIndex/scale``.
    package private(set) var scale = ExponentialIndex.scale
    /// Counts of values above zero.
    package private(set) var positive = HistogramBuckets()
    /// Counts of values below zero, by magnitude.
    package private(set) var negative = HistogramBuckets()
    /// Values that are zero, or whose magnitude is within the sender's zero threshold.
    package private(set) var zeroCount: UInt64 = 0
    /// Values that are not numbers; in `count`, in no bucket.
    package private(set) var notANumberCount: UInt64 = 0
    /// The exact sum in billionths of the unit; saturates at the ends of its type.
    package private(set) var nanoSum: Int128 = 0
    /// The smallest value seen; +infinity while empty.
    package private(set) var minimum = Double.infinity
    /// The largest value seen; -infinity while empty.
    package private(set) var maximum = -Double.infinity

    /// The empty distribution, which changes nothing it is merged into.
    package init() {}

    /// Takes a histogram made elsewhere, brought to a scale this program keeps.
    ///
    /// Nothing is trusted: buckets of scales that are too coarse or too fine are mapped, and extremes that are not
    /// numbers are taken as unknown.
    package init(
        scale: Int,
        positive: HistogramBuckets,
        negative: HistogramBuckets,
        zeroCount: UInt64,
        nanoSum: Int128,
        minimum: Double,
        maximum: Double,
        notANumberCount: UInt64 = 0
    ) {
        self.scale = scale
        self.positive = positive
        self.negative = negative
        self.zeroCount = zeroCount
        self.nanoSum = nanoSum
        self.minimum = minimum.isNaN ? .infinity : minimum + 0
        self.maximum = maximum.isNaN ? -.infinity : maximum + 0
        self.notANumberCount = notANumberCount
        if scale > ExponentialIndex.scale { self.downscale(to: ExponentialIndex.scale) }
        if scale < Self.coarsestScale {
            // Only two buckets are left there: up to one, and above it.
            self.positive.downscale(by: 31)
            self.negative.downscale(by: 31)
            self.scale = Self.coarsestScale
        }
        self.positive.clamp(to: ExponentialIndex.range(atScale: self.scale))
        self.negative.clamp(to: ExponentialIndex.range(atScale: self.scale))
        self.normalise()
    }

    /// How many values were recorded.
    package var count: UInt64 {
        self.positive.total.saturatingAdd(self.negative.total).saturatingAdd(self.zeroCount)
            .saturatingAdd(self.notANumberCount)
    }

    /// The sum in the unit.
    package var sum: Double { Double(self.nanoSum) / 1e9 }

    /// Records a duration in seconds from its exact nanoseconds.
    package mutating func record(nanoseconds: UInt64, weight: UInt64 = 1) {
        self.insert(Double(nanoseconds) / 1e9, weight: weight)
        self.addToSum(Self.product(Int128(nanoseconds), weight))
    }

    /// Records a value; infinities count at the largest finite number.
    package mutating func record(_ value: Double, weight: UInt64 = 1) {
        guard !value.isNaN else {
            self.notANumberCount = self.notANumberCount.saturatingAdd(weight)
            return
        }
        self.insert(value, weight: weight)
        self.addToSum(Self.nano(value, weight: weight))
    }

    /// Adds another distribution.
    ///
    /// Commutative and associative while the sum does not saturate; the empty one is its identity.
    package mutating func merge(_ other: ExponentialHistogram) {
        let common = min(self.scale, other.scale)
        var other = other
        other.downscale(to: common)
        self.downscale(to: common)
        self.zeroCount = self.zeroCount.saturatingAdd(other.zeroCount)
        self.notANumberCount = self.notANumberCount.saturatingAdd(other.notANumberCount)
        self.addToSum(other.nanoSum)
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.positive = Self.merged(self.positive, other.positive, scale: &self.scale, with: &self.negative)
        // The positive side may have dropped the scale; bring the other's negative side along.
        var otherNegative = other.negative
        otherNegative.downscale(by: Int32(common - self.scale))
        self.negative = Self.merged(self.negative, otherNegative, scale: &self.scale, with: &self.positive)
    }

    /// Lowers the resolution; a finer target changes nothing.
    package mutating func downscale(to target: Int) {
        guard target < self.scale else { return }
        let steps = Int32(self.scale - max(target, Self.coarsestScale))
        self.positive.downscale(by: steps)
        self.negative.downscale(by: steps)
        self.scale -= Int(steps)
    }

    /// The same distribution with at most `limit` buckets a side, for exporters.
    package func subset(limit: Int32) -> ExponentialHistogram {
        var result = self
        while max(result.positive.counts.count, result.negative.counts.count) > Int(limit),
            result.scale > Self.coarsestScale
        {
            result.downscale(to: result.scale - 1)
        }
        return result
    }

    /// The value below which a share of the recorded ones lies; nil while empty.
    ///
    /// Inside a bucket the answer is its geometric middle, kept within the seen minimum and maximum: the
    /// relative error is at most 1.1 % at scale 5 and doubles with each step down.
    package func quantile(_ share: Double) -> Double? {
        let total = self.count &- self.notANumberCount
        guard total > 0 else { return nil }
        let rank = max(1, (min(max(share, 0), 1) * Double(total)).rounded(.up))
        var seen: UInt64 = 0
        for (position, count) in self.negative.counts.enumerated().reversed() {
            seen = seen.saturatingAdd(count)
            if Double(seen) >= rank { return self.clamped(-self.middle(self.negative, position)) }
        }
        seen = seen.saturatingAdd(self.zeroCount)
        if Double(seen) >= rank { return self.clamped(0) }
        for (position, count) in self.positive.counts.enumerated() {
            seen = seen.saturatingAdd(count)
            if Double(seen) >= rank { return self.clamped(self.middle(self.positive, position)) }
        }
        return self.maximum
    }

    /// A value in billionths, rounded to the nearest, as often as it stands for.
    ///
    /// Saturates; what is not a number is zero.
    package static func nano(_ value: Double, weight: UInt64 = 1) -> Int128 {
        guard !value.isNaN else { return 0 }
        // Whole units apart from the rest: together they may have more digits than a double.
        let whole = value.rounded(.towardZero)
        guard let units = Int128(exactly: whole) else { return value < 0 ? .min : .max }
        let nano = self.product(units, 1_000_000_000).saturatingAdd(Int128(((value - whole) * 1e9).rounded()))
        return self.product(nano, weight)
    }

    private static func product(_ amount: Int128, _ weight: UInt64) -> Int128 {
        let (product, overflow) = amount.multipliedReportingOverflow(by: Int128(weight))
        return overflow ? (amount < 0 ? .min : .max) : product
    }

    private mutating func insert(_ raw: Double, weight: UInt64) {
        // Adding zero turns -0 into 0, so that the extremes do not depend on which zero came first.
        let value = min(max(raw, -Double.greatestFiniteMagnitude), Double.greatestFiniteMagnitude) + 0
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        guard value != 0 else {
            self.zeroCount = self.zeroCount.saturatingAdd(weight)
            return
        }
        let fine = ExponentialIndex.index(of: value.magnitude)
        var index = fine >> Int32(ExponentialIndex.scale - self.scale)
        let bounds = value > 0 ? self.positive.bounds : self.negative.bounds
        if let bounds {
            var low = min(bounds.lowerBound, index)
            var high = max(bounds.upperBound, index)
            var steps = 0
            while high - low >= Self.bucketLimit {
                low >>= 1
                high >>= 1
                steps += 1
            }
            if steps > 0 {
                self.downscale(to: self.scale - steps)
                index = fine >> Int32(ExponentialIndex.scale - self.scale)
            }
        }
        if value > 0 {
            self.positive.add(weight, at: index)
        } else {
            self.negative.add(weight, at: index)
        }
    }

    private mutating func normalise() {
        while max(self.positive.counts.count, self.negative.counts.count) > Int(Self.bucketLimit),
            self.scale > Self.coarsestScale
        {
            self.downscale(to: self.scale - 1)
        }
    }

    private mutating func addToSum(_ amount: Int128) {
        self.nanoSum = self.nanoSum.saturatingAdd(amount)
    }

    private func middle(_ buckets: HistogramBuckets, _ position: Int) -> Double {
        let index = buckets.offset &+ Int32(truncatingIfNeeded: position)
        let low = ExponentialIndex.lowerBoundary(of: index, scale: self.scale)
        let high = ExponentialIndex.lowerBoundary(of: index &+ 1, scale: self.scale)
        return low > 0 && high < .greatestFiniteMagnitude ? (low * high).squareRoot() : (low + high) / 2
    }

    private func clamped(_ value: Double) -> Double { min(max(value, self.minimum), self.maximum) }

    /// The sum of two sides; drops the scale, and the opposite side with it, while the span is too wide.
    private static func merged(
        _ left: HistogramBuckets,
        _ right: HistogramBuckets,
        scale: inout Int,
        with opposite: inout HistogramBuckets
    ) -> HistogramBuckets {
        guard let leftBounds = left.bounds else { return right }
        guard let rightBounds = right.bounds else { return left }
        var low = min(leftBounds.lowerBound, rightBounds.lowerBound)
        var high = max(leftBounds.upperBound, rightBounds.upperBound)
        var steps: Int32 = 0
        while high - low >= self.bucketLimit {
            low >>= 1
            high >>= 1
            steps += 1
        }
        var result = left
        var other = right
        result.downscale(by: steps)
        other.downscale(by: steps)
        opposite.downscale(by: steps)
        scale -= Int(steps)
        for (position, count) in other.counts.enumerated() {
            result.add(count, at: other.offset &+ Int32(truncatingIfNeeded: position))
        }
        return result
    }
}
