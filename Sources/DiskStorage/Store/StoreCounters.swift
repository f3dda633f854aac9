package import Storage
package import Telemetry

/// What the store counts about itself.
package struct StoreCounters: Equatable, Sendable {
    /// Group commits that succeeded.
    package var commits: UInt64 = 0
    /// Bytes of the frames in them.
    package var committedBytes: UInt64 = 0
    /// Group commits that the disk refused.
    package var failedCommits: UInt64 = 0
    /// Frames whose name belonged to other content, and that were stored under a new one.
    package var clashes: UInt64 = 0
    /// Bytes that were no frame when a log was recovered.
    package var damagedBytes: UInt64 = 0
    /// Frames that could not be read later on; one that is asked for again counts again.
    package var damagedFrames: UInt64 = 0
    /// Index files that turned out damaged while they were read, and were written again.
    package var damagedIndexes: UInt64 = 0
    /// Logs that got their index.
    package var sealedSegments: UInt64 = 0
    /// Segments that are there now, the open one included.
    package var segments: UInt64 = 0
    /// Bytes of all segments and index files now.
    package var bytes: UInt64 = 0
    /// Bytes that wait for a commit now.
    package var queuedBytes: UInt64 = 0
    /// Segments that retention removed.
    package var expiredSegments: UInt64 = 0
    /// Merges that failed; their segments stayed.
    package var failedMerges: UInt64 = 0
    /// When something last failed or was found damaged; nil where nothing was.
    package var lastTrouble: ClusterTime?
    /// Times that segments were replaced by a new one, purges included.
    package var merges: UInt64 = 0
    /// Spans of old uninteresting traces that tail rules left out.
    package var thinnedSpans: UInt64 = 0
    /// Items of other nodes' partitions that went once those held them.
    package var givenItems: UInt64 = 0
    /// Items that were deleted on demand.
    package var purgedItems: UInt64 = 0
    /// What reading everything again found.
    package var scrub = ScrubCounts()
    /// Items that retention removed, by signal.
    package var expiredItems: [Signal: UInt64] = [:]

    /// Nothing counted.
    package init() {}
}
