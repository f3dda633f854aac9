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
    /// 0 as written, 1 an hour's, 2 a day's.
    let level: Int
    /// Segments whose place this one took.
    let replaces: [UInt64]
    private let keys: MappedFile
    private let layout: KeyTable.Layout
    private let filter: KeyFilter
    private let database: DatabaseQueue
    private let search = Mutex<SearchView?>(nil)

    /// What a search needs in memory.
    struct SearchView: Sendable {
        var rows: [SearchColumns.Row]
        var names: [String]
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
        self.database = try SearchDatabase.open(path + ".sqlite")
        self.frames = try SearchDatabase.frames(self.database)
        self.indexBytes = self.keys.count + (try File(path + ".sqlite", flags: O_RDONLY).size())
        self.level = try SearchDatabase.fact(self.database, "level").flatMap { Int($0) } ?? 0
        self.replaces = (try SearchDatabase.fact(self.database, "replaces") ?? "").split(separator: " ")
            .compactMap { Hex.value(Array($0.utf8)[...]) }
        var row: UInt32 = 0
        var firstRows: [UInt32] = []
        for frame in self.frames {
            firstRows.append(row)
            if !frame.flags.contains(.journal) { row += UInt32(truncatingIfNeeded: frame.chunkCount) }
        }
        self.firstRows = firstRows
        let first = self.frames.map(\.oldest).min() ?? ClusterTime(nanoseconds: 0)
        self.created = first...(self.frames.map(\.created).max() ?? first)
    }

    /// Places of the frames that may hold a key.
    func frameOffsets(of key: Key) -> [Int] {
        guard self.filter.mayContain(key) else { return [] }
        return self.keys.withBytes { self.layout.frameOffsets(of: key, in: $0) }
    }

    /// Rows, names and posting lists for a search; loaded once and kept until ``forget()``.
    func searchView() throws -> SearchView {
        if let view = self.search.withLock({ $0 }) { return view }
        let view = SearchView(
            rows: try SearchDatabase.columns(self.database).rows,
            names: try SearchDatabase.names(self.database)
        )
        self.search.withLock { $0 = view }
        return view
    }

    /// Gives the memory of ``searchView()`` back.
    func forget() { self.search.withLock { $0 = nil } }

    func chunks(_ term: Term) throws -> [UInt32] { try SearchDatabase.chunks(self.database, term) }

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
