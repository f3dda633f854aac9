import Testing

@testable import WebServer

@Suite struct PageNumbersTests {
    @Test func `decimals are rounded, and what is no number is a dash`() {
        #expect(PageNumbers.decimal(1.25, 1) == "1.3" && PageNumbers.decimal(-1.25, 1) == "-1.3")
        #expect(PageNumbers.decimal(0.04, 1) == "0.0" && PageNumbers.decimal(-0.04, 1) == "0.0")
        #expect(PageNumbers.decimal(9.999, 2) == "10.00" && PageNumbers.decimal(2.005, 0) == "2")
        for odd in [Double.nan, .infinity, -.infinity] {
            #expect(PageNumbers.decimal(odd, 2) == "–" && PageNumbers.milliseconds(odd) == "–")
            #expect(PageNumbers.bytes(odd) == "–" && PageNumbers.duration(odd) == "–")
        }
        #expect(PageNumbers.decimal(.greatestFiniteMagnitude, 3).contains("e+"))
    }

    @Test func `sizes and times come with the unit that people read`() {
        #expect(PageNumbers.milliseconds(0.0005) == "500 ns" && PageNumbers.milliseconds(0.5) == "500 µs")
        #expect(PageNumbers.milliseconds(1.234) == "1.23 ms" && PageNumbers.milliseconds(61_000) == "61.00 s")
        #expect(
            PageNumbers.milliseconds(600_000) == "10.0 min" && PageNumbers.milliseconds(nil) == "–"
                && PageNumbers.milliseconds(0) == "0 ms"
        )
        #expect(PageNumbers.bytes(1000) == "1000 B" && PageNumbers.bytes(1_048_576) == "1.0 MiB")
        #expect(PageNumbers.bytes(0x1p50) == "1024.0 TiB" && PageNumbers.bytes(nil) == "–")
        #expect(PageNumbers.percent(0.1234) == "12.3 %" && PageNumbers.percent(nil) == "–")
        #expect(PageNumbers.count(12_345) == "12.3k" && PageNumbers.count(3e9) == "3.0G")
        #expect(
            PageNumbers.rate(0) == "0" && PageNumbers.rate(0.25) == "0.25" && PageNumbers.rate(9.96) == "10.0"
        )
        #expect(PageNumbers.duration(90_061) == "1 d 1 h" && PageNumbers.duration(59) == "59 s")
        #expect(PageNumbers.duration(3660) == "1 h 1 min" && PageNumbers.duration(-5) == "0 s")
        #expect(PageNumbers.clock(1_700_000_045_000_000_000) == "22:14")
        #expect(PageNumbers.clock(1_700_000_045_000_000_000, withSeconds: true) == "22:14:05")
        #expect(PageTime.text(1_700_000_045_123_000_000) == "2023-11-14 22:14:05")
    }
}
