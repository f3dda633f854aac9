internal import Cluster
internal import DiskStorage
internal import HostSensors
internal import OTLPTransport
internal import PeerTransport
internal import Pipeline
internal import Storage
internal import Telemetry
internal import WebServer

/// What an agent says about itself.
struct AgentStatus: NodeStatus {
    let identity: NodeIdentity
    let clock: ClusterClock
    let spool: Spool
    let courier: CourierLoop
    let share: CredentialShare
    let guards: DoorGuards
    let server: OTLPServer
    let sensors: SensorService?
    let ending: EndingService
    let totals: RunningTotals

    func now() -> ClusterTime { self.clock.now() }

    func host() async -> HostSummary? { self.sensors?.summary }

    func families() async -> [MetricFamily] {
        let edge = self.server.accounts
        let counters = self.spool.counters
        var families = OwnMetrics.accounts(edge, spool: counters.accounts)
        families += OwnMetrics.ingest(edge, self.server.gauge)
        families += SpoolMetrics.families(counters, self.courier.status)
        families += PeerMetrics.credentials(self.share.credentials)
        families += PeerMetrics.share(self.share)
        families.append(PeerMetrics.clock(self.clock))
        families += self.guards.families()
        return CommonStatus.families(
            after: families,
            version: self.identity.version,
            totals: self.totals,
            sensors: self.sensors
        )
    }

    func components() async -> [ComponentHealth] {
        let isFull = self.spool.isFull
        var components = [
            ComponentHealth(
                "spool",
                isFull ? .unhealthy : .healthy,
                detail: isFull ? "it is full; telemetry is refused until the cluster takes it" : "",
                isNeededForReadiness: true
            ),
            self.cluster,
        ]
        components += CommonStatus.components(self.server, self.ending)
        components += PeerHealth.credentials(self.share.credentials)
        components += PeerHealth.share(self.share)
        components.append(PeerHealth.clock(self.clock))
        components += self.guards.components()
        if let sensors = self.sensors { components.append(sensors.health) }
        return components
    }

    /// An agent works on without a cluster for as long as its spool has room.
    private var cluster: ComponentHealth {
        let status = self.courier.status
        guard status.connected.isEmpty else { return ComponentHealth("cluster", .healthy) }
        let detail = "no collector is connected; \(status.heldFrames) frames wait in the spool"
        return ComponentHealth(
            "cluster",
            .degraded,
            detail: status.lastProblem.isEmpty ? detail : "\(detail); \(status.lastProblem)"
        )
    }

    func purge(_ purge: Purge) async throws -> PurgeOutcome { PurgeOutcome(items: 0) }

    func seal() async {}

    func merge() async {}

    func scrub() async -> ScrubCounts { ScrubCounts() }

    func backUp(_ order: BackupOrder) async throws -> BackupOutcome {
        throw BackupRefusal(.nothingHere, "an agent stores nothing for good; ask a collector for a backup")
    }
}
