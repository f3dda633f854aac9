internal import Foundation
internal import Simulation
internal import Yams

/// A named run of faults, as `cluster/scenarios/*.yaml` write it down; times are seconds since the start.
///
/// scripts/chaos plays the same files on real processes. A step that one of the two cannot play says so by `only`; the
/// simulation leaves out what is for processes, having read it.
struct ScenarioFile: Decodable {
    /// Nodes at the start.
    var nodes: Int
    /// Copies of each frame, of which two are waited for; two where nothing is said.
    var replication: Int?
    /// Agents that send; two where nothing is said.
    var agents: Int?
    /// Spans a second over all agents, of real processes alone: simulated agents send frames at a pace of their own.
    var load: Int?
    /// When the faults are over, and the cluster must find itself again.
    var quietAt: Double
    /// Seconds of a short run on real processes, in which the same steps follow each other faster.
    var shortSeconds: Double?
    var steps: [Step]
    /// What must hold of real processes; the simulation checks its own promises at every step.
    var expect: Expectation?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case nodes, replication, agents, load, steps, expect
        case quietAt = "quiet_at"
        case shortSeconds = "short_seconds"
    }

    /// Counts that may not be exceeded, zero where nothing is said, and the seconds until all is well again.
    struct Expectation: Decodable {
        var lost: Int?
        var phantom: Int?
        var duplicates: Int?
        var totalsDifference: Int?
        var recoverWithin: Double?
        /// Seconds after the load until the owners of every partition hold the same.
        var equalWithin: Double?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case lost, phantom, duplicates
            case totalsDifference = "totals_difference"
            case recoverWithin = "recover_within"
            case equalWithin = "equal_within"
        }
    }

    private static let agentsWhereNoneAreNamed = 2

    /// Reads a file; three quiet minutes follow its last fault.
    ///
    /// - Throws: ``CommandFailure`` with the path and what is wrong.
    static func program(at path: String) throws -> Program {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure.usage("\(path) is not there, or may not be read")
        }
        do {
            let text = String(decoding: data, as: UTF8.self)
            try Self.checkKeys(of: try Yams.load(yaml: text))
            return try YAMLDecoder().decode(ScenarioFile.self, from: text).program()
        } catch let failure as CommandFailure {
            throw CommandFailure.usage("\(path): \(failure.message)")
        } catch { throw CommandFailure.usage("\(path): \(error)") }
    }

    private static func checkKeys(of document: Any?) throws {
        guard let top = document as? [String: Any] else {
            throw CommandFailure.usage("expected nodes, quiet_at and steps")
        }
        try self.check(top, CodingKeys.allCases.map(\.rawValue))
        try self.check(
            top["expect"] as? [String: Any] ?? [:],
            Expectation.CodingKeys.allCases.map(\.rawValue)
        )
        for step in top["steps"] as? [[String: Any]] ?? [] {
            try self.check(step, Step.CodingKeys.allCases.map(\.rawValue))
            try self.check(step["flap"] as? [String: Any] ?? [:], Flap.CodingKeys.allCases.map(\.rawValue))
        }
    }

    private static func check(_ mapping: [String: Any], _ known: [String]) throws {
        let unknown = mapping.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw CommandFailure.usage(
                "no such key: \(unknown.joined(separator: ", ")); known are \(known.joined(separator: ", "))"
            )
        }
    }

    private func program() throws -> Program {
        try self.checkNumbers()
        let quiet = try Self.duration(self.quietAt, "quiet_at")
        let steps = try self.steps.enumerated().flatMap { index, step in
            try step.happenings(index + 1, nodes: self.nodes)
        }.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
        for step in steps where step.at > quiet {
            throw CommandFailure.usage("step \(step.number) lies behind quiet_at")
        }
        try self.checkNodes(of: steps)
        var program = Program(
            nodeCount: self.nodes,
            steps: steps.compactMap { step in step.fault.map { .init(at: step.at, fault: $0) } },
            quietAt: quiet,
            end: quiet + .seconds(180)
        )
        program.replication = self.replication ?? 2
        program.agents = self.agents ?? Self.agentsWhereNoneAreNamed
        return program
    }

    /// Seconds of a file as time; the place is for the error.
    static func duration(_ seconds: Double, _ place: String) throws -> Duration {
        guard seconds.isFinite, (0...86_400).contains(seconds) else {
            throw CommandFailure.usage("\(place): expected 0 to 86400 seconds, not \(seconds)")
        }
        return .milliseconds(Int64(seconds * 1000))
    }

    private func checkNumbers() throws {
        let numbers: [(String, Int, ClosedRange<Int>)] = [
            ("nodes", self.nodes, 1...1000), ("a replication", self.replication ?? 2, 2...5),
            ("agents", self.agents ?? 1, 1...64), ("a load", self.load ?? 1, 1...100_000),
            ("lost", self.expect?.lost ?? 0, 0...1_000_000),
            ("phantom", self.expect?.phantom ?? 0, 0...1_000_000),
            ("duplicates", self.expect?.duplicates ?? 0, 0...1_000_000),
            ("totals_difference", self.expect?.totalsDifference ?? 0, 0...1_000_000),
        ]
        for (name, number, range) in numbers where !range.contains(number) {
            let (first, last) = (range.lowerBound, range.upperBound)
            throw CommandFailure.usage("expected \(name) of \(first) to \(last), not \(number)")
        }
        _ = try Self.duration(self.expect?.recoverWithin ?? 0, "recover_within")
        _ = try Self.duration(self.expect?.equalWithin ?? 0, "equal_within")
        _ = try Self.duration(self.shortSeconds ?? 0, "short_seconds")
    }

    /// Every node and agent that a step names is there by then.
    private func checkNodes(of steps: [Happening]) throws {
        var count = self.nodes
        let agents = self.agents ?? Self.agentsWhereNoneAreNamed
        for step in steps {
            if case .join(let node) = step.fault {
                guard node == count else {
                    throw CommandFailure.usage(
                        "step \(step.number): the next node to join is \(count), not \(node)"
                    )
                }
                count += 1
            }
            guard step.nodes.allSatisfy({ (0..<count).contains($0) }) else {
                throw CommandFailure.usage("step \(step.number): nodes are numbered from 0 to \(count - 1)")
            }
            guard step.agents.allSatisfy({ (0..<agents).contains($0) }) else {
                throw CommandFailure.usage("step \(step.number): agents are numbered from 0 to \(agents - 1)")
            }
        }
    }
}
