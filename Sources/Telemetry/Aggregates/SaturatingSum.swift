extension UInt64 {
    /// The sum, or the largest number where it does not fit.
    package func saturatingAdd(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Int128 {
    /// The sum, or the number at that end of the type where it does not fit.
    package func saturatingAdd(_ other: Int128) -> Int128 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension Int128 {
    /// The difference, or the number at that end of the type where it does not fit.
    package func saturatingSubtract(_ other: Int128) -> Int128 {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
