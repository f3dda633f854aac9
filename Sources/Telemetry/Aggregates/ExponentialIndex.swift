/// Finds the bucket of a number from its bits, never from a logarithm.
///
/// At scale s a bucket with index i holds the values in (2^(i·2^-s), 2^((i+1)·2^-s)] (OpenTelemetry metrics data
/// model, "Exponential Scale"). Logarithms of the platform put values next to a boundary on either side; a table
/// of the boundaries' significands gives the same answer everywhere.
package enum ExponentialIndex {
    /// The finest scale this program keeps: 32 buckets between a number and its double, 1.1 % error.
    package static let scale = 5

    /// The index of a positive, finite number at ``scale``.
    package static func index(of value: Double) -> Int32 {
        var exponent = Int32(truncatingIfNeeded: value.bitPattern >> 52 & 0x7ff) - 1023
        var fraction = value.bitPattern & 0xf_ffff_ffff_ffff
        if exponent == -1023 {
            // A subnormal number: shift its highest bit to where a normal one has it implied.
            let shift = Int32(truncatingIfNeeded: fraction.leadingZeroBitCount) - 11
            fraction = fraction << UInt64(shift) & 0xf_ffff_ffff_ffff
            exponent = -1022 - shift
        }
        guard fraction != 0 else { return exponent << 5 - 1 }
        // Binary search: how many boundaries lie below the fraction.
        var low = 0
        var step = 16
        while step > 0 {
            if low + step <= 31, fraction > self.boundaries[low + step - 1] { low += step }
            step >>= 1
        }
        return exponent << 5 + Int32(truncatingIfNeeded: low)
    }

    /// The indices that doubles have at a scale this program keeps.
    static func range(atScale scale: Int) -> ClosedRange<Int32> {
        // 2^-1074, the smallest number, is the upper end of the first bucket; the largest is just below 2^1024.
        let steps = Int32(scale.magnitude)
        return scale >= 0 ? -1075 << steps...(1024 << steps) - 1 : -1075 >> steps...1023 >> steps
    }

    /// The lower boundary of a bucket at a scale, for quantiles and export.
    package static func lowerBoundary(of index: Int32, scale: Int) -> Double {
        if scale >= 0 {
            let perDouble = Int32(1) << Int32(min(scale, 5))
            let fine = index &* (32 / perDouble)
            let fraction = Int(fine & 31)
            let significand =
                fraction == 0
                ? 1.0 : Double(bitPattern: 1023 << 52 | (self.boundaries[fraction - 1] + 1))
            return self.scaled(significand, byPowerOfTwo: Int(fine >> 5))
        }
        return self.scaled(1, byPowerOfTwo: Int(index) << min(-scale, 11))
    }

    /// Multiplies by a power of two; beyond the range of a double it gives zero or the largest finite number.
    private static func scaled(_ value: Double, byPowerOfTwo exponent: Int) -> Double {
        if exponent > 1023 { return .greatestFiniteMagnitude }
        if exponent < -1074 { return 0 }
        return Double(sign: .plus, exponent: exponent, significand: value)
    }

    /// Boundary k is floor((2^(k/32) - 1)·2^52), for k from 1 to 31; computed with 60 decimal digits.
    private static let boundaries: [UInt64] = [
        0x0_59b0_d315_8574,
        0x0_b558_6cf9_890f,
        0x1_1301_d012_5b50,
        0x1_72b8_3c7d_517a,
        0x1_d487_3168_b9aa,
        0x2_387a_6e75_6238,
        0x2_9e9d_f51f_dee1,
        0x3_06fe_0a31_b715,
        0x3_71a7_373a_a9ca,
        0x3_dea6_4c12_3422,
        0x4_4e08_6061_892d,
        0x4_bfda_d536_2a27,
        0x5_342b_569d_4f81,
        0x5_ab07_dd48_5429,
        0x6_247e_b03a_5584,
        0x6_a09e_667f_3bcc,
        0x7_1f75_e8ec_5f73,
        0x7_a114_73eb_0186,
        0x8_2589_994c_ce12,
        0x8_ace5_422a_a0db,
        0x9_3737_b0cd_c5e4,
        0x9_c491_82a3_f090,
        0xa_5503_b23e_255c,
        0xa_e89f_995a_d3ad,
        0xb_7f76_f2fb_5e46,
        0xc_199b_dd85_529c,
        0xc_b720_dcef_9069,
        0xd_5818_dcfb_a487,
        0xd_fc97_337b_9b5e,
        0xe_a4af_a2a4_90d9,
        0xf_5076_5b6e_4540,
    ]
}
