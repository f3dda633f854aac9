internal import Cluster
internal import DiskStorage
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import PKI
internal import PeerTransport
internal import Pipeline
internal import ServiceLifecycle
internal import Telemetry
internal import WebServer

/// What an agent is made of, opened in order: credentials, spool, courier, doors, sensors.
enum AgentParts {
    /// Recovers what the spool holds, connects, and opens the doors.
    ///
    /// - Throws: `PKIFailure` of the credentials, `StorageFailure` of the directory, `IOError` of an address.
    static func open(
        in directory: DataDirectory,
        _ configuration: NodeConfiguration,
        _ logger: Logger
    ) async throws -> RunningParts {
        let peers = configuration.peers
        let credentials = try CredentialService(files: peers.credentials, role: .agent, logger: logger)
        let guards = try DoorGuards.open(configuration.doors, credentials: credentials, logger: logger)
        let own = credentials.current
        try OwnerFile(directory: directory).bind(own.own.identity, cluster: own.cluster)
        let clock = ClusterClock()
        let run = NodeParts.drawRun()
        let spool = try Spool(
            directory: directory,
            options: peers.spool,
            run: run,
            logger: logger,
            now: { clock.now() }
        )
        let server = ServerBox()
        let share = CredentialShare(credentials: credentials, tokens: guards.tokens, logger: logger)
        let sending = try await Self.send(spool, configuration, share, clock, run, server, logger)
        let (totals, ending) = (RunningTotals(), EndingService(store: nil))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let doors = try await NodeParts.openDoors(
            directory,
            Self.withParts(configuration),
            group,
            guards,
            sink: SpoolSink(spool: spool, totals: totals),
            runs: [],
            clock: clock
        )
        server.fill(doors)
        doors.recover([], Self.lostWindows(spool, configuration))
        if let view = sending.courier.status.view { doors.setGroups(PartitionGroups(of: view)) }
        let identity = NodeParts.identity(configuration, run: run, started: clock.now())
        let sensors = NodeParts.sensors(configuration, identity, clock, logger) { doors.add($0) }
        let status = AgentStatus(
            identity: identity,
            clock: clock,
            spool: spool,
            courier: sending.courier,
            share: share,
            guards: guards,
            server: doors,
            sensors: sensors,
            ending: ending,
            totals: totals
        )
        var services: [any Service] = [
            credentials,
            sending.service(doors, spool, group),
            SpoolService(spool: spool, parcels: sending.parcels, courier: sending.courier),
            ProgramPagesService(),
        ]
        services += guards.services
        if let sensors { services.append(sensors) }
        return RunningParts(
            status: status,
            server: doors,
            guards: guards,
            credentials: credentials,
            pulse: Pulse(of: [group, sending.group]) { spool.touch($0) },
            ending: ending,
            services: services
        )
    }

    /// What brings frames to the cluster.
    private struct Sending {
        var courier: CourierLoop
        var parcels: SpoolParcels
        var gathering: PartGathering
        var group: MultiThreadedEventLoopGroup

        func service(
            _ server: OTLPServer,
            _ spool: Spool,
            _ doors: MultiThreadedEventLoopGroup
        ) -> AgentService {
            AgentService(
                server: server,
                gathering: self.gathering,
                spool: spool,
                courier: self.courier,
                groups: [doors, self.group]
            )
        }
    }

    /// The configuration of doors whose small frames are gathered.
    private static func withParts(_ configuration: NodeConfiguration) -> NodeConfiguration {
        var configuration = configuration
        configuration.edge.partBytesMax = EdgeOptions.agentPartBytes
        return configuration
    }

    /// Begins to look for the cluster, and to bring it what the spool holds.
    private static func send(
        _ spool: Spool,
        _ configuration: NodeConfiguration,
        _ share: CredentialShare,
        _ clock: ClusterClock,
        _ run: RunID,
        _ server: ServerBox,
        _ logger: Logger
    ) async throws -> Sending {
        let now: @Sendable () -> ClusterTime = { clock.now() }
        let (credentials, own) = (share.credentials, share.credentials.current)
        let parcels = SpoolParcels(spool: spool, run: NodeParts.drawRun(), now: now, logger: logger)
        let meeting = ClockMeeting(clock, logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let gathering = PartGathering(
            spool: spool,
            gatherer: Gatherer(
                run: NodeParts.drawRun(),
                compressionLevel: configuration.edge.compressionLevel
            ),
            timers: loop,
            logger: logger
        )
        let courier = try await CourierLoop(
            on: loop,
            local: LocalPeer(
                cluster: own.cluster,
                identity: own.own.identity,
                run: run,
                placement: nil,
                frameVersion: configuration.peers.frameVersion,
                now: now
            ),
            seeds: configuration.peers.seeds,
            dialer: PeerDialer(tls: credentials.tls),
            store: parcels,
            viewChanged: { view in
                let groups = PartitionGroups(of: view)
                server.setGroups(groups)
                gathering.setGroups(groups)
            },
            metClock: { ahead in spool.moveClock(by: ahead) { meeting.meet(nanosecondsAhead: ahead) } },
            credentials: share,
            logger: logger
        )
        credentials.onJudgment { [tls = credentials.tls] in courier.judgeAgain(tls) }
        share.onChange { courier.credentialsChanged() }
        await meeting.wait()
        let held = spool.follow({ courier.add(parcels.note($0)) }, parts: { gathering.note($0) })
        courier.add(parcels.note(held))
        return Sending(courier: courier, parcels: parcels, gathering: gathering, group: group)
    }

    /// Slots of windows that an earlier process could not close.
    private static func lostWindows(
        _ spool: Spool,
        _ configuration: NodeConfiguration
    ) -> [(run: RunID, slots: [Slot])] {
        let newest = spool.newest
        let minuteAgo = newest.advanced(byNanoseconds: -60_000_000_000)
        var rebuilder = WindowRebuilder(options: configuration.edge, from: minuteAgo)
        spool.forEachFrame(since: minuteAgo) { frame, payload in rebuilder.add(frame, payload) }
        return rebuilder.missing()
    }
}
