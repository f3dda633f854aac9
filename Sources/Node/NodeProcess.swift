internal import Access
internal import DiskStorage
internal import Foundation
internal import Glibc
package import Logging
internal import NIOCore
internal import OTLPTransport
internal import ServiceLifecycle
internal import UnixSignals
internal import WebServer

/// Everything of one process put together: store, doors, sensors, API; and taken apart in the right order.
package struct NodeProcess {
    /// The version that `neoscope version` and the API tell.
    package static let version = "0.1.0"

    /// The addresses that were really bound, as `endpoints.json` tells them.
    package struct Endpoints: Codable, Equatable, Sendable {
        /// URL of the API.
        package var api: String
        /// URL of the OTLP door over HTTP.
        package var otlpHTTP: String
        /// URL of the OTLP door over gRPC.
        package var otlpGRPC: String
        /// `host:port` of the peers' door; nil where there is none.
        package var peer: String?

        private enum CodingKeys: String, CodingKey {
            case api
            case otlpHTTP = "otlp_http"
            case otlpGRPC = "otlp_grpc"
            case peer
        }
    }

    private let configuration: NodeConfiguration
    private let logger: Logger

    /// A process that has not started; nothing is opened before ``run(onReady:)``.
    package init(configuration: NodeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until a signal asks to stop, then closes doors, windows and logs.
    ///
    /// - Parameters:
    ///   - manager: Is told how the process does; nil where nobody asked for it.
    ///   - onReady: Called once everything listens.
    /// - Throws: What kept it from starting: `StorageFailure` of the directory, ``ListenFailure`` of addresses.
    package func run(
        under manager: ServiceManager? = nil,
        onReady: @escaping @Sendable (Endpoints) -> Void
    ) async throws {
        // The group may read, as with every file of the directory; nobody else may, nor connect to the socket.
        umask(0o027)
        let directory = try DataDirectory(self.configuration.dataDirectory)
        let files = (endpoints: directory.path + "/endpoints.json", socket: directory.path + "/admin.sock")
        func removeFiles() {
            for path in [files.endpoints, files.socket] { try? FileManager.default.removeItem(atPath: path) }
        }
        // What a killed process left would mislead whoever looks before this one listens.
        removeFiles()
        defer { removeFiles() }
        try await ListenCheck.run(
            [
                ("api.listen", self.configuration.api), ("otlp.http.listen", self.configuration.otlpHTTP),
                ("otlp.grpc.listen", self.configuration.otlpGRPC),
            ]
                + (self.configuration.role == .collector
                    ? [("cluster.listen", self.configuration.peers.listen)] : []),
            socketPath: files.socket
        )
        let parts =
            self.configuration.role == .agent
            ? try await AgentParts.open(in: directory, self.configuration, self.logger)
            : try await NodeParts.open(in: directory, self.configuration, self.logger)
        // They end in the opposite order: what was taken in is safe before anybody waits for slow readers.
        let services: [any Service] =
            [
                self.api(parts, endpointsPath: files.endpoints) { endpoints in
                    manager?.tell(.ready)
                    onReady(endpoints)
                },
                self.administration(parts, socketPath: files.socket),
            ] + parts.services + [parts.ending] + Self.informing(manager, of: parts)
        let leaving = LeavingService(
            signals: await UnixSignalsSequence(trapping: .sigterm, .sigint),
            begins: {
                parts.ending.begin()
                // From here on the manager waits as long as TimeoutStopSec, and for no sign of life.
                manager?.tell(.stopping, .status("handing over what is not yet safe elsewhere"))
            },
            handOver: parts.handOver
        )
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }
                + [.init(service: leaving, successTerminationBehavior: .gracefullyShutdownGroup)],
            logger: Self.quieter(self.logger)
        )
        // Then those who still read are cut off.
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        do { try await ServiceGroup(configuration: configuration).run() } catch {
            // Readers that were cut off are no failure.
            guard parts.ending.isEnding else { throw error }
        }
    }

    /// What tells the service manager about these parts; it hears first that the process is to end.
    private static func informing(_ manager: ServiceManager?, of parts: RunningParts) -> [any Service] {
        guard let manager else { return [] }
        parts.credentials?.onReload { isBeginning in manager.tell(isBeginning ? .reloading : .ready) }
        return [
            ServiceManagerService(
                manager: manager,
                pulse: parts.pulse,
                ending: parts.ending,
                status: parts.status
            )
        ]
    }

    private func api(
        _ parts: RunningParts,
        endpointsPath: String,
        _ onReady: @escaping @Sendable (Endpoints) -> Void
    ) -> APIServer {
        let (configuration, logger, server, peer) = (
            self.configuration, self.logger, parts.server, parts.peer
        )
        let guards = parts.guards
        @Sendable func url(_ address: NodeConfiguration.Address, _ port: Int?, _ gate: Gate) -> String {
            NodeConfiguration.url(address.host, port ?? 0, isTLS: gate.tls != nil)
        }
        return APIServer(
            at: .port(host: configuration.api.host, configuration.api.port, parts.guards.api),
            reader: parts.reader,
            status: parts.status,
            logger: Self.quieter(logger),
            onRunning: { port in
                let endpoints = Endpoints(
                    api: url(configuration.api, port, guards.api),
                    otlpHTTP: url(configuration.otlpHTTP, server.httpAddress?.port, guards.otlpHTTP),
                    otlpGRPC: url(configuration.otlpGRPC, server.grpcAddress?.port, guards.otlpGRPC),
                    peer: peer
                )
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                do {
                    try encoder.encode(endpoints).write(
                        to: URL(fileURLWithPath: endpointsPath),
                        options: .atomic
                    )
                } catch {
                    logger.error("endpoints.json could not be written", metadata: ["reason": "\(error)"])
                }
                onReady(endpoints)
            }
        )
    }

    private func administration(_ parts: RunningParts, socketPath: String) -> APIServer {
        APIServer(
            at: .socket(socketPath),
            reader: parts.reader,
            status: parts.status,
            logger: Self.quieter(self.logger),
            onRunning: { _ in }
        )
    }

    /// Libraries speak at a higher level than the program itself.
    private static func quieter(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
