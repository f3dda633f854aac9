internal import ArgumentParser

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Ask for aggregated metrics.",
        subcommands: [Query.self, Latest.self]
    )

    struct Latest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the totals of the newest closed window, as the node that is asked knows them."
        )

        @Argument(help: "The metric's name, as traces.span.duration.") var name: String
        @Option(help: "Merge series by this label; several between commas.") var by: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get(
                "/api/v1/metrics/latest",
                [("name", self.name), ("by", self.by)]
            )
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(MetricsScreen.render(try client.decode(LatestAnswerBody.self, bytes)))
            }
        }
    }

    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one metric over time.")

        @Argument(help: "The metric's name, as system.cpu.utilization or traces.span.duration.")
        var name: String

        @Option(help: "Merge lines by this label; several between commas.") var by: String?
        @Option(help: "How far back, as 15m; the same as --from -15m.") var since: String?
        @Option(parsing: .unconditional, help: "From this time: RFC 3339, Unix seconds, or -15m.") var from:
            String?
        @Option(parsing: .unconditional, help: "Up to this time.") var to: String?
        @Option(help: "Width of a point, as 1m. Default: the whole range.") var step: String?
        @OptionGroup var options: ClientOptions

        func validate() throws {
            guard self.since == nil || self.from == nil else {
                throw ValidationError("Expected either --since or --from.")
            }
        }

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get(
                "/api/v1/metrics",
                [
                    ("name", self.name), ("by", self.by), ("from", self.since.map { "-" + $0 } ?? self.from),
                    ("to", self.to), ("step", self.step),
                ]
            )
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(MetricsScreen.render(try client.decode(MetricsAnswerBody.self, bytes)))
            }
        }
    }
}
