internal import ArgumentParser

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Say whether all is well; exits 1 when it is not."
    )

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = self.options.client
        let bytes = try await client.get("/api/v1/health")
        let health = try client.decode(ReportAnswer.Health.self, bytes)
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            StandardOutput.write("\(health.status), score \(health.score) of 100\n")
            for line in health.details.failing { StandardOutput.write("  \(line)\n") }
        }
        if health.status == "unhealthy" { throw ExitCode(1) }
    }
}
