package import Telemetry

/// The first 64 bytes of a segment file.
///
/// Layout, little-endian: 0 magic "NSSG" u32 · 4 version u16 · 6 kind u8 · 7 zero · 8 segment id u64 · 16 created
/// u64 ns · 24 node run high u64 · 32 node run low u64 · 40 zero · 56 XXH3-64 of the first 56 bytes. Frames follow,
/// each padded to a multiple of eight.
package struct SegmentHeader: Equatable, Sendable {
    /// The bytes "NSSG", little-endian.
    package static let magic: UInt32 = 0x4753_534e
    /// The version that is written, and the only one that is read.
    package static let version: UInt16 = 1
    /// Bytes of the header; the first frame follows.
    package static let byteCount = 64

    /// What wrote the segment.
    package enum Kind: UInt8, Sendable {
        /// Frames in the order of arrival, of all signals.
        case log = 1
        /// Chunks of one signal sorted by partition and key.
        case merged = 2
        /// Frames in the order of arrival that wait for the cluster's confirmation.
        case spool = 3
    }

    /// What wrote the segment.
    package var kind: Kind
    /// The number that its files are named by.
    package var id: UInt64
    /// When the file was begun.
    package var created: ClusterTime
    /// The process that wrote it.
    package var run: RunID

    /// A header of these values.
    package init(kind: Kind, id: UInt64, created: ClusterTime, run: RunID) {
        self.kind = kind
        self.id = id
        self.created = created
        self.run = run
    }

    /// The header's bytes.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: Self.byteCount)
        writer.fixed32(Self.magic)
        writer.fixed16(Self.version)
        writer.byte(self.kind.rawValue)
        writer.byte(0)
        writer.fixed64(self.id)
        writer.fixed64(self.created.nanoseconds)
        writer.fixed64(self.run.high)
        writer.fixed64(self.run.low)
        writer.fixed64(0)
        writer.fixed64(0)
        writer.fixed64(ContentHash.hash64(writer.bytes.raw))
        return writer.bytes
    }

    /// Reads the header at the start of a file; nil where it is torn, damaged or of an unknown version.
    package init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Self.byteCount else { return nil }
        var reader = WireReader(bytes)
        do throws(WireFailure) {
            guard try reader.fixed32() == Self.magic, try reader.fixed16() == Self.version,
                let kind = Kind(rawValue: try reader.byte())
            else { return nil }
            _ = try reader.byte()
            self.kind = kind
            self.id = try reader.fixed64()
            self.created = ClusterTime(nanoseconds: try reader.fixed64())
            self.run = RunID(high: try reader.fixed64(), low: try reader.fixed64())
            _ = try reader.take(16)
            guard try reader.fixed64() == ContentHash.hash64(bytes.extracting(0..<56)) else { return nil }
        } catch { return nil }
    }
}
