/// Base64 (RFC 4648) and base16, between bytes and text.
package enum Base64 {
    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends the standard form, padded.
    package static func encode(_ bytes: some Sequence<UInt8>, into output: inout [UInt8]) {
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group &<< 8 | UInt32(byte)
            held &+= 1
            if held == 3 {
                Self.append(group, characters: 4, to: &output)
                (group, held) = (0, 0)
            }
        }
        guard held > 0 else { return }
        Self.append(group &<< (held == 1 ? 16 : 8), characters: held &+ 1, to: &output)
        output.append(UInt8(ascii: "="))
        if held == 1 { output.append(UInt8(ascii: "=")) }
    }

    private static func append(_ group: UInt32, characters: Int, to output: inout [UInt8]) {
        for index in 0..<characters {
            let value = Int(truncatingIfNeeded: group &>> UInt32(18 &- 6 &* index)) & 0x3F
            unsafe output.append(Self.alphabet.utf8Start[value])
        }
    }

    /// Appends what a text stands for: standard or URL-safe, padded or not, as the mapping of protobuf to JSON wants.
    ///
    /// - Returns: nil, or the index of the first byte that does not belong.
    static func decode(_ text: borrowing Span<UInt8>, into output: inout [UInt8]) -> Int? {
        var length = text.count
        while length > 0, text.count &- length < 2, text[length &- 1] == UInt8(ascii: "=") { length &-= 1 }
        // Padding fills a group of four; a single character over holds no whole byte.
        guard length == text.count || text.count & 3 == 0, length & 3 != 1 else { return length }
        var group: UInt32 = 0
        var held = 0
        for index in 0..<length {
            guard let value = Self.value(of: text[index]) else { return index }
            group = group &<< 6 | UInt32(value)
            held &+= 6
            if held >= 8 {
                held &-= 8
                output.append(UInt8(truncatingIfNeeded: group &>> UInt32(held)))
            }
        }
        return nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// Appends the bytes that pairs of hexadecimal digits of either case stand for.
    ///
    /// - Returns: nil, or the index of the first byte that does not belong.
    static func decodeHex(_ text: borrowing Span<UInt8>, into output: inout [UInt8]) -> Int? {
        var index = 0
        while index &+ 1 < text.count {
            guard let high = JSONText.hexValue(text[index]) else { return index }
            guard let low = JSONText.hexValue(text[index &+ 1]) else { return index &+ 1 }
            output.append(high &<< 4 | low)
            index &+= 2
        }
        return index == text.count ? nil : index
    }
}
