package import Cluster
package import Telemetry

/// One node: its core while its process runs, and what its disk keeps when it does not.
package struct VirtualNode: Sendable {
    package let number: Int
    package let id: NodeID
    package let zone: String
    /// The core; nil while no process runs.
    package internal(set) var membership: Membership?
    /// On its disk.
    package internal(set) var epoch: UInt64 = 0
    /// On its disk, safe from a crash.
    package internal(set) var disk: Set<FrameID> = []
    /// The write path; nil while no process runs.
    var replication: Replication?
    /// Starts of the process.
    var boots: UInt64 = 0
    var scheduledWriteTick: Duration?
    package internal(set) var isPaused = false
    /// When the process began.
    var started = Duration.zero
    /// Streams by the number of the other side.
    var streams: [Int: UInt64] = [:]
    var scheduledTick: Duration?
    var scheduledDial: Duration?
    /// Came in while the process stood still.
    var waiting: [World.Event] = []

    init(_ number: Int, zone: String) {
        self.number = number
        self.zone = zone
        self.id = NodeID(number: UInt(number))
    }

    /// Whether a process runs and is scheduled.
    package var isRunning: Bool { self.membership != nil && !self.isPaused }
}
