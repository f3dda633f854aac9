package import Telemetry

/// The rows of a sealed segment as columns, the way its index file keeps them.
///
/// Layout, little-endian, compressed as a whole: 0 version u16 · varint row count · varint base start · then column by
/// column over all rows: varint start − base, varint duration, varint items, varint errors, varint flags, varint
/// service + 1, varint root name + 1, varint rows back to the trace's first, byte signal. Which frame a row belongs to
/// follows from the frames' chunk counts.
package struct SearchColumns: Equatable, Sendable {
    /// The version that is written, and the only one that is read.
    package static let version: UInt16 = 2

    /// What a search compares of one chunk without opening its frame.
    ///
    /// Where several chunks of spans belong to one trace, the first one's row stands for all of them: its times, counts
    /// and flags are the trace's, as far as it lies in this segment.
    package struct Row: Equatable, Sendable {
        /// Stands for no service and no name.
        package static let noName = UInt32.max

        /// What the chunk holds.
        package var signal: Signal
        /// Of the chunk's index entry.
        package var flags: ChunkEntry.Flags
        /// Earliest start of an item, nanoseconds since the Unix epoch.
        package var firstStart: UInt64
        /// Nanoseconds from the first start to the last end.
        package var duration: UInt64
        /// Items in the chunk.
        package var itemCount: UInt32
        /// Items that failed.
        package var errorCount: UInt32
        /// Index into the segment's names; ``noName`` for none.
        package var service: UInt32
        /// The same of the root's name.
        package var rootName: UInt32
        /// The row that stands for the spans of the key: the first of them, or the row itself where none came before.
        package var trace: UInt32

        /// Nanoseconds since the Unix epoch.
        package var lastEnd: UInt64 { self.firstStart &+ self.duration }

        /// Takes in a later chunk of the same trace.
        mutating func widen(by row: Row) {
            let end = max(self.lastEnd, row.lastEnd)
            self.firstStart = min(self.firstStart, row.firstStart)
            self.duration = end - self.firstStart
            self.flags.formUnion(row.flags)
            self.itemCount = self.itemCount &+ row.itemCount
            self.errorCount = self.errorCount &+ row.errorCount
        }
    }

    /// One per chunk, in the order of the segment.
    package var rows: [Row]

    /// Columns of these rows.
    package init(rows: [Row]) { self.rows = rows }

    /// The columns as the index file has them, before compression.
    package func encoded() -> [UInt8] {
        let base = self.rows.lazy.map(\.firstStart).min() ?? 0
        var writer = ByteWriter(reserving: self.rows.count * 16 + 16)
        writer.fixed16(Self.version)
        writer.varint(UInt64(self.rows.count))
        writer.varint(base)
        for row in self.rows { writer.varint(row.firstStart &- base) }
        for row in self.rows { writer.varint(row.duration) }
        for row in self.rows { writer.varint(UInt64(row.itemCount)) }
        for row in self.rows { writer.varint(UInt64(row.errorCount)) }
        for row in self.rows { writer.varint(UInt64(row.flags.rawValue)) }
        for row in self.rows { writer.varint(UInt64(row.service &+ 1)) }
        for row in self.rows { writer.varint(UInt64(row.rootName &+ 1)) }
        for (index, row) in self.rows.enumerated() { writer.varint(UInt64(index) &- UInt64(row.trace)) }
        for row in self.rows { writer.byte(row.signal.rawValue) }
        return writer.bytes
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``WireFailure`` for another version, and where the bytes are too few or mean nothing.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.fixed16() == Self.version else { throw .invalidTag(atByte: 0) }
        let count = try reader.varint()
        // A row takes at least nine bytes.
        guard count <= UInt64(bytes.byteCount / 9) else { throw .tooMany(atByte: reader.offset) }
        let base = try reader.varint()
        var rows = Array(
            repeating: Row(
                signal: .spans,
                flags: [],
                firstStart: 0,
                duration: 0,
                itemCount: 0,
                errorCount: 0,
                service: 0,
                rootName: 0,
                trace: 0
            ),
            count: Int(count)
        )
        for index in rows.indices { rows[index].firstStart = base &+ (try reader.varint()) }
        for index in rows.indices { rows[index].duration = try reader.varint() }
        for index in rows.indices { rows[index].itemCount = UInt32(truncatingIfNeeded: try reader.varint()) }
        for index in rows.indices { rows[index].errorCount = UInt32(truncatingIfNeeded: try reader.varint()) }
        for index in rows.indices {
            rows[index].flags = ChunkEntry.Flags(rawValue: UInt16(truncatingIfNeeded: try reader.varint()))
        }
        for index in rows.indices {
            rows[index].service = UInt32(truncatingIfNeeded: try reader.varint()) &- 1
        }
        for index in rows.indices {
            rows[index].rootName = UInt32(truncatingIfNeeded: try reader.varint()) &- 1
        }
        for index in rows.indices {
            let back = try reader.varint()
            guard back <= UInt64(index) else { throw .invalidTag(atByte: reader.offset) }
            rows[index].trace = UInt32(truncatingIfNeeded: UInt64(index) - back)
        }
        for index in rows.indices {
            guard let signal = Signal(rawValue: try reader.byte()) else {
                throw .invalidTag(atByte: reader.offset)
            }
            rows[index].signal = signal
        }
        self.rows = rows
    }
}
