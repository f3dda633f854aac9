internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Node

/// Options of every command that runs a process until it is told to stop.
struct ProcessOptions: ParsableArguments {
    @Option(help: "Folder for everything stored.")
    var dataDir: String?

    @Option(help: "HOST:PORT of the API. Port 0 lets the system choose.")
    var api: String?

    @Option(name: .customLong("otlp-http"), help: "HOST:PORT of OTLP over HTTP.")
    var otlpHTTP: String?

    @Option(name: .customLong("otlp-grpc"), help: "HOST:PORT of OTLP over gRPC.")
    var otlpGRPC: String?

    @Option(help: "File of the tokens that the API and OTLP know, as neoscope token create makes it.")
    var tokensFile: String?

    @OptionGroup var options: ConfigurationOptions

    /// Runs a process of a role, with more keys than the common ones.
    func run(_ role: NodeRole, _ more: [String: String?] = [:]) async throws {
        var arguments: [String: String?] = [
            "data_dir": self.dataDir, "api.listen": self.api, "otlp.http.listen": self.otlpHTTP,
            "otlp.grpc.listen": self.otlpGRPC, "api.tokens_file": self.tokensFile,
        ]
        arguments.merge(more) { _, new in new }
        let configuration = try NodeConfiguration(
            try await self.options.resolved(arguments),
            role: role,
            environment: ProcessInfo.processInfo.environment
        )
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Self.logger(configuration.logLevel)
        do {
            let process = NodeProcess(configuration: configuration, logger: logger)
            let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
            try await process.run(under: manager) { endpoints in
                var metadata: Logger.Metadata = [
                    "api": "\(endpoints.api)", "otlp_http": "\(endpoints.otlpHTTP)",
                    "otlp_grpc": "\(endpoints.otlpGRPC)", "data_dir": "\(configuration.dataDirectory)",
                ]
                if let peer = endpoints.peer { metadata["peer"] = "\(peer)" }
                logger.info("ready", metadata: metadata)
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

/// Options of every command that shows a certificate to the cluster as a peer.
struct PeerOptions: ParsableArguments {
    @Option(help: "HOST:PORT of a collector of the cluster. May be repeated.")
    var seed: [String] = []

    @Option(help: "Certificate of the cluster's authority.")
    var ca: String?

    @Option(help: "Certificate of this process.")
    var certificate: String?

    @Option(help: "Private key of the certificate.")
    var key: String?

    @Option(help: "List of revoked certificates.")
    var revocationList: String?

    var values: [String: String?] {
        [
            "cluster.seeds": self.seed.isEmpty ? nil : self.seed.joined(separator: ","), "tls.ca": self.ca,
            "tls.certificate": self.certificate, "tls.key": self.key,
            "tls.revocation_list": self.revocationList,
        ]
    }
}
