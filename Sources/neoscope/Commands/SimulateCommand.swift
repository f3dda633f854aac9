internal import ArgumentParser
internal import Foundation
internal import Simulation

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play whole clusters on virtual time, with faults drawn from a seed.",
        discussion: """
            Ten virtual minutes of three to seven nodes under load that crash, stand still, lose sight of each other, \
            join, leave, hand over, are forgotten, delete for good, and have disks that are slow, full, rotten or lost, then three quiet minutes in which they must \
            find together again, with all copies at their owners and the same totals everywhere. The same seed plays the same run. Exit code 1 where a promise was broken.
            """
    )

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds to play.")
    var seeds: UInt64 = 1

    @Option(help: "Virtual seconds of a run, at least 120.")
    var seconds = 600

    @Option(help: "A file of faults, such as those in cluster/scenarios, in place of drawn ones.")
    var scenario: String?

    @Option(help: "Measure clusters of these sizes in place of looking for breaches, such as 3,10,100,1000.")
    var sizes: String?

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    func validate() throws {
        guard self.seconds >= 120, self.seconds <= 86_400 else {
            throw ValidationError("expected --seconds from 120 to 86400, not \(self.seconds)")
        }
        guard self.seeds >= 1, self.seeds <= 1_000_000 else {
            throw ValidationError("expected --seeds from 1 to 1000000, not \(self.seeds)")
        }
        guard self.seed <= .max - self.seeds else {
            throw ValidationError("expected --seed of at most \(UInt64.max - self.seeds), not \(self.seed)")
        }
    }

    func run() throws {
        if let sizes {
            return try ScaleTable.measure(try ScaleTable.sizes(sizes), seed: self.seed, self.output)
        }
        let written = try self.scenario.map { try ScenarioFile.program(at: $0) }
        var broken: UInt64 = 0
        var (steps, windows, frames) = (0, 0, 0)
        let started = ContinuousClock.now
        for seed in self.seed..<self.seed + self.seeds {
            let program = written ?? Program.random(seed: seed, length: .seconds(self.seconds))
            let world = World.play(program, seed: seed)
            steps += world.log.steps
            windows += world.log.comparedWindowCount
            frames += world.log.judgedFrameCount
            if !world.violations.isEmpty { broken += 1 }
            if !world.violations.isEmpty || self.seeds == 1 { try self.tell(world, seed: seed) }
            if StandardError.isTerminal, seed % 16 == 0 {
                StandardError.write("\r\(seed - self.seed + 1) of \(self.seeds) seeds, \(broken) broken ")
            }
        }
        if StandardError.isTerminal, self.seeds >= 16 { StandardError.write("\r\u{1b}[K") }
        let seconds = started.duration(to: .now) / .seconds(1)
        switch self.output {
        case .json:
            let tenths = (seconds * 10).rounded() / 10
            try StandardOutput.write(
                json: Summary(
                    seeds: self.seeds,
                    broken: broken,
                    steps: steps,
                    windows: windows,
                    frames: frames,
                    seconds: tenths
                )
            )
        case .table:
            let time = String(format: "%.1f", seconds)
            StandardOutput.write("\(self.seeds) seeds, \(broken) broken, \(steps) steps in \(time) s\n")
            StandardOutput.write("\(windows) windows of totals and \(frames) frames compared in the end\n")
        }
        if broken > 0 { throw ExitCode(1) }
    }

    private func tell(_ world: World, seed: UInt64) throws {
        switch self.output {
        case .json:
            try StandardOutput.write(
                json: Run(
                    seed: seed,
                    nodes: world.nodes.count,
                    trace: String(world.trace, radix: 16),
                    violations: world.violations
                )
            )
        case .table:
            StandardOutput.write(
                "seed \(seed): \(world.nodes.count) nodes, \(world.log.messages) messages, trace "
                    + "\(String(world.trace, radix: 16))\n"
            )
            for violation in world.violations.prefix(20) { StandardOutput.write("  \(violation)\n") }
            if !world.violations.isEmpty {
                StandardOutput.write("  again: neoscope simulate --seed \(seed) \(self.played)\n")
            }
        }
    }

    /// What the command was told to play, the seed aside.
    private var played: String { self.scenario.map { "--scenario \($0)" } ?? "--seconds \(self.seconds)" }

    /// What one seed made of the cluster.
    private struct Run: Encodable {
        var seed: UInt64
        var nodes: Int
        /// A hash over everything that happened, in hexadecimal.
        var trace: String
        var violations: [String]
    }

    /// What all seeds made of it.
    private struct Summary: Encodable {
        var seeds: UInt64
        var broken: UInt64
        var steps: Int
        /// Windows of totals that were compared with what was made, and confirmed frames whose copies were looked for.
        var windows: Int
        var frames: Int
        var seconds: Double
    }
}
