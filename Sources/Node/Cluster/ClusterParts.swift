internal import Cluster
internal import DiskStorage
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
            verifier: ClusterVerifier(
                collector: self.collector,
                store: self.answers.repair,
                now: self.exchange.store.now
            )
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
