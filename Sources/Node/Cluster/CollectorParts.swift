internal import Cluster
internal import DiskStorage
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import PKI
internal import PeerTransport
internal import Pipeline
internal import Storage
internal import Telemetry

/// A collector's peers, put together around its store.
struct CollectorParts {
    let parts: ClusterParts
    let group: MultiThreadedEventLoopGroup
    let sink: ClusterSink
    let reader: any TelemetryReader
    /// Gives the reason why the process has to stop, if it ever has.
    let stop: AsyncStream<String>

    static func open(
        in directory: DataDirectory,
        _ configuration: NodeConfiguration,
        store: SegmentStore,
        totals: RunningTotals,
        run: RunID,
        clock: ClusterClock,
        server: ServerBox,
        credentials: CredentialService?,
        tokens: TokenService?,
        logger: Logger
    ) async throws -> CollectorParts? {
        guard configuration.role == .collector, let credentials else { return nil }
        let (peers, own) = (configuration.peers, credentials.current)
        let owner = OwnerFile(directory: directory)
        let epoch = try owner.begin(as: own.own.identity, of: own.cluster)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (box, figures) = (CollectorBox(), FigureBox())
        let aggregates = AggregateService(of: store, seed: run.low, collector: box, logger: logger)
        let log = StoreLog(store: store, totals: totals) { aggregates.kept($0) }
        let (stop, stopping) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        let share = CredentialShare(credentials: credentials, tokens: tokens, logger: logger)
        let meeting = ClockMeeting(clock, logger)
        let repair = StoreRepair(store: store, aggregates: aggregates)
        let answers = PeerAnswers(repair: repair, figures: figures, collector: box)
        var duties = Self.duties(log, answers, owner)
        duties.credentials = share
        duties.stop = { stopping.yield($0) }
        duties.metClock = { meeting.meet(nanosecondsAhead: $0) }
        duties.viewChanged = { view in
            server.setGroups(PartitionGroups(of: view))
            aggregates.viewChanged(view, local: own.own.identity.node)
        }
        let collector = try await Collector(
            try Self.options(configuration),
            local: Self.local(own, run, try owner.placement() ?? peers.placement, peers.frameVersion, clock),
            epoch: epoch,
            tls: credentials.tls,
            group: group,
            duties: duties,
            logger: logger
        )
        box.fill(collector)
        credentials.onJudgment { collector.judgeAgain() }
        share.onChange { collector.credentialsChanged() }
        store.keepWhole { [weak collector] in collector?.namesNotSettled() ?? [] }
        if !peers.seeds.isEmpty { await meeting.wait() }
        aggregates.begin(as: own.own.identity.node) { collector.view }
        let exchange = PeerExchange(
            store: store,
            aggregates: aggregates,
            collector: box,
            node: own.own.identity.id,
            logger: logger
        )
        return CollectorParts(
            parts: ClusterParts(
                collector: collector,
                share: share,
                exchange: exchange,
                answers: answers,
                cluster: own.cluster,
                figures: figures
            ),
            group: group,
            sink: Self.sink(log, box, peers),
            reader: ClusterReader(exchange),
            stop: stop
        )
    }

    private static func sink(
        _ log: StoreLog,
        _ collector: CollectorBox,
        _ peers: PeerConfiguration
    ) -> ClusterSink {
        ClusterSink(
            store: log.store,
            log: log,
            collector: collector,
            acceptsOneCopy: peers.acceptsOneCopy,
            times: FrameTimes(ageMax: peers.spool.ageMax)
        )
    }

    /// What the process does for the peers' side, but for what changes with the view and ends the process.
    private static func duties(
        _ log: StoreLog,
        _ answers: PeerAnswers,
        _ owner: OwnerFile
    ) -> Collector.Duties {
        Collector.Duties(
            log: log,
            answer: { try await answers.answer($0) },
            repair: answers.repair,
            keepEpoch: { try owner.keep($0) },
            keepPlacement: { try owner.keep($0) },
            viewChanged: { _ in },
            stop: { _ in },
            metClock: { _ in }
        )
    }

    private static func local(
        _ own: Credentials,
        _ run: RunID,
        _ placement: PlacementParameters,
        _ frameVersion: UInt16,
        _ clock: ClusterClock
    ) -> LocalPeer {
        LocalPeer(
            cluster: own.cluster,
            identity: own.own.identity,
            run: run,
            placement: placement,
            frameVersion: frameVersion,
            now: { clock.now() }
        )
    }

    private static func options(_ configuration: NodeConfiguration) throws -> Collector.Options {
        let peers = configuration.peers
        var options = Collector.Options(
            listen: try NodeParts.address(peers.listen),
            advertised: peers.advertised.isEmpty ? nil : peers.advertised,
            seeds: peers.seeds,
            zone: peers.zone,
            api: configuration.apiURL,
            connectionsMax: peers.connectionsMax,
            times: FrameTimes(ageMax: peers.spool.ageMax)
        )
        options.repair.bytesPerSecond = peers.repairBytesPerSecond
        return options
    }
}

extension CollectorParts? {
    /// Event loops that end with the process.
    var groups: [MultiThreadedEventLoopGroup] { self.map { [$0.group] } ?? [] }
}
