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

    mutating func note(_ item: NewItem, index: UInt32, bytes: Int) {
        self.tail = index
        self.bytes += bytes
        self.entry.itemCount &+= item.units
        self.entry.firstStart = min(self.entry.firstStart, item.start)
        self.entry.lastEnd = max(self.entry.lastEnd, max(item.start, item.end))
        if item.isError {
            self.entry.errorCount &+= 1
            self.entry.flags.insert(.error)
        }
        if item.isRoot {
            self.entry.flags.insert(.root)
            self.entry.service = item.service
            self.entry.rootName = item.name
        }
    }
}
