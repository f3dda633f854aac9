internal import Foundation
internal import GRDB
internal import Storage
internal import Telemetry

/// The SQLite file beside a sealed segment: what is searched.
///
/// The tables are described in Storage/Format.md.
enum SearchDatabase {
    /// 1 had neither kinds of operations nor rows of traces.
    static let version = 2

    /// Writes the index of a segment to a path that does not exist yet.
    ///
    /// Buckets that are long older than the newest one are put together to hours; the clock is not asked, which may be wrong
    /// when a process starts.
    static func write(_ index: SegmentIndex, to path: String, facts: SegmentFacts) throws {
        var configuration = Configuration()
        // The file is written once, beside its name, and renamed when whole: no journal is needed.
        configuration.prepareDatabase { database in
            try database.execute(
                sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096"
            )
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try self.createTables(database)
            try self.fill(database, index)
            try self.fillBuckets(database, index)
            for (name, value) in [("version", String(self.version))] + facts.texts {
                try database.execute(sql: "INSERT INTO segment VALUES (?, ?)", arguments: [name, value])
            }
        }
        try queue.close()
    }

    private static func createTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE segment(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
                CREATE TABLE frame(offset INTEGER PRIMARY KEY, signal INTEGER, flags INTEGER, created INTEGER,
                    oldest INTEGER, items INTEGER, chunks INTEGER, run BLOB, sequence INTEGER);
                CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT);
                CREATE TABLE term(field INTEGER, value BLOB, chunks BLOB, PRIMARY KEY(field, value)) WITHOUT ROWID;
                CREATE TABLE columns(id INTEGER PRIMARY KEY, raw INTEGER, data BLOB);
                CREATE TABLE buckets(id INTEGER PRIMARY KEY, data BLOB, partitions BLOB);
                """
        )
    }

    private static func fill(_ database: Database, _ index: SegmentIndex) throws {
        let frames = try database.makeStatement(sql: "INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for place in index.frames {
            let header = place.header
            var run = ByteWriter()
            run.fixed64(header.id.run.high)
            run.fixed64(header.id.run.low)
            try frames.execute(arguments: [
                place.offset, Int(header.signal.rawValue), Int(header.flags.rawValue),
                Int64(bitPattern: header.created.nanoseconds), Int64(bitPattern: header.oldest.nanoseconds),
                Int(header.itemCount), Int(header.chunkCount),
                Data(run.bytes), Int64(bitPattern: header.id.sequence),
            ])
        }
        let names = try database.makeStatement(sql: "INSERT INTO name VALUES (?, ?)")
        for (id, name) in index.names.enumerated() { try names.execute(arguments: [id, name]) }
        let terms = try database.makeStatement(sql: "INSERT OR REPLACE INTO term VALUES (?, ?, ?)")
        for (term, postings) in index.sortedTerms {
            // As bytes: a text with a zero inside, as operations have, would be cut there.
            let value = Data(term.value.utf8)
            try terms.execute(arguments: [Int(term.field.rawValue), value, Data(postings.bytes)])
        }
        let columns = SearchColumns(rows: index.rows).encoded()
        let compressor = ZstdCompressor(level: 3)
        var packed: [UInt8] = []
        let raw = compressor.compress(columns.raw, into: &packed) == nil ? 0 : columns.count
        try database.execute(
            sql: "INSERT INTO columns VALUES (1, ?, ?)",
            arguments: [raw, Data(raw == 0 ? columns : packed)]
        )
    }

    private static func fillBuckets(_ database: Database, _ index: SegmentIndex) throws {
        let newest = index.frames.map(\.header.created.minute).max() ?? 0
        let minute = UInt32(clamping: newest)
        let table = index.buckets.table(hoursBefore: minute - min(minute, BucketTable.minutesKept))
        var partitions = ByteWriter(reserving: index.frames.count * 4)
        for frame in index.frames {
            partitions.fixed16(UInt16(truncatingIfNeeded: frame.partitions.lowerBound))
            partitions.fixed16(UInt16(truncatingIfNeeded: frame.partitions.upperBound))
        }
        try database.execute(
            sql: "INSERT INTO buckets VALUES (1, ?, ?)",
            arguments: [Data(table.encoded), Data(partitions.bytes)]
        )
    }

    /// What the segment's chunks amount to, and the partitions of its frames; nil in an index of an earlier program.
    static func buckets(
        _ queue: DatabaseQueue
    ) throws -> (table: BucketTable, partitions: [ClosedRange<Int>])? {
        try queue.read { database in
            guard try database.tableExists("buckets") else { return nil }
            guard let row = try Row.fetchOne(database, sql: "SELECT data, partitions FROM buckets"),
                let data = Data.fromDatabaseValue(row[0]), let pairs = Data.fromDatabaseValue(row[1])
            else { throw StorageFailure(.damaged, "an index has no buckets") }
            let bytes = Array(pairs)
            var reader = WireReader(bytes.raw)
            var partitions: [ClosedRange<Int>] = []
            while !reader.isAtEnd {
                let (first, last) = (Int(try reader.fixed16()), Int(try reader.fixed16()))
                partitions.append(min(first, last)...max(first, last))
            }
            let encoded = Array(data)
            return (try BucketTable(encoded.raw), partitions)
        }
    }

    /// Opens a finished index for reading; checks its version.
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let version = try self.fact(queue, "version")
        guard version == String(self.version) else {
            throw StorageFailure(.unknownFormat, "\(path) has index version \(version ?? "none")")
        }
        return queue
    }

    /// The frames of the segment, in their order.
    ///
    /// - Throws: `damaged` where a value is missing or of another type: SQLite has no checksums, and GRDB's own
    ///   conversions would end the process.
    static func frames(_ queue: DatabaseQueue) throws -> [FrameLine] {
        try queue.read { database in
            let sql = """
                SELECT offset, signal, flags, created, oldest, items, chunks, run, sequence FROM frame ORDER BY offset
                """
            let rows = try Row.fetchCursor(database, sql: sql)
            var result: [FrameLine] = []
            while let row = try rows.next() {
                guard let line = FrameLine(row) else {
                    throw StorageFailure(.damaged, "frame \(result.count) of an index is damaged")
                }
                result.append(line)
            }
            return result
        }
    }

    static func columns(_ queue: DatabaseQueue) throws -> SearchColumns {
        try queue.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT raw, data FROM columns"),
                let raw = Int.fromDatabaseValue(row[0]), let data = Data.fromDatabaseValue(row[1])
            else { throw StorageFailure(.damaged, "an index has no columns") }
            let stored = Array(data)
            guard raw > 0 else { return try SearchColumns(stored.raw) }
            guard let opened = Zstd.decompress(stored.raw, count: raw) else {
                throw StorageFailure(.damaged, "the columns of an index do not decompress")
            }
            return try SearchColumns(opened.raw)
        }
    }

    /// One fact about the segment; nil where it is not there.
    static func fact(_ queue: DatabaseQueue, _ name: String) throws -> String? {
        try queue.read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT value FROM segment WHERE name = ?",
                arguments: [name]
            )
            return row.flatMap { String.fromDatabaseValue($0[0]) }
        }
    }

    /// The chunks in which a term occurs; none for a term that does not.
    static func chunks(_ queue: DatabaseQueue, _ term: Term) throws -> [UInt32] {
        try queue.read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT chunks FROM term WHERE field = ? AND value = ?",
                arguments: [Int(term.field.rawValue), Data(term.value.utf8)]
            )
            guard let row else { return [] }
            guard let data = Data.fromDatabaseValue(row[0]) else {
                throw StorageFailure(.damaged, "a posting list of an index is damaged")
            }
            return Postings.chunks(Array(data).raw)
        }
    }

    /// The distinct values of a field, sorted, so many at most.
    static func values(_ queue: DatabaseQueue, _ field: Term.Field, limit: Int) throws -> [String] {
        try queue.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT value FROM term WHERE field = ? ORDER BY value LIMIT ?",
                arguments: [Int(field.rawValue), limit]
            )
            return try rows.map { row in
                guard let value = Data.fromDatabaseValue(row[0]) else {
                    throw StorageFailure(.damaged, "a term of an index is damaged")
                }
                return String(decoding: value, as: UTF8.self)
            }
        }
    }
}
