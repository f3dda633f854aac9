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

    /// Faults of all kinds over a length of virtual time, two minutes at least, with a quiet minute at the end.
    package static func random(seed: UInt64, length: Duration = .seconds(600)) -> Program {
        var random = SplitMix64(seed: seed ^ 0x70_726f_6772_616d)
        let count = 3 + random.below(5)
        let quiet = max(length - .seconds(60), .seconds(60))
        var steps: [Step] = []
        var now = Duration.seconds(10)
        while now < quiet - .seconds(45) {
            now += .milliseconds(2000 + random.below(20_000))
            let (faults, length) = Self.episode(&random, count)
            for fault in faults { steps.append(Step(at: now, fault: fault)) }
            let over = now + length
            for fault in faults {
                if let undone = Self.undoing(fault) { steps.append(Step(at: over, fault: undone)) }
            }
            // Now and then the next one begins before this one is over.
            if random.chance(perMille: 700) { now = over }
        }
        steps.append(Step(at: quiet, fault: .heal))
        steps.append(Step(at: quiet, fault: .loss(perMille: 0)))
        for node in 0..<count {
            steps.append(Step(at: quiet, fault: .resume(node)))
            steps.append(Step(at: quiet, fault: .restart(node)))
        }
        steps.sort { $0.at < $1.at }
        return Program(nodeCount: count, steps: steps, quietAt: quiet, end: quiet + .seconds(60))
    }

    private static func episode(
        _ random: inout SplitMix64,
        _ count: Int
    ) -> (faults: [Fault], length: Duration) {
        let node = random.below(count)
        let other = (node + 1 + random.below(count - 1)) % count
        switch random.below(8) {
        case 0, 1: return ([.crash(node)], .milliseconds(random.below(20_000)))
        case 2: return ([.crash(node), .crash(other)], .milliseconds(random.below(15_000)))
        case 3: return ([.pause(node)], .milliseconds(random.below(3000)))
        case 4: return ([.pause(node)], .milliseconds(3000 + random.below(20_000)))
        case 5:
            var groups: [[Int]] = [[], []]
            for member in 0..<count { groups[random.below(2)].append(member) }
            return ([.split(groups)], .milliseconds(random.below(30_000)))
        case 6: return ([.cut(from: node, to: other)], .milliseconds(random.below(20_000)))
        default: return ([.loss(perMille: random.below(200))], .milliseconds(random.below(20_000)))
        }
    }

    private static func undoing(_ fault: Fault) -> Fault? {
        switch fault {
        case .crash(let node): .restart(node)
        case .pause(let node): .resume(node)
        case .split, .cut: .heal
        case .loss: .loss(perMille: 0)
        case .restart, .resume, .heal, .leave: nil
        }
    }
}

extension World {
    /// Plays a program to its end, and demands that the cluster finds itself again.
    package static func play(
        _ program: Program,
        seed: UInt64,
        options: MembershipOptions = .init(),
        sabotage: (@Sendable (MembershipMessage, _ from: Int, _ to: Int) -> Bool)? = nil
    ) -> World {
        var world = World(nodes: program.nodeCount, seed: seed, options: options)
        world.sabotage = sabotage
        world.addAgents(2, framesPerSecond: 4, until: program.quietAt)
        for step in program.steps { world.schedule(step.fault, at: step.at) }
        world.run(until: program.quietAt + .seconds(45))
        if !world.isConverged { world.violations.append("\(world.now): the views differ: \(world.views())") }
        world.checkDelivery()
        world.run(until: program.end)
        return world
    }
}
