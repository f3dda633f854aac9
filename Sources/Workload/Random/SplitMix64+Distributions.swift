package import Telemetry

extension SplitMix64 {
    /// A trace id that is never all zeros.
    package mutating func traceID() -> TraceID {
        let id = TraceID(high: self.next(), low: self.next())
        return id.isValid ? id : TraceID(high: 0, low: 1)
    }

    /// A span id that is never zero.
    package mutating func spanID() -> SpanID { SpanID(Swift.max(self.next(), 1)) }

    /// A number around zero with deviation one, from -6 to 6: the sum of twelve uniform ones, less six.
    ///
    /// Only additions and multiplications, no logarithm or cosine of the platform: the same bits everywhere.
    package mutating func standardNormal() -> Double {
        var sum: UInt64 = 0
        for _ in 0..<3 {
            let draw = self.next()
            sum += draw & 0xffff
            sum += draw >> 16 & 0xffff
            sum += draw >> 32 & 0xffff
            sum += draw >> 48
        }
        return (Double(sum) + 6) / 65_536 - 6
    }

    /// A positive number whose logarithm is normal; durations and sizes look like this.
    ///
    /// Half of all results lie below the median. The spread is the deviation of the natural logarithm: 0.5 puts
    /// 95 % between 0.37 and 2.7 medians.
    package mutating func logNormal(median: Double, spread: Double) -> Double {
        median * Self.powerOfTwo(self.standardNormal() * spread * 1.442_695_040_888_963_4)
    }

    /// Two to a power between -1000 and 1000, with a relative error below one in a million.
    static func powerOfTwo(_ power: Double) -> Double {
        let inside = Swift.min(Swift.max(power, -1_000), 1_000)
        let whole = inside.rounded(.down)
        let x = (inside - whole) * 0.693_147_180_559_945_3
        // The Taylor series of e^x for x < ln 2, up to x^8.
        var sum = 1.0
        for divisor in stride(from: 8.0, through: 1.0, by: -1.0) { sum = 1 + sum * x / divisor }
        return Double(sign: .plus, exponent: Int(whole), significand: sum)
    }
}
