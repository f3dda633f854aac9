internal import ArgumentParser

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how the host and the programs on it are doing."
    )

    @Option(
        parsing: .unconditional,
        help: "From this time: RFC 3339, Unix seconds, or -15m. Default: an hour ago."
    ) var from: String?
    @Option(parsing: .unconditional, help: "Up to this time. Default: now.") var to: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = self.options.client
        let bytes = try await client.get("/api/v1/report", [("from", self.from), ("to", self.to)])
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table: StandardOutput.write(ReportScreen.render(try client.decode(ReportAnswer.self, bytes)))
        }
    }
}
