package import HostSensors
package import Storage
package import Telemetry

/// What the server asks the process about itself.
package protocol NodeStatus: Sendable {
    /// Families for `/metrics`, in the order shown: the program's own, then the host's.
    func families() async -> [MetricFamily]

    /// The state of every component.
    func components() async -> [ComponentHealth]

    /// The host as last sampled; nil before the second sample or where sampling is off.
    func host() async -> HostSummary?

    /// Cluster time.
    func now() -> ClusterTime

    /// Who answers.
    var identity: NodeIdentity { get }

    /// The cluster that this process is a node of; nil where it runs alone.
    var clusterStatus: (any ClusterStatus)? { get }

    /// Totals of the newest closed window without asking another node: of the whole cluster as far as this node knows.
    ///
    /// - Parameter names: Of metrics; empty for all.
    /// - Returns: Nil where no window of the last minutes is known.
    func latestTotals(_ names: Set<String>) async -> WindowTotals?

    /// Deletes for good, on all nodes of a cluster.
    func purge(_ purge: Purge) async throws -> PurgeOutcome

    /// Seals the open log and waits until its index is written.
    func seal() async

    /// Merges everything stored that can be merged, now.
    func merge() async

    /// Reads everything stored again, now, and sets aside what is damaged.
    func scrub() async -> ScrubCounts

    /// Copies everything stored into a folder of this host.
    ///
    /// - Throws: ``BackupRefusal``.
    func backUp(_ order: BackupOrder) async throws -> BackupOutcome

    /// How far a backup has come; nil while none is made.
    var backupProgress: BackupProgress? { get }
}

extension NodeStatus {
    /// A process that runs alone.
    package var clusterStatus: (any ClusterStatus)? { nil }

    /// A process that stores nothing.
    package func latestTotals(_ names: Set<String>) async -> WindowTotals? { nil }

    /// No backup is made.
    package var backupProgress: BackupProgress? { nil }
}
