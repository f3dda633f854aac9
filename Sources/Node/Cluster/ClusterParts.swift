internal import Cluster
internal import DiskStorage
internal import Logging
internal import OTLPTransport
internal import PeerTransport
internal import Telemetry
internal import WebServer

/// The peers' side of a collector's process.
struct ClusterParts: Sendable {
    let collector: Collector
    /// The credentials in use, and what of them is shared with the cluster.
    let share: CredentialShare
    let exchange: PeerExchange
    /// What other collectors are answered.
    let answers: PeerAnswers
    /// The totals of the whole cluster.
    var aggregates: AggregateService { self.exchange.aggregates }
    /// The cluster's id.
    let cluster: String
    /// What this node says of itself; filled once everything is open.
    let figures: FigureBox

    /// What the API tells about the cluster.
    var status: CollectorStatus {
        CollectorStatus(
            cluster: self.cluster,
            collector: self.collector,
            exchange: self.exchange,
            own: self.figures,
            answers: self.answers,
            verifier: self.verifier
        )
    }

    private var verifier: ClusterVerifier {
        ClusterVerifier(collector: self.collector, store: self.answers.repair, now: self.exchange.store.now)
    }

    /// Takes leave, and waits until other nodes hold everything that this one holds: until nobody is left to take it, or so long as a
    /// stop may take.
    func handOver(_ logger: Logger) async {
        // A node that is alone hands over to nobody, and its own copy has to count to the last.
        guard self.collector.hasCompany else { return }
        self.collector.leave()
        var verifier = self.verifier
        // One that hangs holds up nobody for long.
        verifier.timeoutSeconds = 3
        let (began, limit) = (ContinuousClock.now, Duration.seconds(PeerProtocol.handoverSeconds))
        var lone: UInt64?
        while !Task.isCancelled, verifier.hasKeepers {
            let found = await verifier.handover().lonePartitions
            guard found > 0 else { return }
            if lone == nil {
                logger.info("handing over what only this node holds", metadata: ["partitions": "\(found)"])
            }
            lone = found
            guard ContinuousClock.now - began < limit else { break }
            try? await Task.sleep(for: .milliseconds(250))
        }
        guard let lone, verifier.hasKeepers else { return }
        logger.warning(
            "not everything could be handed over in time; it is out of reach until this node starts again",
            metadata: ["partitions": "\(lone)"]
        )
    }

    /// From now on other nodes, and the API, are told what this node says of itself.
    func tell(of status: ProcessStatus, doors: OTLPServer, meter: LoadMeter) {
        self.figures.fill(
            FigureSource(
                identity: status.identity,
                clock: status.clock,
                store: status.store,
                server: doors,
                meter: meter,
                collector: self.collector,
                credentials: self.share.credentials
            )
        )
    }

    func families() async -> [MetricFamily] {
        let owed = await self.collector.owed()
        return PeerMetrics.collector(self.collector, owed: owed) + PeerMetrics.share(self.share)
            + PeerMetrics.repair(self.collector.repairs) + PeerMetrics.aggregates(self.aggregates)
    }

    func components() async -> [ComponentHealth] {
        let owed = await self.collector.owed()
        return PeerHealth.collector(self.collector, owed: owed)
            + [PeerHealth.repair(self.collector.repairs)] + PeerHealth.share(self.share)
    }
}
