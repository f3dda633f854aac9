internal import ArgumentParser

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show one trace, or find traces.",
        subcommands: [Get.self, Search.self]
    )

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one trace with its spans and logs.")

        @Argument(help: "The trace id, 32 hexadecimal digits.")
        var id: String

        @Flag(help: "Show times as the hosts told them, though their clocks differ.")
        var unaligned = false

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get(
                "/api/v1/traces/\(self.id)",
                [("align", self.unaligned ? "off" : nil)]
            )
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table: StandardOutput.write(TraceScreen.render(try client.decode(TraceAnswer.self, bytes)))
            }
        }
    }

    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Find traces, latest first.")

        @Option(help: "Traces with a span of this service.") var service: String?
        @Option(help: "Traces with this span name; needs --service.") var operation: String?
        @Option(help: "At least this long, as 250ms.") var minDuration: String?
        @Option(help: "At most this long.") var maxDuration: String?
        @Option(parsing: .unconditional, help: "From this time: RFC 3339, Unix seconds, or -15m.") var from:
            String?
        @Option(parsing: .unconditional, help: "Up to this time.") var to: String?
        @Option(help: "Traces of this agent session.") var session: String?
        @Option(help: "Traces that used this model.") var model: String?
        @Option(help: "Traces that used this tool.") var tool: String?
        @Option(help: "Traces that used this skill.") var skill: String?
        @Option(help: "A span attribute, as key:value.") var tag: String?
        @Flag(help: "Only traces with an error.") var errors = false
        @Option(help: "How many.") var limit = 20
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get(
                "/api/v1/traces",
                [
                    ("service", self.service), ("operation", self.operation),
                    ("min_duration", self.minDuration),
                    ("max_duration", self.maxDuration), ("from", self.from), ("to", self.to),
                    ("session", self.session), ("model", self.model), ("tool", self.tool),
                    ("skill", self.skill),
                    ("tag", self.tag), ("errors", self.errors ? "true" : nil), ("limit", String(self.limit)),
                ]
            )
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(TraceScreen.list(try client.decode(SearchAnswerBody.self, bytes)))
            }
        }
    }
}
