internal import Cluster
internal import Telemetry

/// An agent: makes frames, keeps each until it is confirmed, and sends it to the best node it knows to answer.
package struct VirtualAgent: Sendable {
    /// A frame in the spool.
    struct Spooled: Sendable {
        var id: FrameID
        var partition: Int
        /// When it is sent again; nil while it never was.
        var retryAt: Duration?
    }

    package let number: Int
    let run: RunID
    var sequence: UInt64 = 0
    /// Not confirmed yet, oldest first.
    var spool: [Spooled] = []
    /// The cluster as the last answer told it.
    var view: [MemberRecord] = []
    /// Nodes that did not answer lately, and until when they are passed over.
    var avoided: [NodeID: Duration] = [:]
    var scheduledSend: Duration?
    /// Frames it let go of.
    package internal(set) var confirmedCount = 0

    init(_ number: Int, run: RunID) {
        self.number = number
        self.run = run
    }

    /// Frames that wait for their confirmation.
    package var spooledCount: Int { self.spool.count }
}
