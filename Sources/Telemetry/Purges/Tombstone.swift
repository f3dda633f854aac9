/// A trace that was deleted for good: what was made of it until then is taken from nobody any more.
package struct Tombstone: Hashable, Comparable, Sendable {
    /// The trace's.
    package var key: Key
    /// When it was deleted, to the millisecond; what was made in that millisecond is deleted too.
    package var at: ClusterTime

    /// A deletion; its time is kept to the millisecond, as merging keeps that of chunks.
    package init(_ key: Key, at: ClusterTime) {
        self.key = key
        self.at = ClusterTime(nanoseconds: at.nanoseconds / 1_000_000 * 1_000_000)
    }

    /// What digests add up: XXH3-64 of the key, seeded with the milliseconds.
    package var hash64: UInt64 {
        ContentHash.hash64(self.key.high, self.key.low, seed: self.at.nanoseconds / 1_000_000)
    }

    /// Orders by time, then by key.
    package static func < (left: Self, right: Self) -> Bool { (left.at, left.key) < (right.at, right.key) }
}
