import Telemetry

/// Reads the two text forms back into families; as strict as a scraper, and as plain as our model.
enum ExpositionParser {
    struct Damage: Error, CustomStringConvertible {
        var description: String
    }

    /// The families of a page; in OpenMetrics those of counters go without `_total`, and the end is marked.
    static func parse(_ text: String, isOpenMetrics: Bool) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        var seen: Set<String> = []
        var isEnded = false
        guard text.isEmpty || text.hasSuffix("\n") else {
            throw Damage(description: "the last line does not end")
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            guard !isEnded else { throw Damage(description: "text after the end") }
            if line == "# EOF", isOpenMetrics {
                isEnded = true
            } else if line.hasPrefix("# ") {
                try self.metadata(line.dropFirst(2), &families, &seen)
            } else {
                try self.sample(line, &families, &seen, isOpenMetrics)
            }
        }
        guard isEnded == isOpenMetrics else { throw Damage(description: "no end") }
        return families
    }

    private static func metadata(
        _ line: Substring,
        _ families: inout [MetricFamily],
        _ seen: inout Set<String>
    ) throws {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(
            String.init
        )
        guard words.count >= 2, self.isName(words[1]) else {
            throw Damage(description: "bad metadata: \(line)")
        }
        if families.last?.name != words[1] {
            guard seen.insert(words[1]).inserted else { throw Damage(description: "\(words[1]) comes twice") }
            families.append(MetricFamily(words[1], help: "", kind: .unknown))
        }
        let rest = words.count > 2 ? words[2] : ""
        switch words[0] {
        case "HELP": families[families.count - 1].help = self.unescaped(rest[...])
        case "TYPE":
            guard let kind = MetricFamily.Kind(rawValue: rest == "untyped" ? "unknown" : rest) else {
                throw Damage(description: "kind \(rest)")
            }
            families[families.count - 1].kind = kind
        default: throw Damage(description: "bad metadata: \(line)")
        }
    }

    private static func sample(
        _ line: Substring,
        _ families: inout [MetricFamily],
        _ seen: inout Set<String>,
        _ isOpenMetrics: Bool
    ) throws {
        var rest = line
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
        rest = rest.dropFirst(name.count)
        guard self.isName(name) else { throw Damage(description: "bad name: \(line)") }
        let labels = rest.first == "{" ? try self.labels(&rest, line) : []
        guard rest.first == " ", let value = self.number(rest.dropFirst()) else {
            throw Damage(description: "bad value: \(line)")
        }
        guard let family = families.last, let suffix = self.suffix(name, family, isOpenMetrics) else {
            guard seen.insert(name).inserted else { throw Damage(description: "\(name) comes twice") }
            families.append(
                MetricFamily(name, help: "", kind: .unknown, readings: [MetricReading(value, labels: labels)])
            )
            return
        }
        let reading = MetricReading(value, suffix: suffix, labels: labels)
        guard !family.readings.contains(where: { $0.suffix == suffix && $0.labels == labels }) else {
            throw Damage(description: "a sample comes twice: \(line)")
        }
        families[families.count - 1].readings.append(reading)
    }

    /// What a sample's name adds to its family's; nil where it belongs to another.
    private static func suffix(_ name: String, _ family: MetricFamily, _ isOpenMetrics: Bool) -> String? {
        guard name.hasPrefix(family.name) else { return nil }
        let suffix = String(name.dropFirst(family.name.count))
        return switch family.kind {
        case .counter where isOpenMetrics: suffix == "_total" ? "" : nil
        case .histogram: ["_bucket", "_sum", "_count"].contains(suffix) ? suffix : nil
        default: suffix.isEmpty ? "" : nil
        }
    }

    private static func labels(_ rest: inout Substring, _ line: Substring) throws -> [MetricLabel] {
        var labels: [MetricLabel] = []
        rest = rest.dropFirst()
        while rest.first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\""), self.isName(String(name)), !name.contains(":"),
                !labels.contains(where: { $0.name == name })
            else { throw Damage(description: "bad label: \(line)") }
            rest = rest.dropFirst(2)
            var end = rest.startIndex
            while end < rest.endIndex, rest[end] != "\"" {
                end = rest.index(after: end)
                if rest[rest.index(before: end)] == "\\", end < rest.endIndex { end = rest.index(after: end) }
            }
            guard end < rest.endIndex else { throw Damage(description: "open quote: \(line)") }
            labels.append(MetricLabel(String(name), self.unescaped(rest[..<end])))
            rest = rest[rest.index(after: end)...]
            if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
        return labels
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
                switch scalar {
                case "n": result += "\n"
                case "\\", "\"": result.unicodeScalars.append(scalar)
                default: result += "\\" + String(scalar)
                }
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return isEscaped ? result + "\\" : result
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: text.contains(" ") ? nil : Double(text)
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { !(0x30...0x39).contains($0) } == true
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || $0 == 0x5f || $0 == 0x3a
            }
    }
}
