internal import Simulation

extension ScenarioFile.Step {
    /// Faults that follow from one that is written down, each so long after its moment.
    typealias Course = [(after: Duration, fault: Fault)]

    /// A fault of processes alone.
    struct RealFault {
        var name: String
        var nodes: [Int] = []
        var agents: [Int] = []
    }

    /// The faults of a step that a simulation can play.
    func faults(_ number: Int, nodes: Int) throws -> [Course] {
        let single = try self.faultsOfNodes(number) + self.faultsOfLinks(number)
        var courses = single.map { [(after: Duration.zero, fault: $0)] }
        if let flap = self.flap { courses.append(try self.course(of: flap, number)) }
        if let gap = self.rollingRestart {
            courses.append(try Self.rolling(nodes, gap, "step \(number): rolling_restart"))
        }
        return courses
    }

    private func faultsOfNodes(_ number: Int) throws -> [Fault] {
        var faults: [Fault?] = [
            self.crash.map(Fault.crash), self.restart.map(Fault.restart), self.wipe.map(Fault.wipe),
            self.pause.map(Fault.pause), self.resume.map(Fault.resume),
            self.join.map(Fault.join), self.leave.map(Fault.leave),
            self.crashAgent.map(Fault.crashAgent), self.restartAgent.map(Fault.restartAgent),
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
        return try faults.compactMap { $0 } + self.faultsOfDisks(number)
    }

    private func faultsOfDisks(_ number: Int) throws -> [Fault] {
        var faults: [Fault?] = [
            self.lie.map(Fault.lie),
            self.rotEverywherePerMille.map { .rotEverywhere(perMille: Self.perMille($0)) },
        ]
        if let pair = self.rot {
            guard pair.count == 2 else {
                throw CommandFailure.usage("step \(number): rot wants [node, frames in a thousand]")
            }
            faults.append(.rot(pair[0], perMille: Self.perMille(pair[1])))
        }
        if let pair = self.startSkew {
            guard pair.count == 2, pair[1].magnitude <= 86_400_000 else {
                throw CommandFailure.usage(
                    "step \(number): start_skew wants [node, milliseconds of at most a day]"
                )
            }
            faults.append(.skew(pair[0], milliseconds: pair[1]))
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

    /// Down for half a period, up for half a period, both ways.
    private func course(of flap: ScenarioFile.Flap, _ number: Int) throws -> Course {
        guard flap.link.count == 2, flap.period >= 0.1, flap.until > self.at, flap.until <= 86_400 else {
            throw CommandFailure.usage(
                "step \(number): flap wants link [node, node], a period from 0.1 seconds, and an until after at"
            )
        }
        let (one, other) = (flap.link[0], flap.link[1])
        let half = try ScenarioFile.duration(flap.period, "step \(number): period") / 2
        let length = try ScenarioFile.duration(flap.until - self.at, "step \(number): until")
        var course: Course = []
        var after = Duration.zero
        while after < length {
            let up = min(after + half, length)
            course += [(after, .cut(from: one, to: other)), (after, .cut(from: other, to: one))]
            course += [(up, .mend(from: one, to: other)), (up, .mend(from: other, to: one))]
            after += half * 2
        }
        return course
    }

    /// Each node leaves, and comes back as soon as it has, a quarter of the time between two later at the earliest.
    private static func rolling(_ nodes: Int, _ gap: Double, _ place: String) throws -> Course {
        guard gap >= 1 else {
            throw CommandFailure.usage("\(place) wants a second at least between two nodes")
        }
        let gap = try ScenarioFile.duration(gap, place)
        return (0..<nodes).flatMap { node in
            [(gap * node, .leave(node)), (gap * node + gap / 4, .restart(node))]
        }
    }

    /// The faults of a step that only processes can play.
    func realFaults(_ number: Int) throws -> [RealFault] {
        let faults: [RealFault?] = [
            self.delay.map { _ in RealFault(name: "delay") },
            self.skew.map { RealFault(name: "skew", nodes: Array($0.prefix(1))) },
            self.rollingUpgrade.map { _ in RealFault(name: "rolling_upgrade") },
            self.renew.map { _ in RealFault(name: "renew") },
            self.revoke.map { RealFault(name: "revoke", agents: [$0]) },
            self.reissue.map { RealFault(name: "reissue", agents: [$0]) },
            self.hotTrace.map { _ in RealFault(name: "hot_trace") },
            self.storm.map { _ in RealFault(name: "storm") },
            self.drain.map { RealFault(name: "drain", nodes: [$0]) },
            self.rejoin.map { RealFault(name: "rejoin", nodes: [$0]) },
        ]
        let checks: [(String, Bool)] = [
            ("delay wants [least, most] milliseconds up to 10000", Self.isSpan(self.delay)),
            ("skew wants [node, seconds ahead]", self.skew.map { $0.count == 2 } ?? true),
            ("rolling_upgrade wants a second at least between two nodes", self.rollingUpgrade ?? 1 >= 1),
            ("hot_trace wants 1 to 1000000 spans", (1...1_000_000).contains(self.hotTrace ?? 1)),
            ("storm wants 1 to 1000 agents", (1...1000).contains(self.storm ?? 1)),
        ]
        for (sentence, holds) in checks where !holds {
            throw CommandFailure.usage("step \(number): \(sentence)")
        }
        return faults.compactMap { $0 }
    }

    private static func isSpan(_ pair: [Int]?) -> Bool {
        guard let pair else { return true }
        return pair.count == 2 && pair[0] >= 0 && pair[0] <= pair[1] && pair[1] <= 10_000
    }
}

extension Fault {
    /// The nodes that it names.
    var nodes: [Int] {
        switch self {
        case .crash(let node), .restart(let node), .wipe(let node), .pause(let node), .resume(let node),
            .join(let node), .leave(let node), .slowDisk(let node, _), .fullDisk(let node),
            .healDisk(let node), .replicate(let node, _), .rot(let node, _), .skew(let node, _),
            .lie(let node), .drain(let node, _), .rejoin(let node), .forget(let node), .purge(let node, _):
            [node]
        case .split(let groups): groups.flatMap(\.self)
        case .cut(let from, let to), .mend(let from, let to): [from, to]
        case .rotEverywhere, .heal, .loss, .duplicates, .reordering, .crashAgent, .restartAgent: []
        }
    }

    /// The agents that it names.
    var agents: [Int] {
        switch self {
        case .crashAgent(let agent), .restartAgent(let agent): [agent]
        default: []
        }
    }
}
