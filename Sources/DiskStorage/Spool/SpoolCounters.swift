package import Telemetry

/// Why the spool let go of a frame that no cluster confirmed.
package enum SpoolDrop: String, CaseIterable, Sendable {
    /// It was the oldest when the spool was full and ``SpoolOptions/dropsOldest`` was on.
    case full = "spool_full"
    /// It was older than ``SpoolOptions/ageMax``.
    case expired = "spool_expired"
    /// Its file was damaged before it could be sent.
    case damaged = "spool_damaged"
    /// The cluster will never take it.
    case refused
}

/// Where every item of one signal went at stage "spool", since the process started.
///
/// `received + recovered = held + confirmed + journaled + duplicate + writeFailed + dropped`. Items that come from parts
/// into a gathered frame are held before and after, and counted once.
package struct SpoolAccount: Equatable, Sendable {
    /// Taken into the queue.
    package var received: UInt64 = 0
    /// Found unconfirmed in the files of earlier processes.
    package var recovered: UInt64 = 0
    /// In the queue, or on the disk and not yet confirmed.
    package var held: UInt64 = 0
    /// The cluster confirmed them.
    package var confirmed: UInt64 = 0
    /// In journal frames, which are kept for their window and never sent.
    package var journaled: UInt64 = 0
    /// In frames that the spool held already.
    package var duplicate: UInt64 = 0
    /// Refused by the disk; the sender was told.
    package var writeFailed: UInt64 = 0
    /// Let go without a confirmation, by reason.
    package var dropped: [SpoolDrop: UInt64] = [:]
    /// Never taken, because the spool was full, closed, or the disk low; the sender was told.
    ///
    /// Not in the sum.
    package var refused: UInt64 = 0

    /// An account of nothing.
    package init() {}

    /// Whether every item that came in is accounted for.
    package var isClosed: Bool {
        self.received + self.recovered
            == self.held + self.confirmed + self.journaled + self.duplicate + self.writeFailed
            + self.dropped.values.reduce(0, +)
    }
}

/// What the spool counts about itself.
package struct SpoolCounters: Equatable, Sendable {
    /// Where all items went, by signal.
    package var accounts: [Signal: SpoolAccount] = [:]
    /// Frames on the disk that wait for their confirmation now.
    package var heldFrames: UInt64 = 0
    /// Their bytes.
    package var heldBytes: UInt64 = 0
    /// Bytes that count against ``SpoolOptions/bytesMax`` now: all of the files but their headers.
    package var bytes: UInt64 = 0
    /// Files of frames that are there now.
    package var segments: UInt64 = 0
    /// When the frame was made that has waited longest; nil where none waits.
    package var oldest: ClusterTime?
    /// Bytes of frames in memory now: copies of what is held, and the queue.
    package var memoryBytes: UInt64 = 0
    /// Frames that were let go without a confirmation, for whatever reason.
    package var droppedFrames: UInt64 = 0
    /// Group commits that succeeded.
    package var commits: UInt64 = 0
    /// Bytes of the frames in them.
    package var committedBytes: UInt64 = 0
    /// Parts that were taken to be gathered.
    package var parts: UInt64 = 0
    /// Parts that went to the cluster as they are: found at the start, or not to be gathered for a disk that refuses.
    package var bareParts: UInt64 = 0
    /// Frames that were made of others: gathered from parts, or one made anew for another time.
    package var gatheredFrames: UInt64 = 0
    /// Appends of such frames that the disk refused; what they were made of is still held.
    package var failedGatherings: UInt64 = 0
    /// Group commits that the disk refused.
    package var failedCommits: UInt64 = 0
    /// Times that confirmations could not be written down; they are tried again.
    package var failedConfirmations: UInt64 = 0
    /// Bytes that were no frame when a file was recovered.
    package var damagedBytes: UInt64 = 0
    /// When something last failed or was found damaged; nil where nothing was.
    package var lastTrouble: ClusterTime?

    /// Nothing counted.
    package init() {}
}
