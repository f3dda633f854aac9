import Telemetry

/// Small frames, made without the pipeline.
enum SampleFrame {
    static let names = ["checkout", "GET /cart"]

    /// Two tables and `chunks` chunks of two items each.
    static func sealed(chunks: Int = 3, itemBytes: Int = 20, flags: FrameHeader.Flags = []) -> SealedFrame {
        var payload = ByteWriter()
        for role in [Envelope.Role.resource, .scope] {
            payload.byte(role.rawValue)
            payload.text("table \(role.rawValue)")
        }
        var entries: [ChunkEntry] = []
        for number in 0..<chunks {
            var entry = ChunkEntry(key: Key(high: UInt64(number), low: 7))
            entry.offset = UInt32(payload.bytes.count)
            payload.varint(1)
            payload.varint(UInt64(number % 3))
            payload.varint(2)
            for item in 0..<2 {
                payload.varint(UInt64(itemBytes))
                payload.bytes((0..<itemBytes).map { UInt8(truncatingIfNeeded: $0 / 4 + item + number) })
            }
            entry.length = UInt32(payload.bytes.count) - entry.offset
            entry.firstStart = UInt64(number)
            entry.lastEnd = UInt64(number + 10)
            entry.itemCount = 2
            entry.errorCount = UInt32(number % 2)
            entry.flags = number % 2 == 0 ? [.root] : [.root, .error]
            entry.service = 0
            entry.rootName = number == 0 ? 1 : ChunkEntry.noName
            entries.append(entry)
        }
        return self.sealed(entries, payload.bytes, tableCount: 2, flags: flags)
    }

    static func sealed(
        _ entries: [ChunkEntry],
        _ payload: [UInt8],
        tableCount: Int,
        flags: FrameHeader.Flags = []
    ) -> SealedFrame {
        let header = FrameHeader(
            signal: .spans,
            flags: flags,
            id: FrameID(run: RunID(high: 3, low: 4), sequence: 5),
            created: ClusterTime(nanoseconds: 6),
            itemCount: entries.reduce(0) { $0 + Int($1.itemCount) },
            chunkCount: entries.count,
            tableCount: tableCount
        )
        return SealedFrame(header, entries, self.names, payload: payload, ZstdCompressor(level: 1))
    }

    /// Everything a reader gets from a frame; throws where it gets nothing.
    static func content(_ bytes: [UInt8], at offset: Int = 0) throws -> Content {
        let frame = try Frame(bytes.raw, at: offset)
        let payload = try frame.payload(bytes.raw, at: offset)
        var content = Content(header: frame.header, entries: frame.entries, names: frame.names)
        for entry in frame.entries {
            try payload.forEachItem(of: entry) { resource, scope, item in
                content.items.append("\(entry.key) \(resource) \(scope) \(payload.bytes[item])")
            }
        }
        content.tables = payload.tables.map { "\($0.role) \(payload.bytes[$0.range])" }
        return content
    }

    struct Content: Equatable {
        var header: FrameHeader
        var entries: [ChunkEntry]
        var names: [String]
        var items: [String] = []
        var tables: [String] = []
    }

    /// Gives damaged bytes checksums that fit, as a hostile peer would.
    static func withFittingChecksums(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= FrameHeader.byteCount else { return nil }
        var reader = WireReader(bytes.raw, 48..<FrameHeader.byteCount)
        guard (try? reader.fixed64()) != nil, let indexBytes = try? reader.fixed32(),
            let payloadBytes = try? reader.fixed32()
        else { return nil }
        let end = FrameHeader.byteCount + Int(indexBytes) + Int(payloadBytes)
        guard end <= bytes.count else { return nil }
        var result = bytes
        var content = ByteWriter()
        content.fixed64(ContentHash.hash64(bytes.raw.extracting(FrameHeader.byteCount..<end)))
        result.replaceSubrange(72..<80, with: content.bytes)
        result.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        var head = ByteWriter()
        head.fixed32(
            UInt32(truncatingIfNeeded: ContentHash.hash64(result.raw.extracting(0..<FrameHeader.byteCount)))
        )
        result.replaceSubrange(12..<16, with: head.bytes)
        return result
    }
}
