/// A frame ready to be written or sent: its bytes, and its index for whoever keeps one in memory.
package struct SealedFrame: Sendable {
    /// The whole frame, padded.
    package let bytes: [UInt8]
    /// Its header, index and names.
    package let frame: Frame

    /// What its first bytes say.
    package var header: FrameHeader { self.frame.header }

    /// That of the first chunk: it names the nodes that the frame goes to.
    package var partition: Int { self.frame.entries.first?.key.partition ?? 0 }

    /// Takes bytes that came from elsewhere.
    ///
    /// - Throws: ``FrameFailure`` where they are not one whole frame as made, with a chunk at least.
    package init(checking bytes: [UInt8]) throws(FrameFailure) {
        let frame = try Frame(bytes.raw)
        guard bytes.count == frame.header.frameBytes, !frame.entries.isEmpty,
            !frame.header.flags.contains(.merged)
        else { throw .damaged(atByte: 0) }
        self.bytes = bytes
        self.frame = frame
    }

    /// Bytes and what was read of them; the caller has checked that they belong together.
    package init(whole bytes: [UInt8], _ frame: Frame) {
        self.bytes = bytes
        self.frame = frame
    }

    /// Lays out, compresses and checksums; `header` needs no sizes.
    package init(
        _ header: FrameHeader,
        _ entries: [ChunkEntry],
        _ names: [String],
        payload: [UInt8],
        _ compressor: borrowing ZstdCompressor
    ) {
        var header = header
        header.version = FrameHeader.version(for: entries)
        var writer = ByteWriter(
            reserving: FrameHeader.byteCount + entries.count * ChunkEntry.byteCount + payload.count / 4
        )
        writer.bytes.append(contentsOf: repeatElement(0, count: FrameHeader.byteCount))
        for entry in entries { entry.encode(into: &writer) }
        writer.fixed16(UInt16(truncatingIfNeeded: names.count))
        for name in names { writer.text(name) }
        header.indexBytes = UInt32(truncatingIfNeeded: writer.bytes.count - FrameHeader.byteCount)
        header.payloadRawBytes = UInt32(truncatingIfNeeded: payload.count)
        if let stored = compressor.compress(payload.raw, into: &writer.bytes) {
            header.flags.insert(.zstd)
            header.payloadBytes = UInt32(truncatingIfNeeded: stored)
        } else {
            header.payloadBytes = header.payloadRawBytes
            writer.bytes.append(contentsOf: payload)
        }
        self.bytes = Self.finish(&header, &writer)
        self.frame = Frame(header: header, entries: entries, names: names)
    }

    /// Lays out a merged frame: its smaller index with origins, and spans as columns where that is possible.
    ///
    /// - Precondition: As many origins as entries.
    package init(
        merged header: FrameHeader,
        _ entries: [ChunkEntry],
        _ names: [String],
        origins: [ChunkOrigin],
        payload: [UInt8],
        _ compressor: borrowing ZstdCompressor
    ) {
        var header = header
        header.version = FrameHeader.version(for: entries)
        header.flags.insert(.merged)
        header.created = origins.map(\.created).max() ?? header.created
        header.firstCreated = origins.map(\.created).min() ?? header.created
        var writer = ByteWriter(reserving: FrameHeader.byteCount + payload.count / 4)
        writer.bytes.append(contentsOf: repeatElement(0, count: FrameHeader.byteCount))
        let index = MergedIndex(entries: entries, names: names, origins: origins).encoded()
        header.indexRawBytes = UInt32(truncatingIfNeeded: index.count)
        header.indexBytes = UInt32(
            truncatingIfNeeded: compressor.compressAlways(index.raw, into: &writer.bytes)
        )
        header.payloadRawBytes = UInt32(truncatingIfNeeded: payload.count)
        var stored = payload
        if header.signal == .spans,
            let columns = SpanColumns.split(payload, entries: entries, tableCount: Int(header.tableCount))
        {
            header.flags.insert(.columns)
            header.columnBytes = UInt32(truncatingIfNeeded: columns.count)
            stored = columns
        }
        if let count = compressor.compress(stored.raw, into: &writer.bytes) {
            header.flags.insert(.zstd)
            header.payloadBytes = UInt32(truncatingIfNeeded: count)
        } else {
            header.payloadBytes = UInt32(truncatingIfNeeded: stored.count)
            writer.bytes(stored.raw)
        }
        self.bytes = Self.finish(&header, &writer)
        self.frame = Frame(header: header, entries: entries, names: names, origins: origins)
    }

    /// Checksums the content, pads it, and puts the header in front.
    private static func finish(_ header: inout FrameHeader, _ writer: inout ByteWriter) -> [UInt8] {
        header.contentChecksum = ContentHash.hash64(
            writer.bytes.raw.extracting(FrameHeader.byteCount..<writer.bytes.count)
        )
        while writer.bytes.count % 8 != 0 { writer.byte(0) }
        var head = ByteWriter(reserving: FrameHeader.byteCount)
        header.encode(into: &head)
        writer.bytes.replaceSubrange(0..<FrameHeader.byteCount, with: head.bytes)
        return writer.bytes
    }
}
