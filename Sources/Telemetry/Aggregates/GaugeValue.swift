/// What a window knows of a state: its extremes, its mean, and its latest reading.
package struct GaugeValue: Equatable, Sendable {
    /// The smallest reading; +infinity while there is none.
    package var minimum: Double
    /// The largest reading; -infinity while there is none.
    package var maximum: Double
    /// The exact sum of all readings in billionths of the unit.
    package var nanoSum: Int128
    /// How many readings there were.
    package var count: UInt64
    /// Cluster time of `last`, in nanoseconds; the later reading wins a merge, then the larger value.
    package var lastTime: UInt64
    /// The latest reading.
    package var last: Double

    /// Takes a state as it was recorded.
    ///
    /// A minimum or maximum that is not a number is unknown, so is a last reading; zeros lose their sign. Otherwise
    /// the bytes of a merged value would depend on the order of merges.
    package init(
        minimum: Double,
        maximum: Double,
        nanoSum: Int128,
        count: UInt64,
        lastTime: UInt64,
        last: Double
    ) {
        self.minimum = minimum.isNaN ? .infinity : minimum + 0
        self.maximum = maximum.isNaN ? -.infinity : maximum + 0
        self.nanoSum = nanoSum
        self.count = count
        self.lastTime = last.isNaN ? 0 : lastTime
        self.last = last.isNaN ? 0 : last + 0
    }

    /// One reading; what is not a number says nothing and is not counted.
    package init(_ value: Double, at time: ClusterTime) {
        self.init(
            minimum: value,
            maximum: value,
            nanoSum: ExponentialHistogram.nano(value),
            count: value.isNaN ? 0 : 1,
            lastTime: time.nanoseconds,
            last: value
        )
    }

    /// The average of all readings; zero where there is none.
    package var mean: Double { self.count == 0 ? 0 : Double(self.nanoSum) / 1e9 / Double(self.count) }

    /// Adds what another origin or part knows.
    package mutating func merge(_ other: GaugeValue) {
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.nanoSum = self.nanoSum.saturatingAdd(other.nanoSum)
        self.count = self.count.saturatingAdd(other.count)
        if (other.lastTime, other.last) > (self.lastTime, self.last) {
            self.lastTime = other.lastTime
            self.last = other.last
        }
    }
}
