import Foundation
import Telemetry
import Testing
import WebServer

@Suite struct TimeTextTests {
    private static let now = ClusterTime(nanoseconds: 1_700_000_000_123_456_789)

    @Test(
        arguments: [
            ("0", 0), ("1ns", 1), ("1us", 1000), ("1µs", 1000), ("1\u{3bc}s", 1000), ("1ms", 1_000_000),
            ("1s", 1_000_000_000), ("1.5s", 1_500_000_000), (".5s", 500_000_000),
            ("2h45m", 9_900_000_000_000),
            ("1h2m3s4ms5us6ns", 3_723_004_005_006), ("1d", 86_400_000_000_000), ("0.1ns", 0),
            ("1.s", 1_000_000_000),
        ] as [(String, UInt64)]
    )
    func `durations are read as Go writes them`(text: String, nanoseconds: UInt64) {
        #expect(TimeText.duration(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "s", "1", "-1s", "1 s", "1x", "1s2", "1..5s", ".", ".s", "1e3s", "1S", "١s", "99999999999h",
        "1s ", "NaNs", "infs",
    ])
    func `rubbish is no duration`(text: String) {
        #expect(TimeText.duration(text) == nil)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2023-11-14T22:13:20Z", 1_700_000_000),
            ("2023-11-14t22:13:20z", 1_700_000_000), ("2023-11-14 22:13:20Z", 1_700_000_000),
            ("2023-11-15T03:43:20+05:30", 1_700_000_000), ("2023-11-14T14:13:20-08:00", 1_700_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-02-29T23:59:59Z", 951_868_799),
            ("1972-06-30T23:59:60Z", 78_796_800), ("2553-12-31T23:59:59Z", 18_429_292_799),
        ] as [(String, UInt64)]
    )
    func `RFC 3339 is read with zones and leap days`(text: String, seconds: UInt64) {
        #expect(TimeText.time(text, now: Self.now) == seconds * 1_000_000_000)
    }

    @Test(
        arguments: [
            (".1", 100_000_000), (".123456789", 123_456_789), (".1234567899", 123_456_789), (".000000001", 1),
            (".0", 0),
        ] as [(String, UInt64)]
    )
    func `fractions are read to the nanosecond`(fraction: String, nanoseconds: UInt64) {
        #expect(
            TimeText.time("2023-11-14T22:13:20\(fraction)+00:00", now: Self.now)
                == 1_700_000_000_000_000_000 + nanoseconds
        )
    }

    @Test(arguments: [
        "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-13-01T00:00:00Z",
        "2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-32T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:61Z", "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00+0100", "2023-01-01T00:00:00+25:00", "2023-01-01T00:00:00+01:60",
        "2023-01-01T00:00:00+01-00", "2023-01-01T00:00:00ZZ", "2023-01-01X00:00:00Z", "2023-01-01T00x00x00Z",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2554-01-01T00:00:00Z", "23-01-01T00:00:00Z", "",
        "yesterday", "nan", "inf", "-1", "1e12", "-", "--5m", "-5", "2023-01-01", "２０２３-01-01T00:00:00Z",
    ])
    func `rubbish is no time`(text: String) {
        #expect(TimeText.time(text, now: Self.now) == nil)
    }

    @Test func `now, before now, and seconds since the epoch`() {
        #expect(TimeText.time("now", now: Self.now) == Self.now.nanoseconds)
        #expect(TimeText.time("-15m", now: Self.now) == Self.now.nanoseconds - 900_000_000_000)
        #expect(TimeText.time("-999999h", now: Self.now) == 0)
        #expect(TimeText.time("1700000000", now: Self.now) == 1_700_000_000_000_000_000)
        #expect(TimeText.time("1700000000.5", now: Self.now) == 1_700_000_000_500_000_000)
        #expect(TimeText.time("0", now: Self.now) == 0)
    }

    @Test func `every day until 2553 agrees with Foundation`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        // A prime number of days, so that every day of the month and year comes.
        for day in stride(from: 0, to: 213_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(day) * 86400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let text = [parts.year, parts.month, parts.day].map { number in
                let digits = String(number ?? 0)
                return (digits.count == 1 ? "0" : "") + digits
            }.joined(separator: "-")
            #expect(
                TimeText.time("\(text)T00:00:00Z", now: Self.now) == UInt64(day) * 86_400_000_000_000,
                "\(text)"
            )
        }
    }
}
