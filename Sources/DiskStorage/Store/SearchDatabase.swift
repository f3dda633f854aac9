internal import Foundation
internal import GRDB
internal import Storage
internal import Telemetry

/// The SQLite file beside a sealed segment: what is searched.
///
/// Tables: `segment(name, value)` with format and extent; `frame(offset, signal, flags, created, items, chunks,
/// run, sequence)`; `name(id, text)`; `term(field, value, chunks)` with posting lists; `columns(data)` with one row.
enum SearchDatabase {
    static let version = 1

    /// Writes the index of a segment to a path that does not exist yet.
    static func write(_ index: SegmentIndex, to path: String, level: Int, replaces: [UInt64]) throws {
        var configuration = Configuration()
        // The file is written once, beside its name, and renamed when whole: no journal is needed.
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try self.createTables(database)
            try self.fill(database, index)
            let facts = [
                ("version", String(self.version)), ("level", String(level)),
                ("replaces", replaces.map { Hex.text($0) }.joined(separator: " ")),
            ]
            for (name, value) in facts {
                try database.execute(sql: "INSERT INTO segment VALUES (?, ?)", arguments: [name, value])
            }
        }
        try queue.close()
    }

    private static func createTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE segment(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
                CREATE TABLE frame(offset INTEGER PRIMARY KEY, signal INTEGER, flags INTEGER, created INTEGER, oldest INTEGER,
                    items INTEGER, chunks INTEGER, run BLOB, sequence INTEGER);
                CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT);
                CREATE TABLE term(field INTEGER, value TEXT, chunks BLOB, PRIMARY KEY(field, value)) WITHOUT ROWID;
                CREATE TABLE columns(id INTEGER PRIMARY KEY, raw INTEGER, data BLOB);
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
            try terms.execute(arguments: [Int(term.field.rawValue), term.value, Data(postings.bytes)])
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

    /// Opens a finished index for reading; checks its version.
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let version = try queue.read { database in
            try String.fetchOne(database, sql: "SELECT value FROM segment WHERE name = 'version'")
        }
        guard version == String(self.version) else {
            throw StorageFailure(.unknownFormat, "\(path) has index version \(version ?? "none")")
        }
        return queue
    }

    static func frames(_ queue: DatabaseQueue) throws -> [FrameLine] {
        try queue.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT offset, signal, flags, created, items, chunks, run, sequence, oldest FROM frame ORDER BY offset"
            )
            var result: [FrameLine] = []
            while let row = try rows.next() {
                guard let signal = Signal(rawValue: UInt8(truncatingIfNeeded: row[1] as Int)) else { continue }
                let run = Array(row[6] as Data)
                var reader = WireReader(run.raw)
                result.append(
                    FrameLine(
                        offset: row[0],
                        signal: signal,
                        flags: FrameHeader.Flags(rawValue: UInt8(truncatingIfNeeded: row[2] as Int)),
                        created: ClusterTime(nanoseconds: UInt64(bitPattern: row[3] as Int64)),
                        oldest: ClusterTime(nanoseconds: UInt64(bitPattern: row[8] as Int64)),
                        itemCount: row[4],
                        chunkCount: row[5],
                        id: FrameID(
                            run: RunID(high: try reader.fixed64(), low: try reader.fixed64()),
                            sequence: UInt64(bitPattern: row[7] as Int64)
                        )
                    )
                )
            }
            return result
        }
    }

    static func columns(_ queue: DatabaseQueue) throws -> SearchColumns {
        try queue.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT raw, data FROM columns") else {
                throw StorageFailure(.damaged, "an index has no columns")
            }
            let stored = Array(row[1] as Data)
            let raw: Int = row[0]
            guard raw > 0 else { return try SearchColumns(stored.raw) }
            guard let opened = Zstd.decompress(stored.raw, count: raw) else {
                throw StorageFailure(.damaged, "the columns of an index do not decompress")
            }
            return try SearchColumns(opened.raw)
        }
    }

    /// One fact about the segment; nil where it is not there.
    static func fact(_ queue: DatabaseQueue, _ name: String) throws -> String? {
        try queue.read { try String.fetchOne($0, sql: "SELECT value FROM segment WHERE name = ?", arguments: [name]) }
    }

    static func names(_ queue: DatabaseQueue) throws -> [String] {
        try queue.read { try String.fetchAll($0, sql: "SELECT text FROM name ORDER BY id") }
    }

    /// The chunks in which a term occurs; none for a term that does not.
    static func chunks(_ queue: DatabaseQueue, _ term: Term) throws -> [UInt32] {
        let data = try queue.read { database in
            try Data.fetchOne(
                database,
                sql: "SELECT chunks FROM term WHERE field = ? AND value = ?",
                arguments: [Int(term.field.rawValue), term.value]
            )
        }
        return data.map { Postings.chunks(Array($0).raw) } ?? []
    }

    static func values(_ queue: DatabaseQueue, _ field: Term.Field, limit: Int) throws -> [String] {
        try queue.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT value FROM term WHERE field = ? ORDER BY value LIMIT ?",
                arguments: [Int(field.rawValue), limit]
            )
        }
    }
}

/// One frame of a sealed segment, as its index lists it.
struct FrameLine: Sendable {
    var offset: Int
    var signal: Signal
    var flags: FrameHeader.Flags
    var created: ClusterTime
    /// Creation time of its oldest chunk; earlier than `created` only in merged frames.
    var oldest: ClusterTime
    var itemCount: Int
    var chunkCount: Int
    var id: FrameID
}
