internal import ArgumentParser
internal import Node

/// The program: one command line with a subcommand per file.
@main
struct Neoscope: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neoscope",
        abstract: "Watches AI agents and the hosts they run on, and says what slows them down.",
        discussion: """
            Start with `neoscope up`, point any OpenTelemetry SDK at http://127.0.0.1:4318, and read `neoscope report`.
            Data goes to standard output, logs to standard error. Exit codes: 0 well, 1 failure or unhealthy, 2 usage \
            or configuration.
            """,
        version: NodeProcess.version,
        subcommands: [
            UpCommand.self, AgentCommand.self, CollectorCommand.self, ReportCommand.self, HealthCommand.self,
            ClusterCommand.self, TraceCommand.self, ServicesCommand.self, MetricsCommand.self,
            LogsCommand.self, LoadCommand.self, ConfigCommand.self, PurgeCommand.self, ScrubCommand.self,
            BackupCommand.self,
            RestoreCommand.self, PKICommand.self, TokenCommand.self, SimulateCommand.self,
            VersionCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            StandardError.write("neoscope: \(failure.message)\n")
            Self.exit(withError: ExitCode(failure.code))
        } catch let problems as ConfigurationProblems {
            StandardError.write("neoscope: the configuration is not valid:\n")
            for problem in problems.problems { StandardError.write("  \(problem)\n") }
            Self.exit(withError: ExitCode(2))
        } catch let code as ExitCode {
            Self.exit(withError: code)
        } catch {
            let code = Self.exitCode(for: error)
            if code == .success { Self.exit(withError: error) }
            let message = Self.fullMessage(for: error)
            StandardError.write(message.hasSuffix("\n") ? message : message + "\n")
            Self.exit(withError: ExitCode(code == .validationFailure ? 2 : 1))
        }
    }
}
