/// Everything that is wrong with a configuration, at once.
package struct ConfigurationProblems: Error, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The key, variable or file it is about.
        package var place: String
        /// What was expected, what came, and from where.
        package var message: String

        /// The place, then the message.
        package var description: String { "\(self.place): \(self.message)" }
    }

    /// In the order in which they were found.
    package var problems: [Problem]

    /// What was wrong, at once.
    package init(_ problems: [Problem]) { self.problems = problems }

    /// One line for each problem.
    package var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

extension ConfigurationProblems.Problem {
    static func unknownKey(_ name: String, origin: String) -> Self {
        let below = ConfigurationKey.all(below: name).map(\.name)
        guard below.isEmpty else {
            let some = below.prefix(3).joined(separator: ", ")
            return Self(
                place: name,
                message: "a section, not a key (\(origin)); below it are keys as \(some)"
            )
        }
        let hint = Self.hint(name, ConfigurationKey.all.map(\.name))
        return Self(place: name, message: "no such key (\(origin))\(hint)")
    }

    static func unknownVariable(_ name: String) -> Self {
        // The prefix, which all have, makes no variable nearer to another.
        let prefix = ConfigurationKey.environmentPrefix
        let hint = Self.hint(
            String(name.dropFirst(prefix.count)),
            ConfigurationKey.all.map { String($0.environmentName.dropFirst(prefix.count)) },
            prefix: prefix
        )
        return Self(place: name, message: "no such variable\(hint)")
    }

    private static func hint(_ name: String, _ candidates: [String], prefix: String = "") -> String {
        Spelling.nearest(name, in: candidates).map { "; the nearest is \(prefix)\($0)" } ?? ""
    }

    static func file(_ path: String, _ message: String) -> Self { Self(place: path, message: message) }

    static func value(_ entry: ResolvedConfiguration.Entry, _ expected: String) -> Self {
        Self(
            place: entry.key.name,
            message: "expected \(expected), not \"\(entry.text)\" (\(entry.origin))"
        )
    }
}

/// Finds what somebody meant to write.
enum Spelling {
    /// The candidate with the fewest edits, the first of equals; nil where more than a third of the word is wrong.
    static func nearest(_ word: String, in candidates: [String]) -> String? {
        let distances = candidates.map { (name: $0, edits: self.distance(word, $0)) }
        let nearest = distances.min { $0.edits < $1.edits }
        return nearest.flatMap { $0.edits <= word.count / 3 ? $0.name : nil }
    }

    /// Levenshtein's distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let cost = diagonal + (character == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(cost, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
