package import Telemetry

/// One chunk on its way into a merged frame: what its index said, with names spelled out.
package struct MergeChunk: Sendable {
    package var entry: ChunkEntry
    package var origin: ChunkOrigin
    package var service: String?
    package var rootName: String?

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
