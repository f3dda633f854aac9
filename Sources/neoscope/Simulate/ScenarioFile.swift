internal import Foundation
internal import Simulation
internal import Yams

/// A named run of faults, as `cluster/scenarios/*.yaml` write it down; times are seconds since the start.
struct ScenarioFile: Decodable {
    /// One fault at its moment; exactly one of the kinds stands beside `at`.
    struct Step: Decodable {
        var at: Double
        var crash: Int?
        var restart: Int?
        var wipe: Int?
        var pause: Int?
        var resume: Int?
        /// The next free number.
        var join: Int?
        var leave: Int?
        var split: [[Int]]?
        var cut: [Int]?
        var heal: Bool?
        var lossPerMille: Int?
        var duplicatesPerMille: Int?
        var reorderingPerMille: Int?
        /// The node, and how many times longer a write takes.
        var slowDisk: [Int]?
        var fullDisk: Int?
        var healDisk: Int?
        /// The node that is asked, and how many copies there are to be.
        var replicate: [Int]?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case at, crash, restart, wipe, pause, resume, join, leave, split, cut, heal, replicate
            case lossPerMille = "loss_per_mille"
            case duplicatesPerMille = "duplicates_per_mille"
            case reorderingPerMille = "reordering_per_mille"
            case slowDisk = "slow_disk"
            case fullDisk = "full_disk"
            case healDisk = "heal_disk"
        }
    }

    /// Nodes at the start.
    var nodes: Int
    /// Copies of each frame, of which two are waited for; two where nothing is said.
    var replication: Int?
    /// When the faults are over, and the cluster must find itself again.
    var quietAt: Double
    var steps: [Step]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case nodes, replication, steps
        case quietAt = "quiet_at"
    }

    /// Reads a file; a minute of quiet follows its last fault.
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
        for step in top["steps"] as? [[String: Any]] ?? [] {
            try self.check(step, Step.CodingKeys.allCases.map(\.rawValue))
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
        guard (1...1000).contains(self.nodes) else {
            throw CommandFailure.usage("expected 1 to 1000 nodes, not \(self.nodes)")
        }
        guard (2...5).contains(self.replication ?? 2) else {
            throw CommandFailure.usage("expected a replication of 2 to 5, not \(self.replication ?? 2)")
        }
        let quiet = try self.duration(self.quietAt, "quiet_at")
        let steps = try self.steps.enumerated().map { number, step in
            let at = try self.duration(step.at, "step \(number + 1)")
            guard at <= quiet else {
                throw CommandFailure.usage("step \(number + 1) lies behind quiet_at")
            }
            let fault = try step.fault(number + 1)
            return (number: number + 1, step: Program.Step(at: at, fault: fault))
        }.sorted { ($0.step.at, $0.number) < ($1.step.at, $1.number) }
        try self.checkNodes(of: steps)
        var program = Program(
            nodeCount: self.nodes,
            steps: steps.map(\.step),
            quietAt: quiet,
            end: quiet + .seconds(60)
        )
        program.replication = self.replication ?? 2
        return program
    }

    private func duration(_ seconds: Double, _ place: String) throws -> Duration {
        guard seconds.isFinite, (0...86_400).contains(seconds) else {
            throw CommandFailure.usage("\(place): expected 0 to 86400 seconds, not \(seconds)")
        }
        return .milliseconds(Int64(seconds * 1000))
    }

    /// Every node that a step names is there by then.
    private func checkNodes(of steps: [(number: Int, step: Program.Step)]) throws {
        var count = self.nodes
        for (number, step) in steps {
            if case .join(let node) = step.fault {
                guard node == count else {
                    throw CommandFailure.usage(
                        "step \(number): the next node to join is \(count), not \(node)"
                    )
                }
                count += 1
            }
            guard step.fault.nodes.allSatisfy({ (0..<count).contains($0) }) else {
                throw CommandFailure.usage("step \(number): nodes are numbered from 0 to \(count - 1)")
            }
        }
    }
}
