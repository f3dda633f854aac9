package import Telemetry

/// Reads times and durations as people and tools write them.
package enum TimeText {
    /// Go's form: a row of decimal numbers with ns, us, µs, ms, s, m, h; and d for days.
    package static func duration(_ text: String) -> UInt64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let value = Double(number) else { return nil }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            guard let factor = self.units[String(unit)] else { return nil }
            total += value * factor
            rest = rest.dropFirst(unit.count)
        }
        return UInt64(exactly: total.rounded())
    }

    /// RFC 3339 with a zone, Unix seconds with a fraction, or `-15m` before now; `now` itself.
    package static func time(_ text: String, now: ClusterTime) -> UInt64? {
        if text == "now" { return now.nanoseconds }
        if text.hasPrefix("-"), let back = self.duration(String(text.dropFirst())) {
            return now.nanoseconds - min(back, now.nanoseconds)
        }
        if let seconds = Double(text), seconds >= 0, seconds < 1e11 {
            return UInt64(exactly: (seconds * 1e9).rounded())
        }
        return self.calendar(text)
    }

    private static let units: [String: Double] = [
        // The micro sign and the Greek letter look alike, and Go takes both.
        "ns": 1, "us": 1e3, "\u{b5}s": 1e3, "\u{3bc}s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
        "d": 86400e9,
    ]

    /// RFC 3339, section 5.6.
    private static func calendar(_ text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d,
            bytes[10] | 0x20 == 0x74 || bytes[10] == 0x20,
            bytes[13] == 0x3a, bytes[16] == 0x3a,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1970...2553).contains(year), (1...12).contains(month), hour < 24, minute < 60,
            (1...self.dayCount(year: year, month: month)).contains(day),
            second <= 60
        else { return nil }
        var place = 19
        var nanoseconds = 0
        if place < bytes.count, bytes[place] == 0x2e {
            place += 1
            var digits = 0
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
                if digits < 9 {
                    nanoseconds = nanoseconds * 10 + Int(bytes[place] - 0x30)
                    digits += 1
                }
                place += 1
            }
            guard digits > 0 else { return nil }
            while digits < 9 {
                nanoseconds *= 10
                digits += 1
            }
        }
        guard place < bytes.count else { return nil }
        var offset = 0
        if bytes[place] | 0x20 == 0x7a {
            guard place + 1 == bytes.count else { return nil }
        } else {
            guard bytes[place] == 0x2b || bytes[place] == 0x2d, place + 6 == bytes.count,
                bytes[place + 3] == 0x3a,
                let hours = number(place + 1..<place + 3), let minutes = number(place + 4..<place + 6),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[place] == 0x2b ? 60 : -60)
        }
        let days = self.days(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        let (scaled, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : scaled &+ UInt64(nanoseconds)
    }

    private static func dayCount(year: Int, month: Int) -> Int {
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since the Unix epoch in the proleptic Gregorian calendar (Howard Hinnant, "days_from_civil").
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
