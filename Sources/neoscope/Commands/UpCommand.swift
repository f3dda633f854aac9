internal import ArgumentParser
internal import Node

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run everything in one process: take telemetry in, sample the host, keep, and answer.",
        discussion:
            "Needs no configuration. Stops on SIGTERM or SIGINT after making everything accepted safe."
    )

    @OptionGroup var process: ProcessOptions

    func run() async throws { try await self.process.run(.single) }
}
