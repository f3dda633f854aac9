package import Telemetry

/// What the store counts about itself.
package struct StoreCounters: Equatable, Sendable {
    package var commits: UInt64 = 0
    package var committedBytes: UInt64 = 0
    package var failedCommits: UInt64 = 0
    package var damagedBytes: UInt64 = 0
    package var damagedFrames: UInt64 = 0
    /// Index files that turned out damaged while they were read, and were written again.
    package var damagedIndexes: UInt64 = 0
    package var sealedSegments: UInt64 = 0
    package var segments: UInt64 = 0
    package var bytes: UInt64 = 0
    package var queuedBytes: UInt64 = 0
    package var expiredSegments: UInt64 = 0
    package var merges: UInt64 = 0
    /// Spans of old uninteresting traces that tail rules left out.
    package var thinnedSpans: UInt64 = 0
    package var purgedItems: UInt64 = 0
    package var expiredItems: [Signal: UInt64] = [:]

    package init() {}
}
