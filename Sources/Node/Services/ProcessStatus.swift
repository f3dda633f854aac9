internal import DiskStorage
internal import Foundation
internal import HostSensors
internal import OTLPTransport
internal import Pipeline
internal import Storage
internal import Telemetry
internal import WebServer

/// What the process says about itself.
struct ProcessStatus: NodeStatus {
    let identity: NodeIdentity
    let clock: ClusterClock
    let store: SegmentStore
    let server: OTLPServer
    let sensors: SensorService?
    let ending: EndingService
    let totals: RunningTotals
    let guards: DoorGuards
    /// The credentials in use; nil for a process without any.
    let credentials: CredentialService?
    /// The peers' side; nil for a process without a cluster.
    let cluster: ClusterParts?
    /// What earlier processes left open, and will never be told.
    let givenUp: LostWindows.GivenUp

    var clusterStatus: (any ClusterStatus)? { self.cluster?.status }

    func now() -> ClusterTime { self.clock.now() }

    func host() async -> HostSummary? { self.sensors?.summary }

    func families() async -> [MetricFamily] {
        let edge = self.server.accounts
        var families = OwnMetrics.accounts(edge, self.store.accounts)
        families += OwnMetrics.ingest(edge, self.server.gauge)
        families += OwnMetrics.storage(self.store.counters)
        families.append(OwnMetrics.givenUp(self.givenUp))
        families += self.guards.families()
        if let credentials = self.credentials { families += PeerMetrics.credentials(credentials) }
        if let cluster = self.cluster {
            families += await cluster.families()
            families.append(PeerMetrics.clock(self.clock))
        }
        return CommonStatus.families(
            after: families,
            version: self.identity.version,
            totals: self.totals,
            sensors: self.sensors
        )
    }

    func components() async -> [ComponentHealth] {
        let counters = self.store.counters
        let isDiskLow = self.store.isDiskLow
        var components = [
            ComponentHealth(
                "disk",
                isDiskLow ? .unhealthy : .healthy,
                detail: isDiskLow ? "less free than storage.low_disk_bytes; telemetry is refused" : "",
                isNeededForReadiness: true
            ),
            self.storage(counters),
            ComponentHealth(
                "index",
                self.store.isBehind ? .unhealthy : .healthy,
                detail: self.store.isBehind ? "it is behind what was taken in; telemetry is refused" : "",
                isNeededForReadiness: true
            ),
        ]
        components += CommonStatus.components(self.server, self.ending)
        if let sensors = self.sensors { components.append(sensors.health) }
        components += self.guards.components()
        if let cluster = self.cluster {
            components += await cluster.components()
            components.append(PeerHealth.clock(self.clock))
        }
        if let credentials = self.credentials { components += PeerHealth.credentials(credentials) }
        return components
    }

    func purge(_ purge: Purge) async throws -> PurgeOutcome {
        guard let cluster = self.cluster else {
            return PurgeOutcome(items: try await self.store.purge(purge))
        }
        return try await cluster.exchange.purge(purge)
    }

    func latestTotals(_ names: Set<String>) async -> WindowTotals? {
        guard let cluster = self.cluster else { return await self.store.latestTotals(names) }
        return cluster.aggregates.latest(names)
    }

    func seal() async { await self.store.seal() }

    func merge() async { await self.store.mergeAll() }

    func scrub() async -> ScrubCounts { await self.store.scrubAll() }

    func backUp(_ order: BackupOrder) async throws -> BackupOutcome {
        try await self.store.backUp(order, program: self.identity.version)
    }

    var backupProgress: BackupProgress? { self.store.backupProgress }

    /// Trouble is told for five minutes, and counted for ever.
    private func storage(_ counters: StoreCounters) -> ComponentHealth {
        let recent = self.now().advanced(byNanoseconds: -300_000_000_000)
        let isTroubled = counters.lastTrouble.map { $0 > recent } ?? false
        guard isTroubled else { return ComponentHealth("storage", .healthy) }
        return ComponentHealth("storage", .degraded, detail: Self.troubles(counters).joined(separator: "; "))
    }

    private static func troubles(_ counters: StoreCounters) -> [String] {
        var parts: [String] = []
        if counters.damagedBytes > 0 { parts.append("\(counters.damagedBytes) damaged bytes were set aside") }
        if counters.damagedFrames > 0 { parts.append("\(counters.damagedFrames) frames could not be read") }
        if counters.scrub.damagedFrames > 0 {
            parts.append(
                "a scrub found \(counters.scrub.damagedFrames) damaged frames with \(counters.scrub.damagedItems) items"
            )
        }
        if counters.scrub.failures > 0 {
            parts.append("\(counters.scrub.failures) scrubs of segments failed")
        }
        if counters.failedCommits > 0 { parts.append("\(counters.failedCommits) commits failed") }
        if counters.failedMerges > 0 { parts.append("\(counters.failedMerges) merges failed") }
        return parts
    }
}
