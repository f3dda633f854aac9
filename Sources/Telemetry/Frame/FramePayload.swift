/// The opened payload of a frame: its tables, then its chunks.
package struct FramePayload: Sendable {
    /// One resource or scope.
    package struct Table: Sendable {
        /// What it is.
        package var role: Envelope.Role
        /// Place of the envelope's bytes in ``FramePayload/bytes``.
        package var range: Range<Int>
    }

    /// Tables and chunks, opened.
    package let bytes: [UInt8]
    /// Resources and scopes; a reference of n means `tables[n - 1]`, and 0 means none.
    package let tables: [Table]

    /// Reads the tables at the front.
    ///
    /// - Throws: ``WireFailure`` where they are not whole.
    package init(_ bytes: [UInt8], tableCount: Int) throws(WireFailure) {
        self.bytes = bytes
        var tables: [Table] = []
        var reader = WireReader(bytes.raw)
        for _ in 0..<tableCount {
            let start = reader.offset
            guard let role = Envelope.Role(rawValue: try reader.byte()) else {
                throw .invalidTag(atByte: start)
            }
            tables.append(Table(role: role, range: try reader.lengthDelimited()))
        }
        self.tables = tables
    }

    /// Walks the items of one chunk in order; the ranges lie in ``bytes``.
    package func forEachItem(
        of entry: ChunkEntry,
        _ body: (_ resource: UInt32, _ scope: UInt32, _ item: Range<Int>) throws(WireFailure) -> Void
    ) throws(WireFailure) {
        let start = Int(entry.offset)
        let end = start + Int(entry.length)
        guard end <= self.bytes.count else { throw .lengthBeyondEnd(atByte: start) }
        var reader = WireReader(self.bytes.raw, start..<end)
        while !reader.isAtEnd {
            let place = reader.offset
            let resource = try reader.varint()
            let scope = try reader.varint()
            guard resource <= UInt64(self.tables.count), scope <= UInt64(self.tables.count) else {
                throw .invalidTag(atByte: place)
            }
            for _ in 0..<(try reader.varint()) {
                let item = try reader.lengthDelimited()
                try body(UInt32(resource), UInt32(scope), item)
            }
        }
    }
}

extension FramePayload {
    /// A payload without tables or chunks.
    package static let empty = FramePayload(bytes: [])

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        self.tables = []
    }
}
