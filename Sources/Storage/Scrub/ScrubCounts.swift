package import Telemetry

/// What re-reading stored bytes found.
package struct ScrubCounts: Equatable, Sendable {
    /// Passes over everything stored that came to their end.
    package var passes: UInt64 = 0
    /// Bytes of frames that were read again.
    package var bytes: UInt64 = 0
    /// Frames that were not what they should be, and were set aside.
    package var damagedFrames: UInt64 = 0
    /// Chunks in them; on a node of a cluster, repair fetches those that another node holds.
    package var damagedChunks: UInt64 = 0
    /// Items in them.
    package var damagedItems: UInt64 = 0
    /// Segments that were written again without what was damaged.
    package var mendedSegments: UInt64 = 0
    /// Segments that could not be read, or not be written again; each time counts.
    package var failures: UInt64 = 0
    /// When the last pass ended; nil before the first.
    package var endedAt: ClusterTime?

    /// Nothing read.
    package init() {}

    /// What came since other counts of the same process.
    package static func - (left: Self, right: Self) -> Self {
        var counts = left
        counts.passes &-= right.passes
        counts.bytes &-= right.bytes
        counts.damagedFrames &-= right.damagedFrames
        counts.damagedChunks &-= right.damagedChunks
        counts.damagedItems &-= right.damagedItems
        counts.mendedSegments &-= right.mendedSegments
        counts.failures &-= right.failures
        return counts
    }
}
