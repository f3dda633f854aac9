package import Cluster
package import Telemetry

/// What repair compares, fills and empties: the own store.
package protocol RepairStore: Sendable {
    /// The oldest minute since the Unix epoch that is kept.
    var floor: UInt32 { get }

    /// ``Tombstones/digest`` of what is deleted for good.
    var purges: UInt64 { get }

    /// Whether nothing is taken in for now, for want of room or because too much waits.
    var isRefusing: Bool { get }

    /// Deletes what is news of it, and takes no such thing any more from now on.
    func bury(_ others: Tombstones)

    /// What this node holds; never below its floor.
    ///
    /// - Throws: Where it cannot be read for now.
    func answer(_ question: RepairQuestion) async throws -> RepairAnswer

    /// Keeps merged frames, one behind the other, that another node gave; nothing of them but what it was asked for.
    func keep(_ frames: [UInt8], asked: [ChunkName]) async -> Repair.Kept

    /// Counts buckets as gone, and removes them by and by; what holds something else than said stays.
    func give(_ spans: [SpanDigest])

    /// Nothing that is still here is given away any more: the cluster has changed.
    func keepAll()
}
