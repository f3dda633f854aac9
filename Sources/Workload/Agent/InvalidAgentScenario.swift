/// The options of a scenario are out of their ranges.
package struct InvalidAgentScenario: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence for each option that is wrong; never empty.
    package var problems: [String]

    package var description: String { self.problems.joined(separator: "; ") }
}
