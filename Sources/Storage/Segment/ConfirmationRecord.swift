package import Telemetry

/// The records of an `.ack` file: which frames of a spool's segment are let go.
///
/// A record is 32 bytes, little-endian: 0 run high u64 · 8 run low u64 · 16 sequence u64 · 24 XXH3-64 of the first
/// 24 bytes. A record counts or it does not, on its own: what is torn or damaged costs one frame sent again.
package enum ConfirmationRecord {
    /// Bytes of a record.
    package static let byteCount = 32

    /// The records of frames, in the order given.
    package static func encoded(_ ids: [FrameID]) -> [UInt8] {
        var writer = ByteWriter(reserving: ids.count * Self.byteCount)
        for id in ids {
            let start = writer.bytes.count
            writer.fixed64(id.run.high)
            writer.fixed64(id.run.low)
            writer.fixed64(id.sequence)
            writer.fixed64(ContentHash.hash64(writer.bytes.raw.extracting(start..<start + 24)))
        }
        return writer.bytes
    }

    /// The frames that whole records name, in their order; records stand on a grid of 32 bytes.
    package static func ids(in bytes: RawSpan) -> [FrameID] {
        var ids: [FrameID] = []
        var place = 0
        while place + Self.byteCount <= bytes.byteCount {
            if let id = Self.id(in: bytes, at: place) { ids.append(id) }
            place += Self.byteCount
        }
        return ids
    }

    private static func id(in bytes: RawSpan, at place: Int) -> FrameID? {
        var reader = WireReader(bytes, place..<place + Self.byteCount)
        do throws(WireFailure) {
            let run = RunID(high: try reader.fixed64(), low: try reader.fixed64())
            let id = FrameID(run: run, sequence: try reader.fixed64())
            let checksum = ContentHash.hash64(bytes.extracting(place..<place + 24))
            return try reader.fixed64() == checksum ? id : nil
        } catch { return nil }
    }
}
