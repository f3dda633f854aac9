internal import DiskStorage
internal import Foundation
internal import HostSensors
package import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import Pipeline
internal import ServiceLifecycle
internal import Telemetry
internal import UnixSignals
internal import WebServer

/// Everything of one process put together: store, doors, sensors, API; and taken apart in the right order.
package struct NodeProcess {
    /// The version that `neoscope version` and the API tell.
    package static let version = "0.1.0"

    /// The addresses that were really bound, as `endpoints.json` tells them.
    package struct Endpoints: Codable, Equatable, Sendable {
        package var api: String
        package var otlpHTTP: String
        package var otlpGRPC: String

        private enum CodingKeys: String, CodingKey {
            case api
            case otlpHTTP = "otlp_http"
            case otlpGRPC = "otlp_grpc"
        }
    }

    private let configuration: NodeConfiguration
    private let logger: Logger

    package init(configuration: NodeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until a signal asks to stop, then closes doors, windows and logs.
    ///
    /// - Parameter onReady: Called once everything listens.
    package func run(onReady: @escaping @Sendable (Endpoints) -> Void) async throws {
        let clock = ClusterClock()
        var random = SystemRandomNumberGenerator()
        let run = RunID(using: &random)
        let started = clock.now()
        let directory = try DataDirectory(self.configuration.dataDirectory)
        let endpointsPath = directory.path + "/endpoints.json"
        try? FileManager.default.removeItem(atPath: endpointsPath)
        let store = try SegmentStore(
            directory: directory,
            options: self.configuration.store,
            run: run,
            logger: self.logger,
            now: { clock.now() }
        )
        let totals = RunningTotals()
        var rebuilder = WindowRebuilder(options: self.configuration.edge)
        store.forEachRecentFrame(within: 60_000_000_000) { frame, payload in rebuilder.add(frame, payload) }
        let lost = rebuilder.missing()
        var edge = self.configuration.edge
        edge.redactor.secret = try Self.secret(directory)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.threads)
        let server = try await OTLPServer(
            options: OTLPServer.Options(
                http: try Self.address(self.configuration.otlpHTTP),
                grpc: try Self.address(self.configuration.otlpGRPC),
                limits: self.configuration.ingest,
                crossOrigin: self.configuration.crossOrigin
            ),
            edge: edge,
            group: group,
            sink: StoreSink(store: store, totals: totals),
            makeRun: {
                var random = SystemRandomNumberGenerator()
                return RunID(using: &random)
            },
            now: { clock.now() }
        )
        for (origin, slots) in lost { server.recover(slots, of: origin) }
        let identity = NodeIdentity(
            hostName: self.configuration.hostName.isEmpty ? ProcessInfo.processInfo.hostName : self.configuration.hostName,
            hostID: HostIdentifier.current(root: self.configuration.sensors?.root ?? "/"),
            version: Self.version,
            run: run,
            started: started
        )
        let sensors = self.configuration.sensors.map { options in
            SensorService(
                options: options,
                interval: self.configuration.sensorInterval,
                hostID: identity.hostID,
                clock: clock,
                logger: self.logger,
                deliver: { server.add($0) }
            )
        }
        let status = ProcessStatus(
            identity: identity,
            clock: clock,
            store: store,
            server: server,
            sensors: sensors,
            totals: totals
        )
        let logger = self.logger
        let configuration = self.configuration
        let api = APIServer(
            at: .port(host: configuration.api.host, configuration.api.port),
            reader: store,
            status: status,
            logger: Self.quieter(logger),
            onRunning: { port in
                let endpoints = Endpoints(
                    api: Self.url(configuration.api.host, port),
                    otlpHTTP: Self.url(configuration.otlpHTTP.host, server.httpAddress?.port ?? 0),
                    otlpGRPC: Self.url(configuration.otlpGRPC.host, server.grpcAddress?.port ?? 0)
                )
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                do {
                    try encoder.encode(endpoints).write(to: URL(fileURLWithPath: endpointsPath), options: .atomic)
                } catch {
                    logger.error("endpoints.json could not be written", metadata: ["reason": "\(error)"])
                }
                onReady(endpoints)
            }
        )
        let doors = DoorsService(server: server, store: store, group: group)
        let socketPath = directory.path + "/admin.sock"
        try? FileManager.default.removeItem(atPath: socketPath)
        let administration = APIServer(
            at: .socket(socketPath),
            reader: store,
            status: status,
            logger: Self.quieter(logger),
            onRunning: { _ in
                // Only the user that runs the process administers it.
                try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: socketPath)
            }
        )
        var services: [any Service] = [doors, MaintenanceService(store: store), api, administration]
        if let sensors { services.append(sensors) }
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Self.quieter(logger)
            )
        )
        try await serviceGroup.run()
        for path in [endpointsPath, socketPath] { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Libraries speak at a higher level than the program itself.
    private static func quieter(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private static func url(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }

    private static func address(_ address: NodeConfiguration.Address) throws -> SocketAddress {
        try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
    }

    /// The key of redaction hashes: drawn once per data directory, and kept.
    private static func secret(_ directory: DataDirectory) throws -> UInt64 {
        let path = directory.path + "/redaction.key"
        if let data = FileManager.default.contents(atPath: path), data.count == 8 {
            return data.reduce(0) { $0 << 8 | UInt64($1) }
        }
        var random = SystemRandomNumberGenerator()
        let secret: UInt64 = random.next()
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: secret >> UInt64(56 - 8 * $0)) }
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw StorageFailure(.notPermitted, "cannot write \(path)") }
        return secret
    }
}

/// Keeps the doors open until shutdown, then makes everything accepted safe and closes the store.
private struct DoorsService: Service {
    let server: OTLPServer
    let store: SegmentStore
    let group: MultiThreadedEventLoopGroup

    func run() async throws {
        try? await gracefulShutdown()
        await self.server.close()
        await self.store.close()
        try await self.group.shutdownGracefully()
    }
}
