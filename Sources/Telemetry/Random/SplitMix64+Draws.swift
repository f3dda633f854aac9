extension SplitMix64 {
    /// A whole number from zero up to, not including, a limit; zero where the limit is not positive.
    ///
    /// Not `Int.random(in:using:)`, whose draws are the standard library's own affair and may change with it.
    package mutating func below(_ limit: Int) -> Int {
        guard limit > 0 else { return 0 }
        return Int(truncatingIfNeeded: self.next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    /// A whole number of a range, each as likely as the next.
    package mutating func within(_ range: ClosedRange<Int>) -> Int {
        let width = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        guard !width.overflow, width.partialValue < .max else { return range.lowerBound }
        return range.lowerBound + self.below(width.partialValue + 1)
    }

    /// True so many times in a thousand.
    package mutating func chance(perMille: Int) -> Bool { self.below(1_000) < perMille }

    /// A number from zero up to, not including, one.
    package mutating func unit() -> Double { Double(self.next() >> 11) * 0x1p-53 }
}
