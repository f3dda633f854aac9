internal import Simulation

extension ScenarioFile {
    /// Who can play a step.
    enum Player: String, Decodable {
        case simulation, processes
    }

    /// A link between two nodes that is gone for the first half of each period.
    struct Flap: Decodable {
        var link: [Int]
        /// Seconds.
        var period: Double
        /// The moment from which it stays up.
        var until: Double

        enum CodingKeys: String, CodingKey, CaseIterable {
            case link, period, until
        }
    }

    /// One fault at its moment; exactly one of the kinds stands beside `at` and `only`.
    struct Step: Decodable {
        var at: Double
        /// Who plays it; both where nothing is said.
        var only: Player?
        var crash: Int?
        var restart: Int?
        var wipe: Int?
        var pause: Int?
        var resume: Int?
        /// The next free number.
        var join: Int?
        var leave: Int?
        var crashAgent: Int?
        var restartAgent: Int?
        /// One node after the other leaves and comes back; so many seconds lie between two.
        var rollingRestart: Double?
        var split: [[Int]]?
        var cut: [Int]?
        var flap: Flap?
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
        /// The node, and how many frames in a thousand rot on its disk.
        var rot: [Int]?
        /// So many frames in a thousand rot, the same ones on every disk.
        var rotEverywherePerMille: Int?
        /// The node, and by how many milliseconds its wall clock is ahead when its process starts next.
        var startSkew: [Int]?
        /// The node that answers garbage to whoever compares, until heal_disk.
        var lie: Int?

        // Of processes alone.

        /// The least and the most milliseconds that bytes on every link take.
        var delay: [Int]?
        /// The node, and the seconds that its wall clock is ahead.
        var skew: [Int]?
        /// One node after the other leaves as the previous version and comes back as this one.
        var rollingUpgrade: Double?
        /// Whether the certificates of all processes are made anew.
        var renew: Bool?
        /// The agent whose certificates are revoked.
        var revoke: Int?
        /// The agent that is given a new certificate.
        var reissue: Int?
        /// Spans that come in one trace.
        var hotTrace: Int?
        /// Agents that lose their connections and come back at once.
        var storm: Int?
        /// The node that hands over everything that it holds.
        var drain: Int?
        /// The node that takes its share again.
        var rejoin: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case at, only, crash, restart, wipe, pause, resume, join, leave, split, cut, flap, heal, replicate
            case rot, lie
            case rotEverywherePerMille = "rot_everywhere_per_mille"
            case startSkew = "start_skew"
            case delay, skew, renew, revoke, reissue, storm, drain, rejoin
            case crashAgent = "crash_agent"
            case restartAgent = "restart_agent"
            case rollingRestart = "rolling_restart"
            case rollingUpgrade = "rolling_upgrade"
            case lossPerMille = "loss_per_mille"
            case duplicatesPerMille = "duplicates_per_mille"
            case reorderingPerMille = "reordering_per_mille"
            case slowDisk = "slow_disk"
            case fullDisk = "full_disk"
            case healDisk = "heal_disk"
            case hotTrace = "hot_trace"
        }
    }

    /// What a step makes happen, and whom it names.
    struct Happening {
        var at: Duration
        /// Of the step, from 1.
        var number: Int
        /// Nil for what processes alone can play.
        var fault: Fault?
        var nodes: [Int]
        var agents: [Int]
    }
}

extension ScenarioFile.Step {
    /// Everything that it makes happen; where a simulation is not to play it, only whom it names.
    ///
    /// - Throws: ``CommandFailure`` where there is no fault, or more than one, or its numbers make no sense, or it does
    ///   not say that one of the two cannot play it.
    func happenings(_ number: Int, nodes: Int) throws -> [ScenarioFile.Happening] {
        let at = try ScenarioFile.duration(self.at, "step \(number)")
        let faults = try self.faults(number, nodes: nodes)
        let real = try self.realFaults(number)
        guard (faults.isEmpty ? 0 : 1) + real.count == 1, faults.count <= 1 else {
            throw CommandFailure.usage(
                "step \(number): expected one fault beside at, not \(faults.count + real.count)"
            )
        }
        if let one = real.first {
            try self.demand(.processes, for: one.name, number)
            return [.init(at: at, number: number, fault: nil, nodes: one.nodes, agents: one.agents)]
        }
        let simulated = [
            ("duplicates_per_mille", self.duplicatesPerMille != nil), ("replicate", self.replicate != nil),
            ("rot", self.rot != nil), ("rot_everywhere_per_mille", self.rotEverywherePerMille != nil),
            ("start_skew", self.startSkew != nil), ("lie", self.lie != nil),
        ]
        for (name, isWanted) in simulated where isWanted { try self.demand(.simulation, for: name, number) }
        return faults[0].map { after, fault in
            let isPlayed = self.only != .processes
            return .init(
                at: at + after,
                number: number,
                fault: isPlayed ? fault : nil,
                nodes: fault.nodes,
                agents: fault.agents
            )
        }
    }

    private func demand(_ player: ScenarioFile.Player, for name: String, _ number: Int) throws {
        guard self.only == player else {
            throw CommandFailure.usage("step \(number): \(name) wants only: \(player.rawValue) beside it")
        }
    }
}
