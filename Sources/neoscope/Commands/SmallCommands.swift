internal import ArgumentParser
internal import Foundation
internal import Node

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how the host and the programs on it are doing."
    )

    @Option(help: "From this time: RFC 3339, Unix seconds, or -15m. Default: an hour ago.") var from: String?
    @Option(help: "Up to this time. Default: now.") var to: String?
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
        case .table: StandardOutput.write("\(health.status), score \(health.score) of 100\n")
        }
        if health.status == "unhealthy" { throw ExitCode(1) }
    }
}

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "services", abstract: "List services.")

    @OptionGroup var options: ClientOptions

    func run() async throws {
        struct Answer: Decodable { var services: [String] }
        let client = self.options.client
        let bytes = try await client.get("/api/v1/services")
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            StandardOutput.write(try client.decode(Answer.self, bytes).services.map { $0 + "\n" }.joined())
        }
    }
}

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Ask for aggregated metrics.",
        subcommands: [Query.self]
    )

    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one metric over time.")

        @Argument(help: "The metric's name, as system.cpu.utilization or traces.span.duration.")
        var name: String

        @Option(help: "Merge lines by this label; several between commas.") var by: String?
        @Option(help: "How far back, as 15m.") var since: String?
        @Option(help: "From this time: RFC 3339, Unix seconds, or -15m.") var from: String?
        @Option(help: "Up to this time.") var to: String?
        @Option(help: "Width of a point, as 1m. Default: the whole range.") var step: String?
        @OptionGroup var options: ClientOptions

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
            case .table: StandardOutput.write(MetricsScreen.render(try client.decode(MetricsAnswerBody.self, bytes)))
            }
        }
    }
}

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Find log records, newest first.")

    @Option(help: "Records of this trace.") var trace: String?
    @Option(help: "Records of this service.") var service: String?
    @Option(help: "Severity number from 1 (trace) to 24 (fatal); 9 is info, 17 is error.") var minSeverity: Int?
    @Option(help: "From this time: RFC 3339, Unix seconds, or -15m.") var from: String?
    @Option(help: "Up to this time.") var to: String?
    @Option(help: "How many.") var limit = 100
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = self.options.client
        let bytes = try await client.get(
            "/api/v1/logs",
            [
                ("trace", self.trace), ("service", self.service), ("min_severity", self.minSeverity.map(String.init)),
                ("from", self.from), ("to", self.to), ("limit", String(self.limit)),
            ]
        )
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table: StandardOutput.write(LogScreen.render(try client.decode(LogAnswerBody.self, bytes)))
        }
    }
}

struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "purge", abstract: "Delete stored telemetry for good, through the node's administration socket.")

    @Option(help: "Everything taken in before this time: RFC 3339, Unix seconds, or -30d.") var before: String?
    @Option(help: "One trace, by its id.") var trace: String?
    @Option(help: "Data directory of the running node. Default: as for neoscope up.") var dataDir: String?
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table

    func validate() throws {
        guard (self.before == nil) != (self.trace == nil) else {
            throw ValidationError("Expected either --before or --trace.")
        }
    }

    func run() async throws {
        struct Answer: Decodable { var purged_items: UInt64 }
        let folder = self.dataDir ?? NodeConfiguration.standardDataDirectory(ProcessInfo.processInfo.environment)
        let client = APIClient(endpoint: "unix:\(folder)/admin.sock")
        let bytes = try await client.post("/api/v1/purge", [("before", self.before), ("trace", self.trace)])
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table: StandardOutput.write("\(try client.decode(Answer.self, bytes).purged_items) items deleted\n")
        }
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Tell the version.")

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    func run() {
        switch self.output {
        case .json: StandardOutput.write("{\"version\":\"\(NodeProcess.version)\"}\n")
        case .table: StandardOutput.write("neoscope \(NodeProcess.version)\n")
        }
    }
}

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check or show the configuration.",
        subcommands: [Validate.self, Print.self, Reference.self]
    )

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a file that names every key with meaning, default and limit."
        )

        func run() { StandardOutput.write(ConfigurationReference.yaml) }
    }

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check everything `neoscope up` would check; exits 2 with all errors at once."
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let resolved = try await self.options.resolved([:])
            _ = try NodeConfiguration(resolved, environment: ProcessInfo.processInfo.environment)
            StandardOutput.write("the configuration is valid\n")
        }
    }

    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show every key with its value.")

        @Flag(help: "Say where each value comes from.") var origin = false
        @Option(help: "table for people, json for programs.") var output = OutputFormat.table
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let resolved = try await self.options.resolved([:])
            guard resolved.problems.isEmpty else { throw ConfigurationProblems(resolved.problems) }
            switch self.output {
            case .json:
                struct Line: Encodable {
                    var key: String
                    var value: String
                    var origin: String
                }
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                let lines = resolved.entries.map {
                    Line(key: $0.key.name, value: $0.text, origin: $0.origin.description)
                }
                StandardOutput.write(Array(try encoder.encode(lines)) + [0x0a])
            case .table:
                var table = TextTable(["key", "value"] + (self.origin ? ["origin"] : []))
                for entry in resolved.entries {
                    table.add([entry.key.name, entry.text] + (self.origin ? [entry.origin.description] : []))
                }
                StandardOutput.write(table.text)
            }
        }
    }
}
