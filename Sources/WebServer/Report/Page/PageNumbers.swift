internal import Telemetry

/// Numbers as people read them in a page; a dash for what is not known.
enum PageNumbers {
    static let unknown = "–"

    /// A number with so many digits behind the point; what JSON and people have no number for is a dash.
    static func decimal(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return self.unknown }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e18 else { return String(value) }
        let whole = UInt64(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let (number, rest) = whole.quotientAndRemainder(dividingBy: UInt64(scale))
        let fraction = String(rest)
        return sign + String(number) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    static func milliseconds(_ value: Double?) -> String {
        guard let value, value.isFinite else { return self.unknown }
        switch value {
        case 0: return "0 ms"
        case ..<0.001: return self.decimal(value * 1e6, 0) + " ns"
        case ..<1: return self.decimal(value * 1e3, 0) + " µs"
        case ..<1000: return self.decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " ms"
        case ..<120_000: return self.decimal(value / 1000, 2) + " s"
        default: return self.decimal(value / 60_000, 1) + " min"
        }
    }

    static func bytes(_ value: Double?) -> String {
        guard var value, value.isFinite else { return self.unknown }
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return self.decimal(value, unit == "B" || value >= 100 ? 0 : 1) + " " + unit }
            value /= 1024
        }
        return self.decimal(value, 1) + " TiB"
    }

    static func percent(_ share: Double?) -> String {
        share.map { self.decimal($0 * 100, 1) + " %" } ?? self.unknown
    }

    /// Rates: few digits.
    static func rate(_ value: Double?) -> String {
        guard let value else { return self.unknown }
        return value >= 10_000
            ? self.count(value) : self.decimal(value, value >= 100 || value == 0 ? 0 : value >= 1 ? 1 : 2)
    }

    /// Counts, the large ones with a letter.
    static func count(_ value: Double) -> String {
        switch value {
        case ..<10_000: self.decimal(value, 0)
        case ..<1e6: self.decimal(value / 1e3, 1) + "k"
        case ..<1e9: self.decimal(value / 1e6, 1) + "M"
        default: self.decimal(value / 1e9, 1) + "G"
        }
    }

    static func duration(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds < 1e15 else { return self.unknown }
        let whole = Int(max(seconds, 0))
        if whole >= 86_400 { return "\(whole / 86_400) d \(whole % 86_400 / 3600) h" }
        if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        if whole >= 60 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole) s"
    }

    /// The time of day in UTC, as `18:31`, or with seconds.
    static func clock(_ nanoseconds: UInt64, withSeconds: Bool = false) -> String {
        let second = nanoseconds / 1_000_000_000 % 86_400
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : String(number) }
        let minute = two(second / 3600) + ":" + two(second / 60 % 60)
        return withSeconds ? minute + ":" + two(second % 60) : minute
    }
}
