/// The frame a chunk was made in, which with its key names the chunk for all time.
package struct ChunkOrigin: Hashable, Sendable {
    /// The frame as made.
    package var frame: FrameID
    /// To the millisecond; its minute is the time half of the chunk's bucket.
    package var created: ClusterTime
    /// Of slots that were rolled up: the chunks as made that they stand for; nil for a chunk as made.
    package var stands: ChunkDigest?

    /// An origin; its creation is kept to the millisecond.
    package init(frame: FrameID, created: ClusterTime, stands: ChunkDigest? = nil) {
        self.frame = frame
        self.created = created
        self.stands = stands
    }
}

/// The index of a merged frame: smaller than that of a frame as made, and with the origin of each chunk.
///
/// Layout, compressed as a whole: varint run count, then 16 bytes each; varint base start, varint base creation in ms;
/// varint name count, then texts; then column by column over all chunks: key (16 bytes), varint length, varint
/// start − base, varint end − start, varint items, varint errors, varint flags, varint service + 1, varint root
/// name + 1, varint run, varint sequence, varint creation − base. Offsets are the running sum of lengths. Behind these, for
/// each chunk whose flags say that it is rolled up: varint count and fixed64 sum of the chunks that it stands for; an index
/// that ends before has none of that, as those of earlier programs.
struct MergedIndex {
    var entries: [ChunkEntry]
    var names: [String]
    var origins: [ChunkOrigin]

    init(entries: [ChunkEntry], names: [String], origins: [ChunkOrigin]) {
        self.entries = entries
        self.names = names
        self.origins = origins
    }

    /// - Precondition: As many origins as entries.
    func encoded() -> [UInt8] {
        var runs: [RunID] = []
        var runIndices: [RunID: Int] = [:]
        for origin in self.origins where runIndices[origin.frame.run] == nil {
            runIndices[origin.frame.run] = runs.count
            runs.append(origin.frame.run)
        }
        let baseStart = self.entries.lazy.map(\.firstStart).min() ?? 0
        let baseCreated = self.origins.lazy.map { $0.created.nanoseconds / 1_000_000 }.min() ?? 0
        var writer = ByteWriter(reserving: self.entries.count * 44 + 256)
        writer.varint(UInt64(runs.count))
        for run in runs {
            writer.fixed64(run.high)
            writer.fixed64(run.low)
        }
        writer.varint(baseStart)
        writer.varint(baseCreated)
        writer.varint(UInt64(self.entries.first?.offset ?? 0))
        writer.varint(UInt64(self.names.count))
        for name in self.names { writer.text(name) }
        for entry in self.entries {
            writer.fixed64(entry.key.high.bigEndian)
            writer.fixed64(entry.key.low.bigEndian)
        }
        for entry in self.entries { writer.varint(UInt64(entry.length)) }
        for entry in self.entries { writer.varint(entry.firstStart &- baseStart) }
        for entry in self.entries { writer.varint(entry.lastEnd &- entry.firstStart) }
        for entry in self.entries { writer.varint(UInt64(entry.itemCount)) }
        for entry in self.entries { writer.varint(UInt64(entry.errorCount)) }
        for entry in self.entries { writer.varint(UInt64(entry.flags.rawValue)) }
        for entry in self.entries { writer.varint(UInt64(entry.service &+ 1)) }
        for entry in self.entries { writer.varint(UInt64(entry.rootName &+ 1)) }
        for origin in self.origins { writer.varint(UInt64(runIndices[origin.frame.run] ?? 0)) }
        for origin in self.origins { writer.varint(origin.frame.sequence) }
        for origin in self.origins { writer.varint(origin.created.nanoseconds / 1_000_000 - baseCreated) }
        for (entry, origin) in zip(self.entries, self.origins) where entry.flags.contains(.rolledUp) {
            let stands = origin.stands ?? ChunkDigest(ChunkID(frame: origin.frame, key: entry.key))
            writer.varint(stands.count)
            writer.fixed64(stands.sum)
        }
        return writer.bytes
    }

    init(_ bytes: RawSpan, chunkCount: Int) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard chunkCount * 16 <= bytes.byteCount else { throw .tooMany(atByte: 0) }
        let runCount = try reader.varint()
        guard runCount <= UInt64(chunkCount) else { throw .tooMany(atByte: reader.offset) }
        var runs: [RunID] = []
        for _ in 0..<runCount { runs.append(RunID(high: try reader.fixed64(), low: try reader.fixed64())) }
        let baseStart = try reader.varint()
        let baseCreated = try reader.varint()
        var offset = try reader.varint()
        let nameCount = try reader.varint()
        guard nameCount <= UInt64(bytes.byteCount) else { throw .tooMany(atByte: reader.offset) }
        self.names = []
        for _ in 0..<nameCount { self.names.append(try reader.text()) }
        var entries: [ChunkEntry] = []
        entries.reserveCapacity(chunkCount)
        for _ in 0..<chunkCount {
            let high = try reader.fixed64().bigEndian
            entries.append(ChunkEntry(key: Key(high: high, low: try reader.fixed64().bigEndian)))
        }
        for index in entries.indices {
            let length = try reader.varint()
            guard offset <= UInt64(UInt32.max), length <= UInt64(UInt32.max) else {
                throw .tooMany(atByte: reader.offset)
            }
            entries[index].offset = UInt32(offset)
            entries[index].length = UInt32(length)
            offset += length
        }
        for index in entries.indices { entries[index].firstStart = baseStart &+ (try reader.varint()) }
        for index in entries.indices {
            entries[index].lastEnd = entries[index].firstStart &+ (try reader.varint())
        }
        for index in entries.indices {
            entries[index].itemCount = UInt32(truncatingIfNeeded: try reader.varint())
        }
        for index in entries.indices {
            entries[index].errorCount = UInt32(truncatingIfNeeded: try reader.varint())
        }
        for index in entries.indices {
            entries[index].flags = ChunkEntry.Flags(rawValue: UInt16(truncatingIfNeeded: try reader.varint()))
        }
        for index in entries.indices {
            entries[index].service = UInt16(truncatingIfNeeded: try reader.varint()) &- 1
        }
        for index in entries.indices {
            entries[index].rootName = UInt16(truncatingIfNeeded: try reader.varint()) &- 1
        }
        self.entries = entries
        self.origins = try Self.origins(&reader, runs, baseCreated, count: chunkCount)
        guard !reader.isAtEnd else { return }
        for index in entries.indices where entries[index].flags.contains(.rolledUp) {
            let stands = ChunkDigest(count: try reader.varint(), sum: try reader.fixed64())
            guard stands.count <= ChunkDigest.countMax else { throw .tooMany(atByte: reader.offset) }
            self.origins[index].stands = stands
        }
    }

    private static func origins(
        _ reader: inout WireReader,
        _ runs: [RunID],
        _ baseCreated: UInt64,
        count: Int
    ) throws(WireFailure) -> [ChunkOrigin] {
        var origins: [ChunkOrigin] = []
        origins.reserveCapacity(count)
        for _ in 0..<count {
            let run = try reader.varint()
            guard run < UInt64(runs.count) else { throw .tooMany(atByte: reader.offset) }
            origins.append(
                ChunkOrigin(
                    frame: FrameID(run: runs[Int(run)], sequence: 0),
                    created: ClusterTime(nanoseconds: 0)
                )
            )
        }
        for index in origins.indices { origins[index].frame.sequence = try reader.varint() }
        for index in origins.indices {
            let milliseconds = baseCreated &+ (try reader.varint())
            origins[index].created = ClusterTime(nanoseconds: milliseconds &* 1_000_000)
        }
        return origins
    }
}
