internal import DiskStorage
internal import Foundation
internal import HostSensors
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import Pipeline
internal import Telemetry
internal import WebServer

/// What one process is made of, opened in order: store, doors, sensors, and what tells about them.
struct NodeParts {
    let store: SegmentStore
    let group: MultiThreadedEventLoopGroup
    let server: OTLPServer
    let sensors: SensorService?
    let clock: ClusterClock
    let ending: EndingService
    let status: ProcessStatus

    /// Recovers what is stored, and opens the doors.
    ///
    /// - Throws: `StorageFailure` where the directory cannot be used, `IOError` where an address cannot be bound.
    init(in directory: DataDirectory, _ configuration: NodeConfiguration, _ logger: Logger) async throws {
        let clock = ClusterClock()
        let run = Self.drawRun()
        let started = clock.now()
        let store = try SegmentStore(
            directory: directory,
            options: configuration.store,
            run: run,
            logger: logger,
            now: { clock.now() }
        )
        self.clock = clock
        self.ending = EndingService(store: store)
        let totals = RunningTotals()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let server = try await Self.openDoors(
            directory,
            configuration,
            group,
            sink: StoreSink(store: store, totals: totals),
            store: store,
            clock: clock
        )
        let identity = NodeIdentity(
            hostName: configuration.hostName.isEmpty
                ? ProcessInfo.processInfo.hostName : configuration.hostName,
            hostID: HostIdentifier.current(root: configuration.sensors?.root ?? "/"),
            version: NodeProcess.version,
            run: run,
            started: started
        )
        self.sensors = configuration.sensors.map { options in
            SensorService(
                options: options,
                interval: configuration.sensorInterval,
                hostID: identity.hostID,
                clock: clock,
                logger: logger,
                deliver: { server.add($0) }
            )
        }
        self.status = ProcessStatus(
            identity: identity,
            clock: clock,
            store: store,
            server: server,
            sensors: self.sensors,
            ending: self.ending,
            totals: totals
        )
        (self.store, self.group, self.server) = (store, group, server)
    }

    /// Binds both doors, and hands them the windows that an earlier process could not close.
    private static func openDoors(
        _ directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ group: MultiThreadedEventLoopGroup,
        sink: StoreSink,
        store: SegmentStore,
        clock: ClusterClock
    ) async throws -> OTLPServer {
        let newest = store.newest
        let minuteAgo = ClusterTime(nanoseconds: newest.nanoseconds - min(60_000_000_000, newest.nanoseconds))
        var rebuilder = WindowRebuilder(options: configuration.edge, from: minuteAgo)
        store.forEachFrame(since: minuteAgo) { frame, payload in rebuilder.add(frame, payload) }
        let lost = rebuilder.missing()
        var edge = configuration.edge
        edge.redactor.secret = try self.secret(directory)
        let server = try await OTLPServer(
            options: OTLPServer.Options(
                http: try self.address(configuration.otlpHTTP),
                grpc: try self.address(configuration.otlpGRPC),
                limits: configuration.ingest,
                crossOrigin: configuration.crossOrigin
            ),
            edge: edge,
            group: group,
            sink: sink,
            makeRun: { Self.drawRun() },
            now: { clock.now() }
        )
        for (origin, slots) in lost { server.recover(slots, of: origin) }
        return server
    }

    private static func drawRun() -> RunID {
        var random = SystemRandomNumberGenerator()
        return RunID(using: &random)
    }

    private static func address(_ address: NodeConfiguration.Address) throws -> SocketAddress {
        try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
    }

    /// The key of redaction hashes: drawn once per data directory, and kept.
    static func secret(_ directory: DataDirectory) throws -> UInt64 {
        let path = directory.path + "/redaction.key"
        if let data = FileManager.default.contents(atPath: path), data.count == 8 {
            return data.reduce(0) { $0 << 8 | UInt64($1) }
        }
        var random = SystemRandomNumberGenerator()
        let secret: UInt64 = random.next()
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: secret >> UInt64(56 - 8 * $0)) }
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: Data(bytes),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw StorageFailure(.notPermitted, "cannot write \(path)") }
        return secret
    }
}
