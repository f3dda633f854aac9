internal import Cluster
internal import PeerTransport
internal import Telemetry
internal import WebServer

/// The peers' side of a collector's process.
struct ClusterParts: Sendable {
    let collector: Collector
    let credentials: CredentialService

    func families() async -> [MetricFamily] {
        let owed = await self.collector.owed()
        return PeerMetrics.credentials(self.credentials) + PeerMetrics.collector(self.collector, owed: owed)
    }

    func components() async -> [ComponentHealth] {
        let owed = await self.collector.owed()
        return PeerHealth.collector(self.collector, owed: owed) + PeerHealth.credentials(self.credentials)
    }
}
