internal import ArgumentParser
internal import Foundation
internal import Node

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
            abstract: "Check everything a start would check; exits 2 with all errors at once."
        )

        /// The command that is to be started.
        enum Start: String, ExpressibleByArgument, CaseIterable {
            case up
            case collector
            case agent

            var role: NodeRole {
                switch self {
                case .up: .single
                case .collector: .collector
                case .agent: .agent
                }
            }
        }

        @Option(name: .customLong("for"), help: "The command that is to be started with it.")
        var start = Start.up
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let resolved = try await self.options.resolved([:])
            _ = try NodeConfiguration(
                resolved,
                role: self.start.role,
                environment: ProcessInfo.processInfo.environment
            )
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
                    table.add(
                        [entry.key.name, Figures.cut(entry.text, 80)]
                            + (self.origin ? [entry.origin.description] : [])
                    )
                }
                StandardOutput.write(table.text)
            }
        }
    }
}
