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

    /// The clock of the cluster is waited for so long before the doors open.
    private static let clockPatience = Duration.seconds(1)

    static func open(
        in directory: DataDirectory,
        _ configuration: NodeConfiguration,
        store: SegmentStore,
        totals: RunningTotals,
        run: RunID,
        clock: ClusterClock,
        server: ServerBox,
        credentials: CredentialService,
        logger: Logger
    ) async throws -> CollectorParts {
        let peers = configuration.peers
        let own = credentials.current
        let owner = OwnerFile(directory: directory)
        try owner.bind(own.own.identity, cluster: own.cluster)
        let epoch = try owner.nextEpoch()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let box = CollectorBox()
        let figures = FigureBox()
        let log = StoreLog(store: store, totals: totals)
        let (stop, stopping) = AsyncStream.makeStream(
            of: String.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let (metClock, met) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let collector = try await Collector(
            Collector.Options(
                listen: try NodeParts.address(peers.listen),
                advertised: peers.advertised.isEmpty ? nil : peers.advertised,
                seeds: peers.seeds,
                zone: peers.zone,
                api: configuration.apiURL,
                connectionsMax: peers.connectionsMax,
                times: FrameTimes(ageMax: peers.spool.ageMax)
            ),
            local: LocalPeer(
                cluster: own.cluster,
                identity: own.own.identity,
                run: run,
                placement: peers.placement,
                now: { clock.now() }
            ),
            epoch: epoch,
            tls: credentials.tls,
            group: group,
            duties: Collector.Duties(
                log: log,
                answer: { try await PeerExchange.answer($0, store, figures) },
                keepEpoch: { try owner.keep($0) },
                viewChanged: { server.setGroups(PartitionGroups(of: $0)) },
                stop: { stopping.yield($0) },
                metClock: { ahead in
                    clock.follow(nanosecondsAhead: ahead)
                    met.yield()
                }
            ),
            logger: logger
        )
        box.fill(collector)
        credentials.onChange { collector.judgeAgain() }
        if !peers.seeds.isEmpty { await Self.wait(for: metClock) }
        let exchange = PeerExchange(
            store: store,
            collector: box,
            node: own.own.identity.id,
            logger: logger
        )
        return CollectorParts(
            parts: ClusterParts(
                collector: collector,
                credentials: credentials,
                exchange: exchange,
                cluster: own.cluster,
                figures: figures
            ),
            group: group,
            sink: ClusterSink(
                store: store,
                log: log,
                collector: box,
                acceptsOneCopy: peers.acceptsOneCopy
            ),
            reader: ClusterReader(exchange),
            stop: stop
        )
    }

    static func wait(for stream: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stream { return } }
            group.addTask { try? await Task.sleep(for: Self.clockPatience) }
            await group.next()
            group.cancelAll()
        }
    }
}
