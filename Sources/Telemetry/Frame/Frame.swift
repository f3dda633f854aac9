/// A whole frame that was read and checked: header, index and names; the payload stays compressed until asked.
package struct Frame: Sendable {
    /// What the first bytes say.
    package let header: FrameHeader
    /// Sorted by key; in a merged frame by partition, then key.
    package let entries: [ChunkEntry]
    /// What the entries' `service` and `rootName` point to.
    package let names: [String]
    /// Where each chunk of a merged frame came from; empty for others, whose chunks share the header's id.
    package let origins: [ChunkOrigin]

    /// A frame whose parts are known.
    package init(header: FrameHeader, entries: [ChunkEntry], names: [String], origins: [ChunkOrigin] = []) {
        self.header = header
        self.entries = entries
        self.names = names
        self.origins = origins
    }

    /// The frame that a chunk was made in.
    package func origin(ofEntry index: Int) -> ChunkOrigin {
        index < self.origins.count
            ? self.origins[index] : ChunkOrigin(frame: self.header.id, created: self.header.created)
    }

    /// The name of a chunk, and what it stands for.
    package func chunkName(ofEntry index: Int) -> ChunkName {
        let origin = self.origin(ofEntry: index)
        return ChunkName(
            id: ChunkID(frame: origin.frame, key: self.entries[index].key),
            created: origin.created,
            stands: origin.stands
        )
    }

    /// Reads the frame at a place and checks its checksum; `bytes` may go on behind it.
    ///
    /// - Throws: ``FrameFailure`` where no whole frame of a known version begins there.
    package init(_ bytes: RawSpan, at offset: Int = 0) throws(FrameFailure) {
        guard offset >= 0, offset <= bytes.byteCount else { throw .truncated(atByte: offset) }
        var reader = WireReader(bytes, offset..<bytes.byteCount)
        let header = try FrameHeader(from: &reader)
        let end = reader.offset + Int(header.indexBytes) + Int(header.payloadBytes)
        guard end <= bytes.byteCount else { throw .truncated(atByte: offset) }
        let content = reader.offset..<end
        guard ContentHash.hash64(bytes.extracting(content)) == header.contentChecksum else {
            throw .damaged(atByte: offset)
        }
        self.header = header
        reader.end = reader.offset + Int(header.indexBytes)
        do throws(WireFailure) {
            if header.flags.contains(.merged) {
                let packed = bytes.extracting(reader.offset..<reader.end)
                guard let raw = Zstd.decompress(packed, count: Int(header.indexRawBytes)) else {
                    throw WireFailure.truncated(atByte: offset)
                }
                let index = try MergedIndex(raw.raw, chunkCount: Int(header.chunkCount))
                (self.entries, self.names, self.origins) = (index.entries, index.names, index.origins)
            } else {
                (self.entries, self.names) = try Self.index(header, &reader)
                self.origins = []
            }
        } catch { throw .damaged(atByte: offset) }
    }

    /// The name an entry points to; nil for none.
    package func name(_ reference: UInt16) -> String? {
        Int(reference) < self.names.count ? self.names[Int(reference)] : nil
    }

    /// The entries of one key: at most one in a frame as made, several in a merged one.
    package func entries(of key: Key) -> ArraySlice<ChunkEntry> {
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.precedes(self.entries[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < self.entries.count, self.entries[end].key == key { end += 1 }
        return self.entries[low..<end]
    }

    private func precedes(_ left: Key, _ right: Key) -> Bool {
        guard self.header.flags.contains(.merged) else { return left < right }
        let (leftPartition, rightPartition) = (left.partition, right.partition)
        return leftPartition == rightPartition ? left < right : leftPartition < rightPartition
    }

    /// The payload, decompressed, of the frame that stands at a place in the bytes.
    package func payload(_ bytes: RawSpan, at offset: Int = 0) throws(FrameFailure) -> FramePayload {
        guard offset >= 0, offset <= bytes.byteCount else { throw .truncated(atByte: offset) }
        let start = offset + FrameHeader.byteCount + Int(self.header.indexBytes)
        let stored = start..<start + Int(self.header.payloadBytes)
        guard stored.upperBound <= bytes.byteCount else { throw .truncated(atByte: offset) }
        let isColumns = self.header.flags.contains(.columns)
        let count = Int(isColumns ? self.header.columnBytes : self.header.payloadRawBytes)
        var raw: [UInt8]
        if self.header.flags.contains(.zstd) {
            guard let opened = Zstd.decompress(bytes.extracting(stored), count: count) else {
                throw .damaged(atByte: offset)
            }
            raw = opened
        } else {
            raw = bytes.array(stored)
        }
        if isColumns {
            do throws(WireFailure) {
                raw = try SpanColumns.join(
                    raw,
                    entries: self.entries,
                    tableCount: Int(self.header.tableCount),
                    count: Int(self.header.payloadRawBytes)
                )
            } catch { throw .damaged(atByte: offset) }
        }
        do throws(WireFailure) {
            return try FramePayload(raw, tableCount: Int(self.header.tableCount))
        } catch { throw .damaged(atByte: offset) }
    }

    private static func index(
        _ header: FrameHeader,
        _ reader: inout WireReader
    ) throws(WireFailure) -> ([ChunkEntry], [String]) {
        var entries: [ChunkEntry] = []
        entries.reserveCapacity(Int(header.chunkCount))
        for _ in 0..<header.chunkCount {
            let place = reader.offset
            let entry = try ChunkEntry(from: &reader)
            // Each key once: a chunk is known by its frame and its key.
            if let last = entries.last, last.key >= entry.key { throw .invalidTag(atByte: place) }
            entries.append(entry)
        }
        var names: [String] = []
        for _ in 0..<(try reader.fixed16()) { names.append(try reader.text()) }
        return (entries, names)
    }
}
