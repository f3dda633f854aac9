internal import Cluster
internal import DiskStorage
internal import Foundation
internal import HostSensors
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import PKI
internal import PeerTransport
internal import Pipeline
internal import ServiceLifecycle
internal import Storage
internal import Synchronization
internal import Telemetry
internal import WebServer

/// What a process that stores is made of, opened in order: store, peers, doors, sensors, and what tells about them.
enum NodeParts {
    /// Recovers what is stored, and opens the doors.
    ///
    /// - Throws: `StorageFailure` where the directory cannot be used, `IOError` where an address cannot be bound,
    ///   `PKIFailure` of the credentials.
    static func open(
        in directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ logger: Logger
    ) async throws -> RunningParts {
        let credentials = try Self.credentials(configuration, logger)
        let guards = try DoorGuards.open(configuration.doors, credentials: credentials, logger: logger)
        let (clock, run, server) = (ClusterClock(), Self.drawRun(), ServerBox())
        let identity = Self.identity(configuration, run: run, started: clock.now())
        let store = try Self.store(directory, configuration, run, clock, logger)
        let (ending, totals) = (EndingService(store: store), RunningTotals())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let peers = try await CollectorParts.open(
            in: directory,
            configuration,
            store: store,
            totals: totals,
            run: run,
            clock: clock,
            server: server,
            credentials: credentials,
            tokens: guards.tokens,
            logger: logger
        )
        let lost = try Self.lostWindows(directory, configuration, store, clock, logger)
        let doors = try await Self.openDoors(
            directory,
            configuration,
            group,
            guards,
            sink: peers?.sink ?? StoreSink(store: store, totals: totals),
            runs: lost.runs,
            clock: clock
        )
        server.fill(doors)
        if let view = peers?.parts.collector.view { doors.setGroups(PartitionGroups(of: view)) }
        lost.windows.recover(by: doors, recovered: lost.recovered)
        let sensors = Self.sensors(configuration, identity, clock, logger) { doors.add($0) }
        let status = ProcessStatus(
            identity: identity,
            clock: clock,
            store: store,
            server: doors,
            sensors: sensors,
            ending: ending,
            totals: totals,
            guards: guards,
            credentials: credentials,
            cluster: peers?.parts,
            givenUp: lost.windows.givenUp
        )
        let services = Self.services(
            MaintenanceService(store: store, clock: clock, collector: peers?.parts.collector, logger: logger),
            DoorsService(server: doors, store: store, cluster: peers?.parts, groups: [group] + peers.groups),
            status,
            peers
        )
        return RunningParts(
            reader: peers?.reader ?? store,
            status: status,
            server: doors,
            guards: guards,
            credentials: credentials,
            pulse: Pulse(of: [group] + peers.groups) { store.touch($0) },
            ending: ending,
            handOver: { await peers?.parts.handOver(logger) },
            peer: peers?.parts.collector.record.address,
            services: services
        )
    }

    private static func store(
        _ directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ run: RunID,
        _ clock: ClusterClock,
        _ logger: Logger
    ) throws -> SegmentStore {
        try SegmentStore(
            directory: directory,
            options: configuration.store,
            run: run,
            logger: logger,
            now: { clock.now() }
        )
    }

    /// Everything that runs, in the order in which it starts.
    private static func services(
        _ maintenance: MaintenanceService,
        _ doors: DoorsService,
        _ status: ProcessStatus,
        _ peers: CollectorParts?
    ) -> [any Service] {
        var services: [any Service] = [maintenance, doors]
        if let credentials = status.credentials { services.append(credentials) }
        services += status.guards.services
        if let peers {
            let meter = LoadMeter(store: status.store)
            peers.parts.tell(of: status, doors: doors.server, meter: meter)
            services += [StopService(peers.stop), meter, peers.parts.aggregates] as [any Service]
        }
        if let sensors = status.sensors { services.append(sensors) }
        return services
    }

