/// A chunk as nodes list it to each other.
package struct ChunkName: Hashable, Sendable {
    /// Its name.
    package var id: ChunkID
    /// When its frame was made, to the millisecond.
    package var created: ClusterTime
    /// Of slots that were rolled up: the chunks that it stands for, whose names are lost; nil for a chunk as made.
    package var stands: ChunkDigest?

    /// A chunk of a name; its creation is kept to the millisecond, as merging keeps it.
    package init(id: ChunkID, created: ClusterTime, stands: ChunkDigest? = nil) {
        self.id = id
        self.created = ClusterTime(nanoseconds: created.nanoseconds / 1_000_000 * 1_000_000)
        self.stands = stands
    }

    /// What it adds to the digest of its bucket.
    package var digest: ChunkDigest { self.stands ?? ChunkDigest(self.id) }
}
