package import Cluster
internal import Telemetry

/// An agent: makes frames, and keeps each until its courier, which is the real one, lets it go.
package struct VirtualAgent: Sendable {
    /// A connection to a node.
    struct Link: Equatable, Sendable {
        /// Tells it from earlier and later ones.
        var stream: UInt64
        var isOpen = false
        /// Frames that were sent over it and not answered.
        var out: Set<FrameID> = []
    }

    let number: Int
    /// Tells its present process from others.
    var run: RunID
    var sequence: UInt64 = 0
    /// What its disk keeps: not let go yet, oldest first; of earlier processes too.
    var spool: [FrameID] = []
    /// What it counts; its journal outlives the process.
    var open: OpenWindow?
    /// By how many nanoseconds its cluster time is ahead.
    var clockOffset: Int64 = 0
    /// Frames it made.
    var madeCount = 0
    /// Whether a process runs.
    package private(set) var isRunning = true
    /// What brings the frames to the cluster; a new one for each process.
    package internal(set) var courier = Courier()
    /// What the nodes tell of each other, as the courier hears it.
    var book = ViewBook()
    /// Connections by number of the node.
    var links: [Int: Link] = [:]
    /// The seed that is asked next, while nobody is known.
    var nextSeed = 0
    var isAskingSeed = false
    var scheduledTick: Duration?
    /// Frames it let go of.
    package internal(set) var confirmedCount = 0

    init(_ number: Int, run: RunID) {
        self.number = number
        self.run = run
    }

    /// The process dies; its disk stays.
    mutating func end() {
        self.isRunning = false
        self.courier = Courier()
        self.book = ViewBook()
        self.links = [:]
        self.scheduledTick = nil
    }

    /// Another process begins.
    mutating func begin(_ run: RunID) {
        self.isRunning = true
        self.run = run
        self.sequence = 0
    }

    /// Frames that wait for their confirmation.
    package var spooledCount: Int { self.spool.count }
}
