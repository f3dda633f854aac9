internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Node

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run everything in one process: take telemetry in, sample the host, keep, and answer.",
        discussion:
            "Needs no configuration. Stops on SIGTERM or SIGINT after making everything accepted safe."
    )

    @Option(help: "Folder for everything stored.")
    var dataDir: String?

    @Option(help: "HOST:PORT of the API. Port 0 lets the system choose.")
    var api: String?

    @Option(name: .customLong("otlp-http"), help: "HOST:PORT of OTLP over HTTP.")
    var otlpHTTP: String?

    @Option(name: .customLong("otlp-grpc"), help: "HOST:PORT of OTLP over gRPC.")
    var otlpGRPC: String?

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let resolved = try await self.options.resolved([
            "data_dir": self.dataDir, "api.listen": self.api, "otlp.http.listen": self.otlpHTTP,
            "otlp.grpc.listen": self.otlpGRPC,
        ])
        let configuration = try NodeConfiguration(resolved, environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Self.logger(configuration.logLevel)
        do {
            try await NodeProcess(configuration: configuration, logger: logger).run { endpoints in
                logger.info(
                    "ready",
                    metadata: [
                        "api": "\(endpoints.api)", "otlp_http": "\(endpoints.otlpHTTP)",
                        "otlp_grpc": "\(endpoints.otlpGRPC)", "data_dir": "\(configuration.dataDirectory)",
                    ]
                )
            }
        } catch {
            throw CommandFailure.runtime("\(error)")
        }
    }

    private static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "neoscope")
        logger.logLevel = level
        return logger
    }
}
