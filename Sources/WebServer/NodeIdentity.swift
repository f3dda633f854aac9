package import Telemetry

/// Which process answers.
package struct NodeIdentity: Sendable {
    /// For people.
    package var hostName: String
    /// Stable; the machine id hashed with a key of ours.
    package var hostID: String
    /// The program's.
    package var version: String
    /// Drawn when the process started.
    package var run: RunID
    /// Cluster time of the start.
    package var started: ClusterTime

    /// What the process knows about itself when it starts.
    package init(hostName: String, hostID: String, version: String, run: RunID, started: ClusterTime) {
        self.hostName = hostName
        self.hostID = hostID
        self.version = version
        self.run = run
        self.started = started
    }
}
