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
    /// What an operator who had it hand over is going to do then; nil where nobody did.
    var draining: Fault.Ending?
    /// What it held when it said that it holds nothing any more.
    var handedOver = FrameSet()
    /// Whether it starts again once it has left.
    var isToReturn = false
    /// What makes its copies whole; nil while no process runs.
    package internal(set) var repair: Repair?
    /// What it knows of totals; nil while no process runs.
    package internal(set) var totals: AggregateGossip?
    var scheduledRepairTick: Duration?
    var scheduledTotalsTick: Duration?
    /// Questions that it asked others, by number.
    var asking: [UInt64: Asking] = [:]
    /// What it gave away and has still on its disk.
    var givenAway = GivenSpans()
    /// Totals of its door that are on their way.
    var unloading: Set<FrameID> = []
    /// Frames that are being written, in the order of their writing.
    var writing: [FrameID] = []
    /// Whether it answers garbage to whoever compares.
    var isLying = false
    /// By how many nanoseconds its wall clock is ahead, and its process' cluster time.
    var wallOffset: Int64 = 0
    var clockOffset: Int64 = 0
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
        self.repair = nil
        self.totals = nil
        self.scheduledRepairTick = nil
        self.scheduledTotalsTick = nil
        self.asking = [:]
        self.givenAway = GivenSpans()
        self.unloading = []
        self.writing = []
        self.isPaused = false
        self.leavingSince = nil
        self.draining = nil
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
