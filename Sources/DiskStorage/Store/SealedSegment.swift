internal import GRDB
internal import Glibc
internal import Storage
internal import Synchronization
internal import Telemetry

/// A segment that will not change: its file, its mapped key table with the filter in memory, its search index.
final class SealedSegment: Sendable {
    let id: UInt64
    let path: String
    let file: File
    let bytes: Int
    let indexBytes: Int
    let frames: [FrameLine]
    /// The row of each frame's first chunk.
    let firstRows: [UInt32]
    /// Creation times of the first and the last frame.
    let created: ClosedRange<ClusterTime>
    let facts: SegmentFacts
    private let keys: MappedFile
    private let layout: KeyTable.Layout
    private let filter: KeyFilter
    let database: DatabaseQueue
    /// What is compared with other nodes; read when it is first asked for.
    let buckets = Mutex<Buckets?>(nil)

    /// What a search needs in memory.
    struct SearchView: Sendable {
        var rows: [SearchColumns.Row]
    }

    /// Opens the three files of a sealed segment.
    ///
    /// - Throws: Whatever is wrong with them; the caller then builds the index again from the segment.
    init(path: String, id: UInt64) throws {
        self.id = id
        self.path = path
        self.file = try File(path + ".seg", flags: O_RDONLY)
        self.bytes = try self.file.size()
        let keyFile = try File(path + ".keys", flags: O_RDONLY)
        self.keys = try MappedFile(keyFile)
        guard let layout = self.keys.withBytes({ KeyTable.Layout($0) }) else {
            throw StorageFailure(.damaged, "the key table \(path).keys is damaged")
        }
        self.layout = layout
        self.filter = self.keys.withBytes { layout.filter($0) }
        let search = try MappedFile(try File(path + ".sqlite", flags: O_RDONLY))
        guard search.withBytes({ ContentHash.hash64($0) }) == layout.searchChecksum else {
            throw StorageFailure(.damaged, "the search index \(path).sqlite is damaged")
        }
        self.indexBytes = self.keys.count + search.count
        self.database = try SearchDatabase.open(path + ".sqlite")
        self.frames = try SearchDatabase.frames(self.database)
        let database = self.database
        self.facts = try SegmentFacts { try SearchDatabase.fact(database, $0) }
        var row: UInt32 = 0
        var firstRows: [UInt32] = []
        for frame in self.frames {
            firstRows.append(row)
            if !frame.flags.contains(.journal) { row &+= UInt32(truncatingIfNeeded: frame.chunkCount) }
        }
        self.firstRows = firstRows
        let first = self.frames.map(\.oldest).min() ?? ClusterTime(nanoseconds: 0)
        self.created = first...max(first, self.frames.map(\.created).max() ?? first)
        try self.checkLastFrame()
    }

    /// Finds out whether the segment was cut short after its index was written.
    private func checkLastFrame() throws {
        guard let last = self.frames.last else { return }
        let head = try self.file.read(at: last.offset, count: FrameHeader.byteCount)
        var reader = WireReader(head.raw)
        let header = try FrameHeader(from: &reader)
        guard last.offset + header.frameBytes <= self.bytes else {
            throw StorageFailure(.damaged, "the segment \(self.path).seg ends before its last frame")
        }
    }

    /// Places of the frames that may hold a key.
    func frameOffsets(of key: Key) -> [Int] {
        guard self.filter.mayContain(key) else { return [] }
        return self.keys.withBytes { self.layout.frameOffsets(of: key, in: $0) }
    }

    /// The frames that may hold a key.
    func frameLines(of key: Key) -> [FrameLine] {
        self.frameOffsets(of: key).compactMap { self.frame(at: $0) }
    }

    /// Whether a chunk made then may be here; merging keeps milliseconds.
    func mayHold(made time: ClusterTime) -> Bool {
        let millisecond = time.nanoseconds / 1_000_000
        return self.created.lowerBound.nanoseconds / 1_000_000 <= millisecond
            && millisecond <= self.created.upperBound.nanoseconds / 1_000_000
    }

    /// Whether spans of a key are here.
    func holdsSpans(of key: Key) -> Bool {
        self.frameOffsets(of: key).contains { offset in
            self.frame(at: offset)?.signal == .spans
        }
    }

    /// The frame that begins at a place; nil where none does.
    private func frame(at offset: Int) -> FrameLine? {
        var low = 0
        var high = self.frames.count
        while low < high {
            let middle = (low + high) / 2
            if self.frames[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < self.frames.count && self.frames[low].offset == offset ? self.frames[low] : nil
    }

    /// Reads the rows that a search needs; the caller keeps them.
    func searchView() throws -> SearchView {
        SearchView(rows: try SearchDatabase.columns(self.database).rows)
    }

    /// The chunks in which a term occurs, ascending.
    func chunks(_ term: Term) throws -> [UInt32] { try SearchDatabase.chunks(self.database, term) }

    /// The distinct values of a field, sorted, so many at most.
    func values(_ field: Term.Field, limit: Int) throws -> [String] {
        try SearchDatabase.values(self.database, field, limit: limit)
    }

    /// The frame a row belongs to, and the row's number inside it; nil for a row that does not exist.
    func place(of row: UInt32) -> (frame: FrameLine, ordinal: Int)? {
        var low = 0
        var high = self.firstRows.count
        while low < high {
            let middle = (low + high) / 2
            if self.firstRows[middle] <= row { low = middle + 1 } else { high = middle }
        }
        // Journal frames have no rows and share their successor's first row: walk back to the one that owns it.
        var index = low - 1
        while index >= 0, self.frames[index].flags.contains(.journal) { index -= 1 }
        guard index >= 0 else { return nil }
        return (self.frames[index], Int(row - self.firstRows[index]))
    }
}
