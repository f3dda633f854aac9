package import Cluster
internal import Telemetry

/// What happens to a cluster over a run: drawn from a seed, or written down.
package struct Program: Equatable, Sendable {
    /// One fault at its moment.
    package struct Step: Equatable, Sendable {
        package var at: Duration
        package var fault: Fault

        /// A fault at a moment.
        package init(at: Duration, fault: Fault) {
            self.at = at
            self.fault = fault
        }
    }

    /// Nodes at the start.
    package var nodeCount: Int
    /// Copies of each frame, RF: 2 to 5.
    package var replication = 2
    /// Copies that are waited for, W: 1 to RF.
    package var confirmations = 2
    /// Agents that send.
    package var agents = Program.agentCount
    /// Zones that the nodes are spread over; zero for none.
    package var zones = 0
    /// What is kept at least; fourteen minutes see nothing expire in a run of ten.
    package var retention = Program.shortRetention
    /// In the order of their moments.
    package var steps: [Step]
    /// When the last fault is over, and the cluster must find itself again.
    package var quietAt: Duration
    /// When the run ends.
    package var end: Duration

    /// A program whose steps stand in the order of their moments.
    package init(nodeCount: Int, steps: [Step], quietAt: Duration, end: Duration) {
        self.nodeCount = nodeCount
        self.steps = steps
        self.quietAt = quietAt
        self.end = end
    }

    /// The next fault waits no longer for the end of one.
    private static let blockMax = Duration.seconds(60)
    private static let shortRetention = Duration.seconds(360)
    private static let longRetention = Duration.seconds(840)
    /// Nodes that come in during one run.
    private static let joinsMax = 2
    /// Agents of every drawn run.
    package static let agentCount = 3

    /// Faults of all kinds over a length of virtual time, two minutes at least, with a quiet minute at the end.
    package static func random(seed: UInt64, length: Duration = .seconds(600)) -> Program {
        var random = SplitMix64(seed: seed ^ 0x70_726f_6772_616d)
        let count = 3 + random.below(5)
        let quiet = max(length - .seconds(60), .seconds(60))
        var steps: [Step] = []
        var joined = 0
        var now = Duration.seconds(10)
        while now < quiet - .seconds(45) {
            now += .milliseconds(2000 + random.below(20_000))
            let spells = Self.episode(&random, count + joined)
            if case .join = spells[0].fault {
                guard joined < Self.joinsMax else { continue }
                joined += 1
            }
            var over = now
            for spell in spells {
                steps.append(Step(at: now + spell.after, fault: spell.fault))
                let end = now + spell.after + spell.lasts
                if let undone = Self.undoing(spell.fault) { steps.append(Step(at: end, fault: undone)) }
                over = max(over, min(end, now + Self.blockMax))
            }
            // Now and then the next one begins before this one is over.
            if random.chance(perMille: 700) { now = over }
        }
        steps += Self.healing(nodes: count + joined).map { Step(at: quiet, fault: $0) }
        steps.sort { $0.at < $1.at }
        var program = Program(nodeCount: count, steps: steps, quietAt: quiet, end: quiet + .seconds(180))
        if random.chance(perMille: 400) { program.replication = 3 }
        program.confirmations = min(2, program.replication)
        if random.chance(perMille: 400) { program.confirmations = 1 + random.below(program.replication) }
        if random.chance(perMille: 400) { program.zones = 2 + random.below(2) }
        // Half of the runs see things expire, half see in the end what every fault left.
        if random.chance(perMille: 500) { program.retention = Self.longRetention }
        return program
    }

    /// What ends every fault that may be under way.
    private static func healing(nodes count: Int) -> [Fault] {
        let everywhere: [Fault] = [
            .heal, .loss(perMille: 0), .duplicates(perMille: 0), .reordering(perMille: 0),
        ]
        let agents = (0..<Self.agentCount).map(Fault.restartAgent)
        return everywhere + agents
            + (0..<count).flatMap { [.healDisk($0), .resume($0), .restart($0), .rejoin($0)] as [Fault] }
    }

    /// A fault of an episode.
    private struct Spell {
        var fault: Fault
        var after = Duration.zero
        var lasts: Duration
    }

    /// What goes wrong together.
    private static func episode(_ random: inout SplitMix64, _ count: Int) -> [Spell] {
        let node = random.below(count)
        let other = (node + 1 + random.below(count - 1)) % count
        let kind = random.below(36)
        if kind == 19 { return Self.overlappingPauses(&random, node, other) }
        if kind > 29 { return Self.order(kind, &random, node, other) }
        if kind > 21 { return Self.laterEpisode(kind, &random, node, other, count) }
        let (faults, longest): ([Fault], Int) =
            switch kind {
            case 0, 1: ([.crash(node)], 20_000)
            case 2: ([.crash(node), .crash(other)], 15_000)
            case 3: ([.pause(node)], 3500)
            case 4: ([.pause(node)], 23_000)
            case 5: ([.split(Self.halves(&random, count))], 30_000)
            case 6: ([.cut(from: node, to: other)], 20_000)
            case 7: ([.loss(perMille: random.below(200))], 20_000)
            case 8: ([.duplicates(perMille: 50 + random.below(300))], 30_000)
            case 9: ([.reordering(perMille: 50 + random.below(300))], 30_000)
            case 10: ([.leave(node)], 30_000)
            case 11: ([.wipe(node)], 10_000)
            case 12, 13: ([.slowDisk(node, factor: 10 << random.below(9))], 20_000)
            case 14: ([.fullDisk(node)], 30_000)
            case 15: ([.fullDisk(node), .crash(other)], 15_000)
            // Two operators may ask two nodes at once.
            case 16: ([.replicate(node, copies: 2 + random.below(2)), .replicate(other, copies: 3)], 1)
            case 17, 18: ([.crashAgent(random.below(Self.agentCount))], 20_000)
            case 20: ([.slowDisk(node, factor: 100 << random.below(5)), .crash(other)], 15_000)
            // The last to come in; one whose number is taken or too high is none.
            default: ([.join(count)], 1000)
            }
        let length = Duration.milliseconds(random.below(longest))
        return faults.map { Spell(fault: $0, lasts: length) }
    }

    /// What goes wrong with disks, clocks and links for longer, or with many nodes in turn.
    private static func laterEpisode(
        _ kind: Int,
        _ random: inout SplitMix64,
        _ node: Int,
        _ other: Int,
        _ count: Int
    ) -> [Spell] {
        switch kind {
        case 22, 23:
            return [Spell(fault: .rot(node, perMille: 1 + random.below(300)), lasts: .seconds(1))]
        case 24: return [Spell(fault: .rotEverywhere(perMille: 1 + random.below(20)), lasts: .seconds(1))]
        case 25: return [Spell(fault: .lie(node), lasts: .milliseconds(5000 + random.below(60_000)))]
        case 26:
            let skew = random.below(1_200_000) - 600_000
            return [
                Spell(fault: .skew(node, milliseconds: skew), lasts: .zero),
                Spell(fault: .crash(node), after: .seconds(1), lasts: .seconds(5)),
            ]
        case 27:
            // A link that flaps, one way or both.
            return (0..<4 + random.below(8)).map { turn in
                Spell(
                    fault: turn.isMultiple(of: 2) ? .cut(from: node, to: other) : .cut(from: other, to: node),
                    after: .seconds(3 * turn),
                    lasts: .milliseconds(500 + random.below(2400))
                )
            }
        case 28:
            // All in turn, each one when the one before is back.
            return (0..<count).map { turn in
                Spell(fault: .leave(turn), after: .seconds(12 * turn), lasts: .seconds(8))
            }
        default:
            // A disk is lost, and one of those that are to bring its share back is full.
            return [
                Spell(fault: .wipe(node), lasts: .seconds(4)),
                Spell(fault: .fullDisk(node), after: .seconds(6), lasts: .seconds(20)),
                Spell(
                    fault: .fullDisk(other),
                    after: .seconds(2),
                    lasts: .milliseconds(5000 + random.below(20_000))
                ),
            ]
        }
    }

    /// What operators have done.
    private static func order(
        _ kind: Int,
        _ random: inout SplitMix64,
        _ node: Int,
        _ other: Int
    ) -> [Spell] {
        let length = Duration.milliseconds(10_000 + random.below(50_000))
        switch kind {
        case 30, 31: return [Spell(fault: .purge(node, traces: 1 + random.below(40)), lasts: .seconds(1))]
        case 32: return [Spell(fault: .drain(node, .isDiscarded), lasts: length + .seconds(120))]
        case 33: return [Spell(fault: .drain(node, .stops), lasts: length)]
        case 34:
            // Two at once: neither counts for the other.
            let after = Duration.milliseconds(random.below(3000))
            return [
                Spell(fault: .drain(node, .stops), lasts: length),
                Spell(fault: .drain(other, .stops), after: after, lasts: length),
            ]
        default:
            // It is dead for all, or stands still and contradicts.
            let trouble = random.chance(perMille: 500) ? Fault.crash(node) : .pause(node)
            return [
                Spell(fault: trouble, lasts: .seconds(18)),
                Spell(fault: .forget(node), after: .milliseconds(8000 + random.below(12_000)), lasts: .zero),
            ]
        }
    }

    /// One stands still for less than is promised, and who suspects it stands still before it can hear the answer.
    private static func overlappingPauses(
        _ random: inout SplitMix64,
        _ node: Int,
        _ other: Int
    ) -> [Spell] {
        let first = Duration.milliseconds(1500 + random.below(1900))
        let after = first - .milliseconds(random.below(1000))
        return [
            Spell(fault: .pause(node), lasts: first),
            Spell(fault: .pause(other), after: after, lasts: .milliseconds(2000 + random.below(15_000))),
        ]
    }

    private static func halves(_ random: inout SplitMix64, _ count: Int) -> [[Int]] {
        var groups: [[Int]] = [[], []]
        for member in 0..<count { groups[random.below(2)].append(member) }
        return groups
    }

    private static func undoing(_ fault: Fault) -> Fault? {
        switch fault {
        case .crash(let node), .wipe(let node), .leave(let node): .restart(node)
        case .drain(let node, _): .rejoin(node)
        case .pause(let node): .resume(node)
        case .split, .cut: .heal
        case .loss: .loss(perMille: 0)
        case .duplicates: .duplicates(perMille: 0)
        case .reordering: .reordering(perMille: 0)
        case .slowDisk(let node, _), .fullDisk(let node): .healDisk(node)
        case .crashAgent(let agent): .restartAgent(agent)
        case .lie(let node): .healDisk(node)
        case .restart, .resume, .heal, .mend, .join, .healDisk, .replicate, .restartAgent, .rot,
            .rotEverywhere, .skew, .purge, .rejoin, .forget:
            nil
        }
    }
}

extension World {
    /// Plays a program to its end, and demands that the cluster finds itself again.
    package static func play(
        _ program: Program,
        seed: UInt64,
        options: MembershipOptions = .init(),
        sabotage: Sabotage = .init()
    ) -> World {
        let parameters = PlacementParameters(
            replication: program.replication,
            confirmations: program.confirmations
        )
        var world = World(
            nodes: program.nodeCount,
            seed: seed,
            options: options,
            parameters: parameters ?? .standard,
            zones: program.zones,
            retention: program.retention
        )
        world.sabotage = sabotage
        world.addAgents(program.agents, framesPerSecond: 5, until: program.quietAt)
        world.openDoors(until: program.quietAt)
        for step in program.steps { world.schedule(step.fault, at: step.at) }
        world.run(until: program.quietAt + .seconds(45))
        if !world.isConverged { world.violate("the views differ: \(world.views())") }
        if !world.placesAlike { world.violate("the nodes place by different parameters") }
        world.checkDelivery()
        world.run(until: program.end)
        if program.end >= program.quietAt + .seconds(180) { world.checkRepaired() }
        return world
    }
}
