/// The first 96 bytes of a frame; see Format.md beside this file for the layout byte by byte.
package struct FrameHeader: Equatable, Sendable {
    /// The bytes "NSFR", little-endian.
    package static let magic: UInt32 = 0x5246_534e
    /// The versions this program reads, the oldest first; it writes the oldest that says what the frame holds.
    package static let versions: ClosedRange<UInt16> = 1...2
    /// Bytes of a header.
    package static let byteCount = 96
    /// Frames larger than this are refused as damaged: a request's limit and room for its index.
    package static let frameBytesMax = 64 << 20

    /// How a frame is laid out and what it is for.
    package struct Flags: OptionSet, Equatable, Sendable {
        /// The bits as they stand in the header.
        package var rawValue: UInt8
        /// Takes bits, known or not.
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The payload is compressed with zstd.
        package static let zstd = Flags(rawValue: 1)
        /// Chunks come from several frames; each entry names its origin.
        package static let merged = Flags(rawValue: 2)
        /// Items that were counted and not kept; never read, and dropped once their window's slots are safe.
        package static let journal = Flags(rawValue: 4)
        /// What is compressed is not the payload but its columns; see ``SpanColumns``.
        package static let columns = Flags(rawValue: 8)
        /// Cut for a spool's journal, whole as it is; the spool gathers such frames into larger ones.
        package static let part = Flags(rawValue: 16)
        /// Its items came in other frames first; with ``journal`` it is a cover, which names those frames.
        package static let gathered = Flags(rawValue: 32)
    }

    /// Of the format; whoever seals the frame sets it, by what the chunks' entries say.
    package internal(set) var version = Self.versions.lowerBound
    /// What kind of items it holds.
    package var signal: Signal
    /// How it is laid out.
    package var flags: Flags
    /// Zero until tenants exist.
    package var tenant: UInt32 = 0
    /// Who made it, and its number there.
    package var id: FrameID
    /// When it was made; the newest chunk's time in a merged frame.
    package var created: ClusterTime
    /// Items in all chunks.
    package var itemCount: UInt32
    /// Entries of the index.
    package var chunkCount: UInt32
    /// Bytes of the index as stored.
    package var indexBytes: UInt32
    /// Bytes of the payload as stored.
    package var payloadBytes: UInt32
    /// Bytes of the payload when opened.
    package var payloadRawBytes: UInt32
    /// Resources and scopes at the payload's front.
    package var tableCount: UInt32
    /// XXH3-64 over index and stored payload.
    package var contentChecksum: UInt64 = 0
    /// Bytes of the columns before compression; zero for frames without the flag.
    package var columnBytes: UInt32 = 0
    /// Bytes of a merged frame's index before compression; zero for others.
    package var indexRawBytes: UInt32 = 0
    /// Creation time of a merged frame's oldest chunk; zero for others, where ``created`` says it.
    package var firstCreated = ClusterTime(nanoseconds: 0)

    /// Whether it is no frame of items but a spool's record of what gathered frames were made of.
    package var isCover: Bool { self.flags.isSuperset(of: [.journal, .gathered]) }

    /// Creation time of the oldest chunk.
    package var oldest: ClusterTime { self.flags.contains(.merged) ? self.firstCreated : self.created }

    /// Header, index and payload, padded to a multiple of eight.
    package var frameBytes: Int {
        (Self.byteCount + Int(self.indexBytes) + Int(self.payloadBytes) + 7) & ~7
    }

    /// The oldest version that can say what a frame of such chunks holds.
    static func version(for entries: [ChunkEntry]) -> UInt16 {
        entries.contains { $0.flags.contains(.distinct) } ? 2 : 1
    }

    /// Appends the header with its own checksum.
    package func encode(into writer: inout ByteWriter) {
        let start = writer.bytes.count
        writer.fixed32(Self.magic)
        writer.fixed16(self.version)
        writer.byte(self.signal.rawValue)
        writer.byte(self.flags.rawValue)
        writer.fixed32(self.tenant)
        writer.fixed32(0)
        writer.fixed64(self.id.run.high)
        writer.fixed64(self.id.run.low)
        writer.fixed64(self.id.sequence)
        writer.fixed64(self.created.nanoseconds)
        writer.fixed32(self.itemCount)
        writer.fixed32(self.chunkCount)
        writer.fixed32(self.indexBytes)
        writer.fixed32(self.payloadBytes)
        writer.fixed32(self.payloadRawBytes)
        writer.fixed32(self.tableCount)
        writer.fixed64(self.contentChecksum)
        writer.fixed32(self.columnBytes)
        writer.fixed32(self.indexRawBytes)
        writer.fixed64(self.firstCreated.nanoseconds)
        let hash = ContentHash.hash64(writer.bytes.raw.extracting(start..<start + Self.byteCount))
        for shift in 0..<4 {
            writer.bytes[start + 12 + shift] = UInt8(truncatingIfNeeded: hash >> UInt64(8 * shift))
        }
    }

    /// Reads a header at the reader's place; checks magic, version, the header's own checksum and its lengths.
    package init(from reader: inout WireReader) throws(FrameFailure) {
        let start = reader.offset
        guard reader.end - start >= 4 else { throw .truncated(atByte: start) }
        let fields: Fields
        do throws(WireFailure) { fields = try Fields(from: &reader) } catch {
            throw .truncated(atByte: start)
        }
        guard fields.magic == Self.magic else { throw .noFrame(atByte: start) }
        var copy = reader.bytes.array(start..<start + Self.byteCount)
        for place in 12..<16 { copy[place] = 0 }
        guard UInt32(truncatingIfNeeded: ContentHash.hash64(copy.raw)) == fields.checksum else {
            throw .damaged(atByte: start)
        }
        // The checksum's place and reach are those of every version, so that damage is not taken for a later one.
        guard Self.versions.contains(fields.version) else {
            throw .unknownVersion(fields.version, atByte: start)
        }
        guard let signal = Signal(rawValue: fields.signal) else { throw .damaged(atByte: start) }
        self.version = fields.version
        self.signal = signal
        self.flags = Flags(rawValue: fields.flags)
        self.tenant = fields.tenant
        self.id = fields.id
        self.created = fields.created
        self.itemCount = fields.counts.0
        self.chunkCount = fields.counts.1
        self.indexBytes = fields.counts.2
        self.payloadBytes = fields.counts.3
        self.payloadRawBytes = fields.counts.4
        self.tableCount = fields.counts.5
        self.contentChecksum = fields.contentChecksum
        self.columnBytes = fields.columnBytes
        self.indexRawBytes = fields.indexRawBytes
        self.firstCreated = fields.firstCreated
        let limit = UInt32(Self.frameBytesMax)
        guard self.frameBytes <= Self.frameBytesMax, self.payloadRawBytes <= limit, self.columnBytes <= limit,
            self.indexRawBytes <= limit, self.chunkCount <= limit / 16,
            self.flags.contains(.merged)
                || Int(self.chunkCount) * ChunkEntry.byteCount <= Int(self.indexBytes)
        else { throw .damaged(atByte: start) }
    }

    /// The fields as they stand, before any is believed.
    private struct Fields {
        var magic: UInt32
        var version: UInt16
        var signal: UInt8
        var flags: UInt8
        var tenant: UInt32
        var checksum: UInt32
        var id: FrameID
        var created: ClusterTime
        var counts: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
        var contentChecksum: UInt64
        var columnBytes: UInt32
        var indexRawBytes: UInt32
        var firstCreated: ClusterTime

        init(from reader: inout WireReader) throws(WireFailure) {
            self.magic = try reader.fixed32()
            self.version = try reader.fixed16()
            self.signal = try reader.byte()
            self.flags = try reader.byte()
            self.tenant = try reader.fixed32()
            self.checksum = try reader.fixed32()
            let run = RunID(high: try reader.fixed64(), low: try reader.fixed64())
            self.id = FrameID(run: run, sequence: try reader.fixed64())
            self.created = ClusterTime(nanoseconds: try reader.fixed64())
            self.counts = (
                try reader.fixed32(), try reader.fixed32(), try reader.fixed32(), try reader.fixed32(),
                try reader.fixed32(), try reader.fixed32()
            )
            self.contentChecksum = try reader.fixed64()
            self.columnBytes = try reader.fixed32()
            self.indexRawBytes = try reader.fixed32()
            self.firstCreated = ClusterTime(nanoseconds: try reader.fixed64())
        }
    }

    /// A header whose sizes and checksums are not known yet.
    package init(
        signal: Signal,
        flags: Flags,
        id: FrameID,
        created: ClusterTime,
        itemCount: Int,
        chunkCount: Int,
        tableCount: Int
    ) {
        self.signal = signal
        self.flags = flags
        self.id = id
        self.created = created
        self.itemCount = UInt32(truncatingIfNeeded: itemCount)
        self.chunkCount = UInt32(truncatingIfNeeded: chunkCount)
        self.tableCount = UInt32(truncatingIfNeeded: tableCount)
        self.indexBytes = 0
        self.payloadBytes = 0
        self.payloadRawBytes = 0
    }
}

/// Why bytes are not a whole frame.
package enum FrameFailure: Error, Equatable, Sendable {
    /// No frame begins here.
    case noFrame(atByte: Int)
    /// A frame of a format this program does not know.
    case unknownVersion(UInt16, atByte: Int)
    /// The file ends inside the frame: a torn write.
    case truncated(atByte: Int)
    /// A checksum or a length does not fit.
    case damaged(atByte: Int)
}
