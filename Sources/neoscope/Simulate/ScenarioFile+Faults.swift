internal import Simulation

extension ScenarioFile.Step {
    /// The one fault of a step.
    ///
    /// - Throws: ``CommandFailure`` where there is none, or more than one, or its numbers make no sense.
    func fault(_ number: Int) throws -> Fault {
        let faults = try self.faultsOfNodes(number) + self.faultsOfLinks(number)
        guard faults.count == 1 else {
            throw CommandFailure.usage("step \(number): expected one fault beside at, not \(faults.count)")
        }
        return faults[0]
    }

    private func faultsOfNodes(_ number: Int) throws -> [Fault] {
        var faults: [Fault?] = [
            self.crash.map(Fault.crash), self.restart.map(Fault.restart), self.wipe.map(Fault.wipe),
            self.pause.map(Fault.pause), self.resume.map(Fault.resume),
            self.join.map(Fault.join), self.leave.map(Fault.leave),
            self.fullDisk.map(Fault.fullDisk), self.healDisk.map(Fault.healDisk),
        ]
        if let pair = self.slowDisk {
            guard pair.count == 2, (1...10_000).contains(pair[1]) else {
                throw CommandFailure.usage("step \(number): slow_disk wants [node, factor from 1 to 10000]")
            }
            faults.append(.slowDisk(pair[0], factor: pair[1]))
        }
        if let pair = self.replicate {
            guard pair.count == 2, (2...5).contains(pair[1]) else {
                throw CommandFailure.usage("step \(number): replicate wants [node, copies from 2 to 5]")
            }
            faults.append(.replicate(pair[0], copies: pair[1]))
        }
        return faults.compactMap { $0 }
    }

    private func faultsOfLinks(_ number: Int) throws -> [Fault] {
        var faults: [Fault?] = [
            self.split.map(Fault.split), self.heal == true ? .heal : nil,
            self.lossPerMille.map { .loss(perMille: Self.perMille($0)) },
            self.duplicatesPerMille.map { .duplicates(perMille: Self.perMille($0)) },
            self.reorderingPerMille.map { .reordering(perMille: Self.perMille($0)) },
        ]
        if let pair = self.cut {
            guard pair.count == 2 else { throw CommandFailure.usage("step \(number): cut wants [from, to]") }
            faults.append(.cut(from: pair[0], to: pair[1]))
        }
        return faults.compactMap { $0 }
    }

    private static func perMille(_ number: Int) -> Int { min(max(number, 0), 1000) }
}

extension Fault {
    /// The nodes that it names.
    var nodes: [Int] {
        switch self {
        case .crash(let node), .restart(let node), .wipe(let node), .pause(let node), .resume(let node),
            .join(let node), .leave(let node), .slowDisk(let node, _), .fullDisk(let node),
            .healDisk(let node), .replicate(let node, _):
            [node]
        case .split(let groups): groups.flatMap(\.self)
        case .cut(let from, let to): [from, to]
        case .heal, .loss, .duplicates, .reordering, .crashAgent, .restartAgent: []
        }
    }
}
