/// The distinct resources and scopes of the frame that is being built.
package struct EnvelopeTable: Sendable {
    private var arena: [UInt8] = []
    private var entries: [(role: Envelope.Role, range: Range<Int>)] = []
    private var byHash: [UInt64: UInt32] = [:]

    /// An empty table.
    package init() {}

    /// How many envelopes there are.
    package var count: Int { self.entries.count }
    /// Their bytes together.
    package var byteCount: Int { self.arena.count }

    /// The reference of an envelope, counted from 1; equal bytes in the same role share one.
    package mutating func reference(_ bytes: ArraySlice<UInt8>, role: Envelope.Role) -> UInt32 {
        let span = unsafe bytes.span.bytes
        var hash = ContentHash.hash64(span, seed: UInt64(role.rawValue))
        while let found = self.byHash[hash] {
            let entry = self.entries[Int(found - 1)]
            if entry.role == role, self.arena.raw.extracting(entry.range).equals(span) { return found }
            hash &+= 1
        }
        let start = self.arena.count
        self.arena.append(contentsOf: bytes)
        self.entries.append((role, start..<self.arena.count))
        let reference = UInt32(truncatingIfNeeded: self.entries.count)
        self.byHash[hash] = reference
        return reference
    }

    /// Appends an envelope as a frame's table has it: role, length, bytes.
    package func write(_ reference: UInt32, into writer: inout ByteWriter) {
        let entry = self.entries[Int(reference - 1)]
        writer.byte(entry.role.rawValue)
        writer.varint(UInt64(entry.range.count))
        writer.bytes(self.arena.raw.extracting(entry.range))
    }

    /// Forgets everything; keeps modest room.
    package mutating func removeAll() {
        self.arena.removeAll(keepingCapacity: self.arena.capacity <= 1 << 20)
        self.entries.removeAll(keepingCapacity: self.entries.capacity <= 1 << 14)
        self.byHash.removeAll(keepingCapacity: self.byHash.capacity <= 1 << 14)
    }
}

/// The names that index entries point to.
package struct NameTable: Sendable {
    /// All names, in the order first met.
    package private(set) var list: [String] = []
    private var index: [String: UInt16] = [:]

    /// An empty table.
    package init() {}

    /// The reference of a name; ``ChunkEntry/noName`` once the table is full.
    package mutating func reference(_ text: String) -> UInt16 {
        if let found = self.index[text] { return found }
        guard self.list.count < Int(ChunkEntry.noName) else { return ChunkEntry.noName }
        let reference = UInt16(self.list.count)
        self.list.append(text)
        self.index[text] = reference
        return reference
    }

    /// Forgets everything; keeps modest room.
    package mutating func removeAll() {
        self.list.removeAll(keepingCapacity: true)
        self.index.removeAll(keepingCapacity: self.index.capacity <= 1 << 12)
    }
}
