import Telemetry
import Testing

/// The index against exact arithmetic: v lies in bucket i at scale 5 when v^32 lies in (2^i, 2^(i+1)].
@Suite struct ExponentialIndexTests {
    @Test func `next to every boundary of every power of two the index is exact`() {
        for exponent in [
            -1074, -1073, -1050, -1023, -1022, -1021, -33, -1, 0, 1, 2, 52, 53, 1000, 1022, 1023,
        ] {
            for step in 0..<32 {
                let boundary = ExponentialIndex.lowerBoundary(of: Int32(exponent * 32 + step), scale: 5)
                var value = boundary
                for _ in 0..<3 { value = value.nextDown }
                for _ in 0..<7 {
                    if value > 0, value.isFinite { Self.check(value) }
                    value = value.nextUp
                }
            }
        }
    }

    @Test func `powers of two, the smallest and the largest numbers have exact indices`() {
        for exponent in -1074...1023 { Self.check(Double(sign: .plus, exponent: exponent, significand: 1)) }
        for value in [
            Double.leastNonzeroMagnitude, .leastNormalMagnitude, Double.leastNormalMagnitude.nextDown,
            Double.leastNonzeroMagnitude * 3, .greatestFiniteMagnitude,
            Double.greatestFiniteMagnitude.nextDown, 1,
            0.001, 0.002, 0.004, 1e-9, 1e9, .pi,
        ] { Self.check(value) }
    }

    @Test func `random numbers of all magnitudes have exact indices`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next() >> 1)
            if value > 0, value.isFinite { Self.check(value) }
        }
        for _ in 0..<2000 {
            Self.check(Double(bitPattern: 1 + random.next() >> UInt64(12 + random.below(52))))
        }
    }

    @Test func `a number lies above the lower boundary of its bucket and not above the next`() {
        var random = SplitMix64(seed: 2)
        for scale in -10...5 {
            for _ in 0..<500 {
                let value = Double(bitPattern: random.next() >> 1)
                guard value > .leastNormalMagnitude, value.isFinite else { continue }
                let index = ExponentialIndex.index(of: value) >> Int32(5 - scale)
                let low = ExponentialIndex.lowerBoundary(of: index, scale: scale)
                let high = ExponentialIndex.lowerBoundary(of: index + 1, scale: scale)
                // A boundary that no double hits is given by the next double above it.
                #expect(
                    low <= value && (value <= high || high == .greatestFiniteMagnitude),
                    "\(value) at \(scale)"
                )
            }
        }
    }

    @Test func `boundaries beyond the range of doubles are zero and the largest number`() {
        #expect(ExponentialIndex.lowerBoundary(of: 1024 * 32, scale: 5) == .greatestFiniteMagnitude)
        #expect(ExponentialIndex.lowerBoundary(of: -1075 * 32, scale: 5) == 0)
        #expect(ExponentialIndex.lowerBoundary(of: .max, scale: -10) == .greatestFiniteMagnitude)
        #expect(ExponentialIndex.lowerBoundary(of: .min, scale: -10) == 0)
        #expect(ExponentialIndex.lowerBoundary(of: 0, scale: -10) == 1)
    }

    private static func check(_ value: Double) {
        #expect(ExponentialIndex.index(of: value) == self.exactIndex(of: value), "\(value)")
    }

    /// The largest i with 2^i < v^32, from whole numbers.
    private static func exactIndex(of value: Double) -> Int32 {
        let exponent = Int(value.bitPattern >> 52 & 0x7ff)
        let fraction = value.bitPattern & 0xf_ffff_ffff_ffff
        let whole = exponent == 0 ? fraction : fraction | 1 << 52
        let shift = (exponent == 0 ? 1 : exponent) - 1075
        var power = BigNumber(whole)
        for _ in 0..<5 { power = power * power }
        let floor = power.bitWidth - 1
        return Int32((power.isPowerOfTwo ? floor - 1 : floor) + 32 * shift)
    }
}
