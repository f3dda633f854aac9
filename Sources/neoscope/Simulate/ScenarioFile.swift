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
        var pause: Int?
        var resume: Int?
        var leave: Int?
        var split: [[Int]]?
        var cut: [Int]?
        var heal: Bool?
        var lossPerMille: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case at, crash, restart, pause, resume, leave, split, cut, heal
            case lossPerMille = "loss_per_mille"
        }
    }

    var nodes: Int
    /// When the faults are over, and the cluster must find itself again.
    var quietAt: Double
    var steps: [Step]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case nodes, steps
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
        let quiet = try self.duration(self.quietAt, "quiet_at")
        let steps = try self.steps.enumerated().map { number, step in
            let at = try self.duration(step.at, "step \(number + 1)")
            guard at <= quiet else {
                throw CommandFailure.usage("step \(number + 1) lies behind quiet_at")
            }
            return Program.Step(at: at, fault: try self.fault(step, number + 1))
        }
        return Program(
            nodeCount: self.nodes,
            steps: steps.sorted { $0.at < $1.at },
            quietAt: quiet,
            end: quiet + .seconds(60)
        )
    }

    private func duration(_ seconds: Double, _ place: String) throws -> Duration {
        guard seconds.isFinite, (0...86_400).contains(seconds) else {
            throw CommandFailure.usage("\(place): expected 0 to 86400 seconds, not \(seconds)")
        }
        return .milliseconds(Int64(seconds * 1000))
    }

    private func fault(_ step: Step, _ number: Int) throws -> Fault {
        var faults: [Fault] = []
        if let node = step.crash { faults.append(.crash(node)) }
        if let node = step.restart { faults.append(.restart(node)) }
        if let node = step.pause { faults.append(.pause(node)) }
        if let node = step.resume { faults.append(.resume(node)) }
        if let node = step.leave { faults.append(.leave(node)) }
        if let groups = step.split { faults.append(.split(groups)) }
        if let pair = step.cut {
            guard pair.count == 2 else { throw CommandFailure.usage("step \(number): cut wants [from, to]") }
            faults.append(.cut(from: pair[0], to: pair[1]))
        }
        if step.heal == true { faults.append(.heal) }
        if let loss = step.lossPerMille { faults.append(.loss(perMille: min(max(loss, 0), 1000))) }
        guard faults.count == 1 else {
            throw CommandFailure.usage("step \(number): expected one fault beside at, not \(faults.count)")
        }
        let mentioned =
            [step.crash, step.restart, step.pause, step.resume, step.leave].compactMap { $0 }
            + (step.split ?? []).joined() + (step.cut ?? [])
        guard mentioned.allSatisfy({ (0..<self.nodes).contains($0) }) else {
            throw CommandFailure.usage("step \(number): nodes are numbered from 0 to \(self.nodes - 1)")
        }
        return faults[0]
    }
}
