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
    let run: RunID
    var sequence: UInt64 = 0
    /// What its disk keeps: not let go yet, oldest first.
    var spool: [FrameID] = []
    /// What brings the frames to the cluster.
    package internal(set) var courier = Courier()
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

    /// Frames that wait for their confirmation.
    package var spooledCount: Int { self.spool.count }
}
