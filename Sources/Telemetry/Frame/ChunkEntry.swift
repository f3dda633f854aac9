/// One line of a frame's index: where a key's part lies in the payload, and what is known without opening it.
package struct ChunkEntry: Equatable, Sendable {
    /// Bytes of an entry in the index of a frame as made.
    package static let byteCount = 56
    /// Stands where a name is not known.
    package static let noName: UInt16 = .max

    /// What is known about a chunk.
    package struct Flags: OptionSet, Equatable, Sendable {
        /// The bits as they stand in the index.
        package var rawValue: UInt16
        /// Takes bits, known or not.
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        /// Holds a span without a parent.
        package static let root = Flags(rawValue: 1)
        /// Holds an item that failed.
        package static let error = Flags(rawValue: 2)
        /// Slots that were merged, maybe from several chunks; the origin is that of the latest.
        package static let rolledUp = Flags(rawValue: 4)
        /// Holds a slot of kind ``Series/Kind/distinct``, which the first version of frames does not have.
        package static let distinct = Flags(rawValue: 8)
    }

    /// Whose part it is.
    package var key: Key
    /// Place of the chunk in the raw payload.
    package var offset: UInt32 = 0
    /// Bytes of the chunk in the raw payload.
    package var length: UInt32 = 0
    /// Earliest start of an item, nanoseconds since the Unix epoch.
    package var firstStart: UInt64 = .max
    /// Latest end of an item.
    package var lastEnd: UInt64 = 0
    /// Spans, log records, data points or slots.
    package var itemCount: UInt32 = 0
    /// How many of them failed.
    package var errorCount: UInt32 = 0
    /// What is known about its items.
    package var flags: Flags = []
    /// Index into the frame's names: the root's service, else the first item's.
    package var service: UInt16 = Self.noName
    /// Index into the frame's names: the root span's name.
    package var rootName: UInt16 = Self.noName

    /// Nanoseconds from the first start to the last end.
    package var duration: UInt64 { self.lastEnd > self.firstStart ? self.lastEnd - self.firstStart : 0 }

    /// An entry of no items yet.
    package init(key: Key) { self.key = key }

    /// Appends the entry as the index of a frame as made has it.
    package func encode(into writer: inout ByteWriter) {
        writer.fixed64(self.key.high.bigEndian)
        writer.fixed64(self.key.low.bigEndian)
        writer.fixed32(self.offset)
        writer.fixed32(self.length)
        writer.fixed64(self.firstStart)
        writer.fixed64(self.lastEnd)
        writer.fixed32(self.itemCount)
        writer.fixed32(self.errorCount)
        writer.fixed16(self.flags.rawValue)
        writer.fixed16(self.service)
        writer.fixed16(self.rootName)
        writer.fixed16(0)
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes end too early.
    package init(from reader: inout WireReader) throws(WireFailure) {
        self.key = Key(high: try reader.fixed64().bigEndian, low: try reader.fixed64().bigEndian)
        self.offset = try reader.fixed32()
        self.length = try reader.fixed32()
        self.firstStart = try reader.fixed64()
        self.lastEnd = try reader.fixed64()
        self.itemCount = try reader.fixed32()
        self.errorCount = try reader.fixed32()
        self.flags = Flags(rawValue: try reader.fixed16())
        self.service = try reader.fixed16()
        self.rootName = try reader.fixed16()
        _ = try reader.fixed16()
    }
}
