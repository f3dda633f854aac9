extension JSONWriter {
    /// Writes a point in time as RFC 3339 has it, in UTC with nine digits after the second.
    ///
    /// - Parameter unixNanoseconds: Unix time; any value is a date, up to the year 2554.
    package mutating func timestamp(unixNanoseconds: UInt64) {
        let (seconds, nanoseconds) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.date(daysSinceEpoch: days)
        self.quoted { text in
            text.appendDecimal(magnitude: year, width: 4)
            text.append(UInt8(ascii: "-"))
            text.appendDecimal(magnitude: month, width: 2)
            text.append(UInt8(ascii: "-"))
            text.appendDecimal(magnitude: day, width: 2)
            text.append(UInt8(ascii: "T"))
            text.appendDecimal(magnitude: second / 3_600, width: 2)
            text.append(UInt8(ascii: ":"))
            text.appendDecimal(magnitude: second / 60 % 60, width: 2)
            text.append(UInt8(ascii: ":"))
            text.appendDecimal(magnitude: second % 60, width: 2)
            text.append(UInt8(ascii: "."))
            text.appendDecimal(magnitude: nanoseconds, width: 9)
            text.append(UInt8(ascii: "Z"))
        }
    }

    /// The Gregorian date, by eras of 400 years that begin on a first of March.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func date(daysSinceEpoch days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    /// Writes nanoseconds as exact milliseconds, without rounding through a double.
    mutating func milliseconds(nanoseconds: UInt64) {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.beginValue()
        self.appendDecimal(magnitude: whole)
        if rest != 0 {
            var (fraction, width) = (rest, 6)
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            self.append(UInt8(ascii: "."))
            self.appendDecimal(magnitude: fraction, width: width)
        }
        self.endValue()
    }
}
