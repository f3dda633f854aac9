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
        let nearest = Spelling.nearest(name, in: ConfigurationKey.all.map(\.name))
        return Self(place: name, message: "no such key (\(origin)); the nearest is \(nearest)")
    }

    static func unknownVariable(_ name: String) -> Self {
        let nearest = Spelling.nearest(name, in: ConfigurationKey.all.map(\.environmentName))
        return Self(place: name, message: "no such variable; the nearest is \(nearest)")
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
    /// The candidate with the fewest edits; the first of equals.
    static func nearest(_ word: String, in candidates: [String]) -> String {
        candidates.min { self.distance(word, $0) < self.distance(word, $1) } ?? ""
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
