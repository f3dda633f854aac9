/// Hexadecimal text of fixed-width integers.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Sixteen lower-case digits, most significant first.
    package static func text(_ value: UInt64) -> String {
        String(
            decoding: (0..<16).map {
                self.digits[Int(truncatingIfNeeded: value >> (60 - 4 * UInt64($0)) & 15)]
            },
            as: UTF8.self
        )
    }

    /// The number that up to sixteen digits of any case spell; nil when one of them is no digit.
    package static func value(_ text: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in text {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt64(byte - 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(byte - 0x61 + 10)
            case 0x41...0x46: value = value << 4 | UInt64(byte - 0x41 + 10)
            default: return nil
            }
        }
        return value
    }
}
