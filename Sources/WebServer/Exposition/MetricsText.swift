package import Telemetry

/// Lays families out as text (Prometheus exposition formats; OpenMetrics 1.0).
package enum MetricsText {
    /// The whole page; families without readings are left out.
    package static func render(_ families: [MetricFamily], as format: ExpositionFormat) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(families.count * 256)
        for family in families where !family.readings.isEmpty {
            // OpenMetrics names a counter's family without the suffix that its readings carry.
            let isCounter = family.kind == .counter
            let bare =
                isCounter && family.name.hasSuffix("_total") ? String(family.name.dropLast(6)) : family.name
            let name = format == .openMetrics ? bare : family.name
            let kind: String =
                switch family.kind {
                case .unknown: format == .openMetrics ? "unknown" : "untyped"
                default: family.kind.rawValue
                }
            output.append(
                contentsOf: "# HELP \(name) \(self.escaped(family.help, quotes: format == .openMetrics))\n"
                    .utf8
            )
            output.append(contentsOf: "# TYPE \(name) \(kind)\n".utf8)
            let sample = format == .openMetrics && isCounter ? bare + "_total" : family.name
            for reading in family.readings { self.append(reading, sample, to: &output) }
        }
        if format == .openMetrics { output.append(contentsOf: "# EOF\n".utf8) }
        return output
    }

    private static func append(_ reading: MetricReading, _ name: String, to output: inout [UInt8]) {
        output.append(contentsOf: name.utf8)
        output.append(contentsOf: reading.suffix.utf8)
        if !reading.labels.isEmpty {
            output.append(UInt8(ascii: "{"))
            for (index, label) in reading.labels.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                output.append(contentsOf: label.name.utf8)
                output.append(contentsOf: "=\"".utf8)
                output.append(contentsOf: self.escaped(label.value, quotes: true).utf8)
                output.append(UInt8(ascii: "\""))
            }
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: " "))
        output.append(contentsOf: self.number(reading.value).utf8)
        output.append(UInt8(ascii: "\n"))
    }

    /// Numbers as Go prints them: whole ones without a fraction, `+Inf`, `-Inf`, `NaN`.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        return String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
