package import Cluster
internal import Telemetry

/// One node: its core while its process runs, and what its disk keeps when it does not.
package struct VirtualNode: Sendable {
    package let number: Int
    package let id: NodeID
    package let zone: String
    /// The core; nil while no process runs.
    package internal(set) var membership: Membership?
    /// What outlives the process.
    package internal(set) var disk = VirtualDisk()
    /// The write path; nil while no process runs.
    var replication: Replication?
    /// Starts of the process.
    var boots: UInt64 = 0
    var scheduledWriteTick: Duration?
    /// When the process began to leave; nil where it does not.
    var leavingSince: Duration?
    /// Whether it starts again once it has left.
    var isToReturn = false
    /// Who waits for an answer, by the sender's number.
    var asked: [UInt64: Question] = [:]
    /// Frames that were sent on, by request.
    var forwards: [UInt64: Forward] = [:]
    /// What comes in at its own door.
    var door: RunID?
    var doorSequence: UInt64 = 0
    /// Frames about which this process said that one node holds them: that is this one, and it owes the others.
    var accepted = FrameSet()
    /// Messages of membership sent since the last check.
    var sentCount = 0
    /// Agents by their connections.
    var guests: [UInt64: Int] = [:]
    /// The newest epoch and incarnation that this process saw of each node, by number.
    var seen: [Int: MemberRecord] = [:]
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

    /// What ends with the process.
    mutating func end() {
        self.membership = nil
        self.replication = nil
        self.isPaused = false
        self.leavingSince = nil
        self.waiting = []
        self.asked = [:]
        self.forwards = [:]
        self.door = nil
        self.doorSequence = 0
        self.accepted = FrameSet()
        self.guests = [:]
        self.seen = [:]
        self.streams = [:]
        self.scheduledTick = nil
        self.scheduledWriteTick = nil
        self.scheduledDial = nil
    }
}
