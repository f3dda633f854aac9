/// What a counter has gained between two readings.
enum CounterStep {
    /// The gain; nil if either side is unknown or the counter went backwards.
    ///
    /// Going backwards means that it wrapped, that the device was plugged in anew or that a container
    /// restarted. How far it really went cannot be told, so this step has no rate.
    static func gain(_ before: UInt64?, _ after: UInt64?) -> UInt64? {
        guard let before, let after, after >= before else { return nil }
        return after &- before
    }

    /// The gain per second.
    static func rate(_ before: UInt64?, _ after: UInt64?, seconds: Double) -> Double? {
        guard seconds > 0 else { return nil }
        return self.gain(before, after).map { Double($0) / seconds }
    }

    /// One gain as a share of another; nil where the other is zero or either is unknown.
    static func ratio(_ part: UInt64?, of whole: UInt64?) -> Double? {
        guard let part, let whole, whole > 0 else { return nil }
        return Double(part) / Double(whole)
    }

    /// The sum of the numbers that are known; nil if none is.
    static func sum(_ numbers: [UInt64?]) -> UInt64? {
        let known = numbers.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, &+)
    }
}
