package import HostSensors
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

    /// Deletes for good; gives how many items went.
    func purge(_ purge: Purge) async throws -> UInt64

    /// Seals the open log and waits until its index is written.
    func seal() async

    /// Merges everything stored that can be merged, now.
    func merge() async
}

/// What is to be deleted.
package enum Purge: Equatable, Sendable {
    /// Everything whose frames were made before.
    case before(ClusterTime)
    case trace(TraceID)
}

/// Which process answers.
package struct NodeIdentity: Sendable {
    package var hostName: String
    package var hostID: String
    package var version: String
    package var run: RunID
    package var started: ClusterTime

    package init(hostName: String, hostID: String, version: String, run: RunID, started: ClusterTime) {
        self.hostName = hostName
        self.hostID = hostID
        self.version = version
        self.run = run
        self.started = started
    }
}

/// How one part of the process does.
package struct ComponentHealth: Equatable, Sendable {
    package enum State: String, Sendable {
        case healthy
        /// It works, and something about it needs a person.
        case degraded
        /// It does not do its work.
        case unhealthy
    }

    package var name: String
    package var state: State
    /// What is the matter; empty while healthy.
    package var detail: String
    /// Whether the process cannot take telemetry while this is unhealthy.
    package var isNeededForReadiness: Bool

    package init(_ name: String, _ state: State, detail: String = "", isNeededForReadiness: Bool = false) {
        self.name = name
        self.state = state
        self.detail = detail
        self.isNeededForReadiness = isNeededForReadiness
    }
}
