package import Telemetry

/// Puts chunks of many frames together into new ones, without changing what any chunk holds.
///
/// Chunks leave in the order they came in; the caller sorts. Their tables and names are brought into the new frame.
package struct MergedFrameBuilder: ~Copyable {
    private let signal: Signal
    private var tables = EnvelopeTable()
    private var names = NameTable()
    private var body = ByteWriter()
    private var entries: [ChunkEntry] = []
    private var origins: [ChunkOrigin] = []
    private var itemCount = 0

    /// An empty builder for chunks of one signal.
    package init(signal: Signal) { self.signal = signal }

    /// Whether no chunk was added since the last seal.
    package var isEmpty: Bool { self.entries.isEmpty }

    /// Bytes gathered, before compression.
    package var rawBytes: Int { self.body.bytes.count + self.tables.byteCount }

    /// Adds one chunk.
    ///
    /// - Throws: Where the payload is not what its frame's index says; then nothing of the chunk was added.
    package mutating func add(_ chunk: MergeChunk, _ payload: FramePayload) throws(WireFailure) {
        var entry = chunk.entry
        let start = self.body.bytes.count
        do throws(WireFailure) { try self.copyItems(of: entry, payload) } catch {
            self.body.bytes.removeLast(self.body.bytes.count - start)
            throw error
        }
        entry.offset = UInt32(truncatingIfNeeded: start)
        entry.length = UInt32(truncatingIfNeeded: self.body.bytes.count - start)
        entry.service = chunk.service.map { self.names.reference($0) } ?? ChunkEntry.noName
        entry.rootName = chunk.rootName.map { self.names.reference($0) } ?? ChunkEntry.noName
        self.entries.append(entry)
        self.origins.append(chunk.origin)
        self.itemCount += Int(entry.itemCount)
    }

    /// Seals what was added into one frame, and starts afresh.
    package mutating func seal(_ id: FrameID, _ compressor: borrowing ZstdCompressor) -> SealedFrame {
        var payload = ByteWriter(reserving: self.rawBytes + 1024)
        for reference in 0..<self.tables.count {
            self.tables.write(UInt32(truncatingIfNeeded: reference + 1), into: &payload)
        }
        let shift = UInt32(truncatingIfNeeded: payload.bytes.count)
        payload.bytes(self.body.bytes.raw)
        for index in self.entries.indices { self.entries[index].offset += shift }
        let header = FrameHeader(
            signal: self.signal,
            flags: [],
            id: id,
            created: ClusterTime(nanoseconds: 0),
            itemCount: self.itemCount,
            chunkCount: self.entries.count,
            tableCount: self.tables.count
        )
        let frame = SealedFrame(
            merged: header,
            self.entries,
            self.names.list,
            origins: self.origins,
            payload: payload.bytes,
            compressor
        )
        self.tables.removeAll()
        self.names.removeAll()
        self.body.bytes.removeAll(keepingCapacity: true)
        self.entries.removeAll(keepingCapacity: true)
        self.origins.removeAll(keepingCapacity: true)
        self.itemCount = 0
        return frame
    }

    private mutating func copyItems(of entry: ChunkEntry, _ payload: FramePayload) throws(WireFailure) {
        let range = Int(entry.offset)..<(Int(entry.offset) + Int(entry.length))
        guard range.upperBound <= payload.bytes.count else {
            throw .lengthBeyondEnd(atByte: range.lowerBound)
        }
        var reader = WireReader(payload.bytes.raw, range)
        while !reader.isAtEnd {
            self.body.varint(UInt64(try self.reference(try reader.varint(), payload)))
            self.body.varint(UInt64(try self.reference(try reader.varint(), payload)))
            let count = try reader.varint()
            self.body.varint(count)
            let items = reader.offset
            for _ in 0..<count { _ = try reader.lengthDelimited() }
            self.body.bytes(payload.bytes.raw.extracting(items..<reader.offset))
        }
    }

    private mutating func reference(_ old: UInt64, _ payload: FramePayload) throws(WireFailure) -> UInt32 {
        guard old > 0 else { return 0 }
        guard old <= UInt64(payload.tables.count) else { throw .invalidTag(atByte: 0) }
        let table = payload.tables[Int(old) - 1]
        return self.tables.reference(payload.bytes[table.range], role: table.role)
    }
}
