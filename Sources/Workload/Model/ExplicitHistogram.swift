/// A histogram with given bounds, as most SDKs make them.
struct ExplicitHistogram: Equatable, Sendable {
    /// Upper bounds, inclusive, rising.
    let bounds: [Double]
    /// One more than the bounds.
    private(set) var counts: [UInt64]
    private(set) var sum = 0.0
    private(set) var minimum = Double.infinity
    private(set) var maximum = -Double.infinity

    init(bounds: [Double]) {
        self.bounds = bounds
        self.counts = Array(repeating: 0, count: bounds.count + 1)
    }

    var count: UInt64 { self.counts.reduce(0, +) }

    mutating func record(_ value: Double) {
        let index = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.counts[index] += 1
        self.sum += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
    }

    /// The bounds that the GenAI conventions advise for durations in seconds.
    static let durationBounds = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]

    /// The bounds that the GenAI conventions advise for tokens.
    static let tokenBounds: [Double] = [
        1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
        67_108_864,
    ]
}