    /// What the process shows, to peers or at its doors; nil where nobody asks for it.
    private static func credentials(
        _ configuration: NodeConfiguration,
        _ logger: Logger
    ) throws -> CredentialService? {
        let doors = configuration.doors
        let isCollector = configuration.role == .collector
        guard isCollector || [doors.api, doors.otlpHTTP, doors.otlpGRPC].contains(where: { $0 != .plain })
        else { return nil }
        return try CredentialService(
            files: configuration.peers.credentials,
            role: isCollector ? .collector : nil,
            logger: logger
        )
    }

    /// What an earlier process could not bring to its end; of a cluster's frames only those of the own doors are asked.
    ///
    /// - Returns: That; the origins of this start's doors, which a later one will ask for; and what to do once all is confirmed.
    private static func lostWindows(
        _ directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ store: SegmentStore,
        _ clock: ClusterClock,
        _ logger: Logger
    ) throws -> (windows: LostWindows, runs: [RunID], recovered: @Sendable () -> Void) {
        let runs = (0..<configuration.threads).map { _ in Self.drawRun() }
        guard configuration.role == .collector else {
            let lost = LostWindows(of: store, configuration.edge)
            lost.log(to: logger)
            return (lost, runs, {})
        }
        let file = DoorRunFile(directory: directory)
        let earlier = try file.earlier()
        let times = FrameTimes(ageMax: configuration.peers.spool.ageMax)
        let lost = LostWindows(of: earlier, in: store, configuration.edge, times)
        lost.log(to: logger)
        let started = clock.now()
        let settled = Set(earlier.map(\.run))
        try file.add(
            runs.map { DoorRunFile.Door(run: $0, started: started) },
            without: settled.subtracting(lost.runs)
        )
        return (
            lost, runs,
            {
                // Not on the event loop that tells it.
                NIOThreadPool.singleton.submit { _ in
                    do { try file.add([], without: settled) } catch {
                        logger.warning(
                            "what earlier starts left open is told, and will be looked at once more",
                            metadata: ["reason": "\(error)"]
                        )
                    }
                }
            }
        )
    }

    /// Binds both doors; their origins are `runs`, as many as there are threads, and drawn where there are fewer.
    static func openDoors(
        _ directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ group: MultiThreadedEventLoopGroup,
        _ guards: DoorGuards,
        sink: any FrameSink,
        runs: [RunID],
        clock: ClusterClock
    ) async throws -> OTLPServer {
        var edge = configuration.edge
        edge.redactor.secret = try self.secret(directory)
        let drawn = Mutex(runs)
        return try await OTLPServer(
            options: OTLPServer.Options(
                http: try self.address(configuration.otlpHTTP),
                grpc: try self.address(configuration.otlpGRPC),
                httpGate: guards.otlpHTTP,
                grpcGate: guards.otlpGRPC,
                limits: configuration.ingest,
                crossOrigin: configuration.crossOrigin
            ),
            edge: edge,
            group: group,
            sink: sink,
            makeRun: { drawn.withLock { $0.popLast() } ?? Self.drawRun() },
            now: { clock.now() }
        )
    }

    static func identity(
        _ configuration: NodeConfiguration,
        run: RunID,
        started: ClusterTime
    ) -> NodeIdentity {
        NodeIdentity(
            hostName: configuration.hostName.isEmpty
                ? ProcessInfo.processInfo.hostName : configuration.hostName,
            hostID: configuration.hostID.isEmpty
                ? HostIdentifier.current(root: configuration.sensors?.root ?? "/") : configuration.hostID,
            version: NodeProcess.version,
            run: run,
            started: started
        )
    }

    static func sensors(
        _ configuration: NodeConfiguration,
        _ identity: NodeIdentity,
        _ clock: ClusterClock,
        _ logger: Logger,
        deliver: @escaping @Sendable ([(series: Series, value: SlotValue)]) -> Void
    ) -> SensorService? {
        configuration.sensors.map { options in
            SensorService(
                options: options,
                interval: configuration.sensorInterval,
                hostID: identity.hostID,
                hostName: identity.hostName,
                clock: clock,
                logger: logger,
                deliver: deliver
            )
        }
    }

    static func drawRun() -> RunID {
        var random = SystemRandomNumberGenerator()
        return RunID(using: &random)
    }

    static func address(_ address: NodeConfiguration.Address) throws -> SocketAddress {
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
