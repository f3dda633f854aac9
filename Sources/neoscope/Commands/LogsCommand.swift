internal import ArgumentParser

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Find log records, newest first."
    )

    @Option(help: "Records of this trace.") var trace: String?
    @Option(help: "Records of this service.") var service: String?
    @Option(help: "Severity number from 1 (trace) to 24 (fatal); 9 is info, 17 is error.") var minSeverity:
        Int?
    @Option(parsing: .unconditional, help: "From this time: RFC 3339, Unix seconds, or -15m.") var from:
        String?
    @Option(parsing: .unconditional, help: "Up to this time.") var to: String?
    @Option(help: "How many.") var limit = 100
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = self.options.client
        let bytes = try await client.get(
            "/api/v1/logs",
            [
                ("trace", self.trace), ("service", self.service),
                ("min_severity", self.minSeverity.map(String.init)),
                ("from", self.from), ("to", self.to), ("limit", String(self.limit)),
            ]
        )
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table: StandardOutput.write(LogScreen.render(try client.decode(LogAnswerBody.self, bytes)))
        }
    }
}
