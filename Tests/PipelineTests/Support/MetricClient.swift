import OTLPMessages
import Telemetry

/// A process that measures: what it knows, and what it says of it when it exports.
struct MetricClient {
    /// What it measured until some moment.
    struct State: Equatable {
        var whole: Int64 = 0
        var values: [Double] = []
        var zeroThreshold = 0.0
    }

    static let bounds: [Double] = [-8, 0, 1, 16, 1024]

    let label: String
    let temporality: OTLPAggregationTemporality
    /// When it began, for the receiver; nil where it does not say.
    let start: Double?
    let began: Double
    var random: SplitMix64
    private(set) var state = State()
    /// What the last export said; deltas begin there.
    private var exported = State()

    init(_ label: String, at now: Double, saysStart: Bool, isDelta: Bool, seed: UInt64) {
        self.label = label
        self.began = now
        self.start = saysStart ? now : nil
        self.temporality = isDelta ? .delta : .cumulative
        self.random = SplitMix64(seed: seed)
    }

    /// Measures a few things; whole numbers beyond what doubles hold, values of either sign, near zero, and zero.
    mutating func work() {
        for _ in 0...self.random.below(4) {
            self.state.whole += Int64(self.random.below(3) == 0 ? 1 << 54 | 1 : self.random.below(9))
            // Never at a boundary of any scale.
            let exponent = Int(self.random.below(28)) - 14
            let value =
                self.random.below(9) == 0 ? 0 : Double(sign: .plus, exponent: exponent, significand: 1.3125)
            self.state.values.append(self.random.below(4) == 0 ? -value : value)
        }
        if self.random.below(8) == 0 {
            self.state.zeroThreshold = max(
                self.state.zeroThreshold,
                Double(sign: .plus, exponent: -12, significand: 1)
            )
        }
    }

    /// One export, and the state that it stands for: for a delta what came since the last one.
    mutating func export(at now: Double) -> (metrics: [OTLPMetric], says: State) {
        defer { self.exported = self.state }
        var says = self.state
        if self.temporality == .delta {
            says.whole -= self.exported.whole
            says.values.removeFirst(self.exported.values.count)
        }
        var sum = OTLPMetric.sum(0, start: self.start, time: now, self.temporality, label: self.label)
        sum.sum.dataPoints[0].asInt = says.whole
        sum.name = "sum " + self.label
        var explicit = OTLPMetric.histogram(self.explicit(says.values, at: now), self.temporality)
        explicit.name = "explicit " + self.label
        var exponential = OTLPMetric.exponential(self.exponential(says, at: now), self.temporality)
        exponential.name = "exponential " + self.label
        return ([sum, explicit, exponential], says)
    }

    private func explicit(_ values: [Double], at now: Double) -> OTLPHistogramDataPoint {
        var counts = [UInt64](repeating: 0, count: Self.bounds.count + 1)
        for value in values { counts[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1 }
        return OTLPHistogramDataPoint(
            counts,
            Self.bounds,
            sum: values.reduce(0, +),
            start: self.start,
            time: now
        )
    }

    private mutating func exponential(_ says: State, at now: Double) -> OTLPExponentialHistogramDataPoint {
        let scale = Int32(self.random.below(9))
        func side(_ sign: Double) -> (offset: Int32, counts: [UInt64]) {
            let indices = says.values.filter { $0 * sign > says.zeroThreshold }.map {
                Self.index(of: $0.magnitude, scale: Int(scale))
            }
            guard let first = indices.min(), let last = indices.max() else { return (0, []) }
            var counts = [UInt64](repeating: 0, count: last - first + 1)
            for index in indices { counts[index - first] += 1 }
            return (Int32(first), counts)
        }
        let (positive, negative) = (side(1), side(-1))
        var point = OTLPExponentialHistogramDataPoint(
            scale: scale,
            positive: positive.counts,
            at: positive.offset,
            negative: negative.counts,
            negativeAt: negative.offset,
            zeros: UInt64(says.values.count { $0.magnitude <= says.zeroThreshold }),
            sum: says.values.reduce(0, +),
            start: self.start,
            time: now
        )
        point.zeroThreshold = says.zeroThreshold
        return point
    }

    /// The bucket of a value of this client, which is at no boundary.
    static func index(of value: Double, scale: Int) -> Int {
        let fraction = 0.392_317_422_778_760_6  // log2 of 1.3125
        let position =
            (Double(value.exponent) + fraction) * Double(sign: .plus, exponent: scale, significand: 1)
        return Int(position.rounded(.down))
    }
}
