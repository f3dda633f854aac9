internal import Telemetry

/// An item's bytes in the staging area, and where the next one of its chunk is.
struct StagedItem {
    var offset: UInt32
    var length: UInt32
    var resource: UInt32
    var scope: UInt32
    /// The next item of the same chunk; `.max` ends the list.
    var next: UInt32
}

/// A key's items of the frame that is being built: a list through the staged items.
struct StagedChunk {
    var entry: ChunkEntry
    var head: UInt32 = .max
    var tail: UInt32 = .max
    var bytes = 0

    init(key: Key) { self.entry = ChunkEntry(key: key) }

    mutating func note(_ item: NewItem) {
        self.entry.itemCount &+= item.units
        self.entry.firstStart = min(self.entry.firstStart, item.start)
        self.entry.lastEnd = max(self.entry.lastEnd, max(item.start, item.end))
        if item.isError {
            self.entry.errorCount &+= 1
            self.entry.flags.insert(.error)
        }
        if item.isDistinct { self.entry.flags.insert(.distinct) }
        if item.isRoot {
            self.entry.flags.insert(.root)
            self.entry.service = item.service
            self.entry.rootName = item.name
        }
    }

    /// Notes what another frame's chunk of the same key says of items that are staged here.
    ///
    /// - Parameters:
    ///   - other: That chunk, with references of this frame for its names.
    ///   - isFirst: Whether nothing else is in this chunk.
    mutating func merge(_ other: ChunkEntry, isFirst: Bool) {
        self.entry.itemCount &+= other.itemCount
        self.entry.errorCount &+= other.errorCount
        self.entry.firstStart = min(self.entry.firstStart, other.firstStart)
        self.entry.lastEnd = max(self.entry.lastEnd, other.lastEnd)
        self.entry.flags.formUnion(other.flags)
        // As if the items had come one by one: a later root's names take the place of an earlier one's.
        if isFirst || other.flags.contains(.root) { self.entry.service = other.service }
        if other.flags.contains(.root) { self.entry.rootName = other.rootName }
    }
}
