internal import Foundation

/// Numbers as people read them.
enum Figures {
    static func milliseconds(_ value: Double?) -> String {
        guard let value else { return "-" }
        switch value {
        case ..<0.001: return self.decimal(value * 1e6, 0) + " ns"
        case ..<1: return self.decimal(value * 1e3, 0) + " µs"
        case ..<1000: return self.decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " ms"
        case ..<120_000: return self.decimal(value / 1000, 2) + " s"
        default: return self.decimal(value / 60_000, 1) + " min"
        }
    }

    static func bytes(_ value: Double?) -> String {
        guard var value else { return "-" }
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return self.decimal(value, unit == "B" || value >= 100 ? 0 : 1) + " " + unit }
            value /= 1024
        }
        return self.decimal(value, 1) + " TiB"
    }

    static func percent(_ share: Double?) -> String { share.map { self.decimal($0 * 100, 1) + " %" } ?? "-" }

    static func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// Rates and counts: few digits.
    static func rate(_ value: Double) -> String {
        value >= 100 ? self.decimal(value, 0) : value >= 1 ? self.decimal(value, 1) : self.decimal(value, 2)
    }

    /// Whole numbers with their thousands set apart by letters.
    static func count(_ value: Double) -> String {
        value < 10_000
            ? self.decimal(value, 0)
            : value < 1e6 ? self.decimal(value / 1e3, 1) + "k" : self.decimal(value / 1e6, 1) + "M"
    }

    /// A text of at most so many characters.
    static func cut(_ text: String, _ limit: Int) -> String {
        text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }

    /// A text without control characters, so that a name cannot steer the terminal it is shown on.
    static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: self.isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { self.isControl($0) ? "·" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.isBidiControl
    }

    static func duration(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        let whole = Int(seconds)
        if whole >= 86400 { return "\(whole / 86400) d \(whole % 86400 / 3600) h" }
        if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return "\(whole / 60) min \(whole % 60) s"
    }
}
