package import Telemetry

/// One chunk on its way into a merged frame: what its index said, with names spelled out.
package struct MergeChunk: Sendable {
    /// Its index entry; place and names are those of the frame it comes from.
    package var entry: ChunkEntry
    /// The frame it was made in.
    package var origin: ChunkOrigin
    /// The name that the entry's service pointed to.
    package var service: String?
    /// The name that the entry's root name pointed to.
    package var rootName: String?

    /// Its name, and what it stands for.
    package var name: ChunkName {
        ChunkName(
            id: ChunkID(frame: self.origin.frame, key: self.entry.key),
            created: self.origin.created,
            stands: self.origin.stands
        )
    }

    /// Takes the description of a chunk out of its frame's index.
    package init(_ frame: Frame, entry index: Int) {
        self.entry = frame.entries[index]
        self.origin = frame.origin(ofEntry: index)
        self.service = frame.name(self.entry.service)
        self.rootName = frame.name(self.entry.rootName)
    }

    /// Merged frames are ordered so: by partition, key, and origin.
    package static func precedes(_ left: MergeChunk, _ right: MergeChunk) -> Bool {
        let leftPartition = left.entry.key.partition
        let rightPartition = right.entry.key.partition
        guard leftPartition == rightPartition else { return leftPartition < rightPartition }
        guard left.entry.key == right.entry.key else { return left.entry.key < right.entry.key }
        return left.origin.frame < right.origin.frame
    }
}
