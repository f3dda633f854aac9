import Telemetry

/// Lists of numbers as latencies, sizes and mistakes make them.
enum RandomValues {
    static func list(_ random: inout SplitMix64) -> [Double] {
        let spread = random.below(4)
        return (0..<random.below(40)).map { _ in self.value(&random, spread: spread) }
    }

    static func histogram(of values: [Double]) -> ExponentialHistogram {
        var histogram = ExponentialHistogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    /// The 2^scale-th root of a number, by square roots or squares.
    static func root(of number: Double, _ scale: Int) -> Double {
        var result = number
        for _ in 0..<max(scale, 0) { result = result.squareRoot() }
        for _ in 0..<max(-scale, 0) { result *= result }
        return result
    }

    private static func value(_ random: inout SplitMix64, spread: Int) -> Double {
        switch random.below(20) {
        case 0: 0
        case 1: -0.0
        case 2: .nan
        case 3: -Double(random.below(1000)) / 8
        case 4: Double(1 << random.below(20))
        case 5 where spread == 3: Double(bitPattern: random.next() >> 2)
        default:
            spread == 0 ? 1 + Double(random.below(100)) / 100 : Double(random.below(1 << (8 * spread))) / 64
        }
    }
}
