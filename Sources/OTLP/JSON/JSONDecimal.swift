/// A JSON number as it was written: digits, sign and power of ten, before a type is chosen for it.
struct JSONDecimal {
    var isNegative = false
    /// The first 19 digits that count.
    var magnitude: UInt64 = 0
    /// The power of ten that the magnitude is multiplied by, clamped.
    var exponent = 0
    /// No digit was left out of the magnitude.
    var isExact = true

    /// The number as an unsigned integer; nil when it is negative, too large or has a fraction.
    var unsigned: UInt64? {
        guard let whole = self.whole, !self.isNegative || whole == 0 else { return nil }
        return whole
    }

    /// The number as a signed integer; nil when it is out of range or has a fraction.
    var signed: Int64? {
        guard let whole = self.whole else { return nil }
        if !self.isNegative { return Int64(exactly: whole) }
        return whole <= 1 &<< 63 ? Int64(truncatingIfNeeded: 0 &- whole) : nil
    }

    /// The number as a double where plain arithmetic rounds correctly; nil asks for the slow way.
    ///
    /// A magnitude and a power of ten that are both exact doubles give one rounding (Clinger's fast path).
    var quickDouble: Double? {
        guard self.isExact, self.magnitude <= 1 &<< 53 else { return nil }
        var value = Double(self.magnitude)
        if self.exponent != 0, self.magnitude != 0 {
            let power = abs(self.exponent)
            guard power < Self.powersOfTen.count else { return nil }
            value = self.exponent < 0 ? value / Self.powersOfTen[power] : value * Self.powersOfTen[power]
        }
        return self.isNegative ? -value : value
    }

    /// The digits moved to a power of zero: `1.0` and `1e2` are integers too.
    private var whole: UInt64? {
        guard self.isExact else { return nil }
        guard self.exponent != 0, self.magnitude != 0 else { return self.magnitude }
        var (whole, exponent) = (self.magnitude, self.exponent)
        while exponent < 0 {
            let (quotient, remainder) = whole.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            whole = quotient
            exponent &+= 1
        }
        while exponent > 0 {
            let (product, overflows) = whole.multipliedReportingOverflow(by: 10)
            guard !overflows else { return nil }
            whole = product
            exponent &-= 1
        }
        return whole
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
