/// A whole frame that was read and checked: header, index and names; the payload stays compressed until asked.
package struct Frame: Sendable {
    package let header: FrameHeader
    /// Sorted by key.
    package let entries: [ChunkEntry]
    /// What the entries' `service` and `rootName` point to.
    package let names: [String]

    package init(header: FrameHeader, entries: [ChunkEntry], names: [String]) {
        self.header = header
        self.entries = entries
        self.names = names
    }

    /// Reads the frame at a place and checks its checksum; `bytes` may go on behind it.
    package init(_ bytes: RawSpan, at offset: Int = 0) throws(FrameFailure) {
        var reader = WireReader(bytes, offset..<bytes.byteCount)
        let header = try FrameHeader(from: &reader)
        let content = reader.offset..<(offset + FrameHeader.byteCount + Int(header.indexBytes) + Int(header.payloadBytes))
        guard content.upperBound <= bytes.byteCount else { throw .truncated(atByte: offset) }
        guard ContentHash.hash64(bytes.extracting(content)) == header.contentChecksum else {
            throw .damaged(atByte: offset)
        }
        self.header = header
        reader.end = reader.offset + Int(header.indexBytes)
        do throws(WireFailure) {
            (self.entries, self.names) = try Self.index(header, &reader)
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
            if self.entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < self.entries.count, self.entries[end].key == key { end += 1 }
        return self.entries[low..<end]
    }

    /// The payload, decompressed, of the frame that stands at a place in the bytes.
    package func payload(_ bytes: RawSpan, at offset: Int = 0) throws(FrameFailure) -> FramePayload {
        let start = offset + FrameHeader.byteCount + Int(self.header.indexBytes)
        let stored = start..<start + Int(self.header.payloadBytes)
        guard stored.upperBound <= bytes.byteCount else { throw .truncated(atByte: offset) }
        let raw: [UInt8]
        if self.header.flags.contains(.zstd) {
            guard
                let opened = Zstd.decompress(bytes.extracting(stored), count: Int(self.header.payloadRawBytes))
            else { throw .damaged(atByte: offset) }
            raw = opened
        } else {
            raw = bytes.array(stored)
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
        for _ in 0..<header.chunkCount { entries.append(try ChunkEntry(from: &reader)) }
        var names: [String] = []
        for _ in 0..<(try reader.fixed16()) { names.append(try reader.text()) }
        return (entries, names)
    }
}
