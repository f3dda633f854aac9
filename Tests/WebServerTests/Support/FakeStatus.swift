import DiskStorage
import HostSensors
import Storage
import Telemetry
import WebServer

/// What a process would say about itself, set by the test; what rewrites goes to a real store.
struct FakeStatus: NodeStatus {
    var store: SegmentStore?
    var shownFamilies: [MetricFamily] = []
    var shownComponents: [ComponentHealth] = []
    var shownHost: HostSummary?
    var shownCluster: FakeCluster?
    var shownBackup: BackupProgress?
    /// Instead of what the store has.
    var shownTotals: WindowTotals?

    let identity = NodeIdentity(
        hostName: "host-1",
        hostID: TelemetryFixture.hostID,
        version: "1.2.3",
        run: RunID(high: 5, low: 6),
        started: ClusterTime(nanoseconds: 1_699_999_000_000_000_000)
    )

    init(_ store: SegmentStore? = nil) { self.store = store }

    var clusterStatus: (any ClusterStatus)? { self.shownCluster }

    func families() async -> [MetricFamily] { self.shownFamilies }

    func components() async -> [ComponentHealth] { self.shownComponents }

    func host() async -> HostSummary? { self.shownHost }

    func now() -> ClusterTime { TelemetryFixture.now }

    func purge(_ purge: Purge) async throws -> PurgeOutcome {
        switch purge {
        case .before(let time): PurgeOutcome(items: try await self.store?.purge(before: time) ?? 0)
        case .trace(let id): PurgeOutcome(items: try await self.store?.purge(trace: id) ?? 0)
        }
    }

    func latestTotals(_ names: Set<String>) async -> WindowTotals? {
        if let totals = self.shownTotals {
            let lines = totals.lines.filter { names.isEmpty || names.contains($0.series.name) }
            return WindowTotals(window: totals.window, lines: lines)
        }
        return await self.store?.latestTotals(names)
    }

    func seal() async { await self.store?.seal() }

    func merge() async { await self.store?.mergeAll() }

    func scrub() async -> ScrubCounts { await self.store?.scrubAll() ?? ScrubCounts() }

    func backUp(_ order: BackupOrder) async throws -> BackupOutcome {
        guard let store = self.store else { throw BackupRefusal(.nothingHere, "nothing is stored here") }
        return try await store.backUp(order, program: "1.2.3")
    }

    var backupProgress: BackupProgress? { self.shownBackup }

    /// This machine, sampled twice at once.
    static func sampledHost() -> HostSummary {
        var sampler = HostSampler(options: HostSensorOptions(topProcesses: 3))
        let first = sampler.sample(at: HostSampler.now())
        return HostSummary(of: sampler.sample(at: HostSampler.now()), since: first)
    }
}
