package import Telemetry

/// What the gathered frames of one append to a spool were made of; a frame of its own, the last of that append.
///
/// Where it stands whole behind its frames, they count and its parts do not; where a crash tore the append, the
/// parts do. See Format.md of `Telemetry` for its bytes.
package struct Cover: Equatable, Sendable {
    /// The frames whose items came into others.
    package var parts: [FrameID]
    /// Those others.
    package var frames: [FrameID]

    private static let partsKey = Key(high: 0, low: 1)
    private static let framesKey = Key(high: 0, low: 2)
    private static let nameBytes = 24

    /// A cover of parts by frames.
    package init(parts: [FrameID], frames: [FrameID]) {
        self.parts = parts
        self.frames = frames
    }

    /// Reads what ``sealed(_:created:_:)`` wrote; nil for any other frame.
    package init?(_ frame: Frame, _ payload: FramePayload) {
        guard frame.header.isCover else { return nil }
        self.init(parts: [], frames: [])
        do throws(WireFailure) {
            for entry in frame.entries {
                var names: [FrameID] = []
                try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                    var reader = WireReader(payload.bytes.raw, range)
                    let run = RunID(high: try reader.fixed64(), low: try reader.fixed64())
                    names.append(FrameID(run: run, sequence: try reader.fixed64()))
                }
                if entry.key == Self.partsKey { self.parts = names }
                if entry.key == Self.framesKey { self.frames = names }
            }
        } catch { return nil }
    }

    /// The cover as a frame.
    package func sealed(
        _ id: FrameID,
        created: ClusterTime,
        _ compressor: borrowing ZstdCompressor
    ) -> SealedFrame {
        var payload = ByteWriter()
        var entries: [ChunkEntry] = []
        for (key, names) in [(Self.partsKey, self.parts), (Self.framesKey, self.frames)] {
            var entry = ChunkEntry(key: key)
            entry.offset = UInt32(truncatingIfNeeded: payload.bytes.count)
            Self.write(names, into: &payload)
            entry.length = UInt32(truncatingIfNeeded: payload.bytes.count) - entry.offset
            entry.itemCount = UInt32(truncatingIfNeeded: names.count)
            entry.firstStart = created.nanoseconds
            entry.lastEnd = created.nanoseconds
            entries.append(entry)
        }
        let header = FrameHeader(
            signal: .spans,
            flags: [.journal, .gathered],
            id: id,
            created: created,
            itemCount: self.parts.count + self.frames.count,
            chunkCount: entries.count,
            tableCount: 0
        )
        return SealedFrame(header, entries, [], payload: payload.bytes, compressor)
    }

    private static func write(_ names: [FrameID], into payload: inout ByteWriter) {
        payload.varint(0)
        payload.varint(0)
        payload.varint(UInt64(names.count))
        for name in names {
            payload.varint(UInt64(Self.nameBytes))
            payload.fixed64(name.run.high)
            payload.fixed64(name.run.low)
            payload.fixed64(name.sequence)
        }
    }
}
