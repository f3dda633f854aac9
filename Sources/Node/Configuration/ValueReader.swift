internal import Foundation
internal import Pipeline
internal import Yams

/// Reads typed values out of texts and gathers what is wrong with them.
struct ValueReader {
    private let resolved: ResolvedConfiguration
    private var problems: [ConfigurationProblems.Problem]

    init(_ resolved: ResolvedConfiguration) {
        self.resolved = resolved
        self.problems = resolved.problems
    }

    /// Throws everything that was wrong.
    func finish() throws(ConfigurationProblems) {
        guard self.problems.isEmpty else { throw ConfigurationProblems(self.problems) }
    }

    mutating func problem(_ name: String, _ message: String) {
        self.problems.append(ConfigurationProblems.Problem(place: name, message: message))
    }

    func text(_ name: String) -> String { self.resolved[name] }

    func list(_ name: String) -> [String] { ConfigurationValue.list(self.resolved[name]) }

    mutating func bytes(_ name: String) -> UInt64 {
        self.read(name, "a size such as 64MiB", 0) { text, kind in
            guard case .bytes(let range) = kind else { return nil }
            return ConfigurationValue.bytes(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func seconds(_ name: String) -> Double {
        self.read(name, "a duration such as 5m", 1) { text, kind in
            guard case .duration(let range) = kind else { return nil }
            return ConfigurationValue.seconds(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func count(_ name: String) -> Int {
        self.read(name, "a whole number", 0) { text, kind in
            guard case .count(let range) = kind else { return nil }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func share(_ name: String) -> Double {
        self.read(name, "a share", 1) { text, _ in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }
    }

    mutating func flag(_ name: String) -> Bool {
        self.read(name, "a flag", false) { text, _ in ConfigurationValue.flag(text) }
    }

    mutating func choice(_ name: String) -> String {
        self.read(name, "one of the words", "") { text, kind in
            guard case .choice(let words) = kind else { return nil }
            return words.contains(text) ? text : nil
        }
    }

    mutating func address(_ name: String) -> NodeConfiguration.Address {
        self.read(name, "an address", NodeConfiguration.Address(host: "127.0.0.1", port: 0)) { text, _ in
            ConfigurationValue.address(text).map { NodeConfiguration.Address(host: $0.host, port: $0.port) }
        }
    }

    /// The price table of a file; an empty name gives an empty table.
    mutating func prices(_ name: String) -> PriceTable {
        struct Line: Decodable {
            var model: String
            var input: Double
            var output: Double
            var cacheRead: Double?
            var cacheWrite: Double?

            enum CodingKeys: String, CodingKey {
                case model
                case input
                case output
                case cacheRead = "cache_read"
                case cacheWrite = "cache_write"
            }
        }
        let path = self.resolved[name]
        guard !path.isEmpty else { return PriceTable(rows: []) }
        do {
            let lines = try YAMLDecoder().decode(
                [Line].self,
                from: try String(contentsOfFile: path, encoding: .utf8)
            )
            return PriceTable(
                rows: lines.map { line in
                    PriceTable.Row(
                        model: line.model,
                        input: line.input,
                        output: line.output,
                        cacheRead: line.cacheRead ?? line.input,
                        cacheWrite: line.cacheWrite ?? line.input
                    )
                }
            )
        } catch {
            self.problem(name, "expected a readable list of prices in \(path): \(error)")
            return PriceTable(rows: [])
        }
    }

    private mutating func read<Value>(
        _ name: String,
        _ expected: String,
        _ fallback: Value,
        _ parse: (String, ConfigurationKey.Kind) -> Value?
    ) -> Value {
        guard let entry = self.resolved.entries.first(where: { $0.key.name == name }) else {
            assertionFailure("\(name) is no configuration key")
            return fallback
        }
        if let value = parse(entry.text, entry.key.kind) { return value }
        let limit = entry.key.limit
        let problem = ConfigurationProblems.Problem.value(
            entry,
            limit.isEmpty ? expected : "\(expected), \(limit)"
        )
        if !self.problems.contains(problem) { self.problems.append(problem) }
        return fallback
    }
}
