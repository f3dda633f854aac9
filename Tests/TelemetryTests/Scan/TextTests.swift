import Testing

@testable import Telemetry

/// The check of UTF-8 against the standard library's own.
@Suite struct TextTests {
    @Test func `every run of up to two bytes is judged as the standard library judges it`() {
        for first in UInt8.min...UInt8.max {
            Self.check([first])
            for second in UInt8.min...UInt8.max { Self.check([first, second]) }
        }
    }

    @Test func `random runs of lead and continuation bytes are judged alike at any place and length`() {
        let alphabet: [UInt8] = [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
            0xed,
            0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ]
        var random = SplitMix64(seed: 5)
        for _ in 0..<60_000 {
            let lead = (0..<random.below(12)).map { _ in UInt8(0x61) }
            let middle = (0..<random.below(5)).map { _ in alphabet[random.below(alphabet.count)] }
            let tail = (0..<random.below(12)).map { _ in UInt8(0x62) }
            Self.check(lead + middle + tail)
        }
    }

    @Test func `well-formed text of every length is text`() {
        for count in 0...70 {
            Self.check(Array(String(repeating: "a", count: count).utf8))
            Self.check(Array((String(repeating: "a", count: count) + "é").utf8))
            Self.check(Array(String(repeating: "日", count: count).utf8))
            Self.check(Array(String(repeating: "😀a", count: count).utf8))
        }
    }

    @Test func `only the range counts`() {
        let bytes: [UInt8] = [0xff, 0x61, 0x62, 0xff]
        #expect(bytes.raw.isText(1..<3) == true)
        #expect(bytes.raw.isText(0..<3) == false)
        #expect(bytes.raw.isText(1..<4) == false)
        #expect(bytes.raw.isText(2..<2) == true)
    }

    private static func check(_ bytes: [UInt8]) {
        #expect(
            bytes.raw.isText(0..<bytes.count) == (String(validating: bytes, as: UTF8.self) != nil),
            "\(bytes)"
        )
    }
}
