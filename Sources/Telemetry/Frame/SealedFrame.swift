/// A frame ready to be written or sent: its bytes, and its index for whoever keeps one in memory.
package struct SealedFrame: Sendable {
    package let bytes: [UInt8]
    package let frame: Frame

    package var header: FrameHeader { self.frame.header }

    /// Lays out, compresses and checksums; `header` needs no sizes.
    package init(
        _ header: FrameHeader,
        _ entries: [ChunkEntry],
        _ names: [String],
        payload: [UInt8],
        _ compressor: borrowing ZstdCompressor
    ) {
        var header = header
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
        header.contentChecksum = ContentHash.hash64(
            writer.bytes.raw.extracting(FrameHeader.byteCount..<writer.bytes.count)
        )
        while writer.bytes.count % 8 != 0 { writer.byte(0) }
        var head = ByteWriter(reserving: FrameHeader.byteCount)
        header.encode(into: &head)
        writer.bytes.replaceSubrange(0..<FrameHeader.byteCount, with: head.bytes)
        self.bytes = writer.bytes
        self.frame = Frame(header: header, entries: entries, names: names)
    }
}
