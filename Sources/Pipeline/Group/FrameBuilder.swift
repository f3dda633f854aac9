package import Telemetry

/// Gathers items by key and seals them into frames.
///
/// Items are staged in the order of arrival and linked by key through an open-addressing table, so that adding
/// costs one probe and one copy; nothing is sorted until a frame is sealed, and then only the chunks.
package struct FrameBuilder: ~Copyable {
    /// A sealed frame is at most about this large before compression, unless one chunk alone is larger.
    package static let rawBytesMax = 512 << 10

    private let signal: Signal
    private let flags: FrameHeader.Flags
    private let compressor: ZstdCompressor
    private var staging: [UInt8] = []
    private var items: [StagedItem] = []
    private var chunks: [StagedChunk] = []
    /// Open addressing: one plus the chunk's index, or zero.
    private var buckets: [UInt32] = Array(repeating: 0, count: 1024)
    private var tables = EnvelopeTable()
    private var names = NameTable()
    private var payload = ByteWriter()

    /// - Parameter isJournal: Whether the frames hold what was counted and not kept.
    package init(signal: Signal, compressionLevel: Int, isJournal: Bool = false) {
        self.signal = signal
        self.flags = isJournal ? [.journal] : []
        self.compressor = ZstdCompressor(level: compressionLevel)
    }

    package var itemCount: Int { self.items.count }
    package var isEmpty: Bool { self.items.isEmpty }
    /// Bytes staged so far, before compression.
    package var rawBytes: Int { self.staging.count + self.tables.byteCount }

    /// Notes a resource or scope; gives the reference to use with ``add(_:bytes:)``.
    package mutating func envelope(_ bytes: ArraySlice<UInt8>, role: Envelope.Role) -> UInt32 {
        self.tables.reference(bytes, role: role)
    }

    /// Notes a service or root name; gives the reference for an item.
    package mutating func name(_ text: String) -> UInt16 { self.names.reference(text) }

    /// Stages one item.
    package mutating func add(_ item: NewItem, bytes: RawSpan) {
        let offset = self.staging.count
        unsafe bytes.withUnsafeBytes { unsafe self.staging.append(contentsOf: $0) }
        let index = UInt32(truncatingIfNeeded: self.items.count)
        self.items.append(
            StagedItem(
                offset: UInt32(truncatingIfNeeded: offset),
                length: UInt32(truncatingIfNeeded: bytes.byteCount),
                resource: item.resource,
                scope: item.scope,
                next: .max
            )
        )
        let chunk = self.chunk(item.key)
        if self.chunks[chunk].head == .max {
            self.chunks[chunk].head = index
            self.chunks[chunk].entry.service = item.service
        } else {
            self.items[Int(self.chunks[chunk].tail)].next = index
        }
        self.chunks[chunk].note(item, index: index, bytes: bytes.byteCount)
    }

    /// Seals everything staged into frames, each about ``rawBytesMax`` at most, and starts afresh.
    ///
    /// - Parameters:
    ///   - run: The origin; `nextSequence` is asked once per frame.
    ///   - created: The cluster time that stands in the headers.
    package mutating func seal(
        run: RunID,
        created: ClusterTime,
        nextSequence: () -> UInt64
    ) -> [SealedFrame] {
        guard !self.items.isEmpty else { return [] }
        let order = self.chunks.indices.sorted { self.chunks[$0].entry.key < self.chunks[$1].entry.key }
        var frames: [SealedFrame] = []
        var first = 0
        while first < order.count {
            var bytes = 0
            var last = first
            while last < order.count {
                bytes += self.chunks[order[last]].bytes
                if last > first, bytes > Self.rawBytesMax { break }
                last += 1
            }
            let id = FrameID(run: run, sequence: nextSequence())
            frames.append(self.frame(order[first..<last], id: id, created: created))
            first = last
        }
        self.removeAll()
        return frames
    }

    private mutating func removeAll() {
        self.staging.removeAll(keepingCapacity: self.staging.capacity <= 4 << 20)
        self.items.removeAll(keepingCapacity: self.items.capacity <= 1 << 16)
        self.chunks.removeAll(keepingCapacity: self.chunks.capacity <= 1 << 16)
        if self.buckets.count > 1 << 16 {
            self.buckets = Array(repeating: 0, count: 1024)
        } else {
            for index in self.buckets.indices { self.buckets[index] = 0 }
        }
        self.tables.removeAll()
        self.names.removeAll()
    }

    private mutating func chunk(_ key: Key) -> Int {
        let mask = self.buckets.count - 1
        var place = Int(truncatingIfNeeded: (key.high ^ key.low &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
        while self.buckets[place] != 0 {
            let chunk = Int(self.buckets[place] - 1)
            if self.chunks[chunk].entry.key == key { return chunk }
            place = (place + 1) & mask
        }
        self.chunks.append(StagedChunk(key: key))
        self.buckets[place] = UInt32(truncatingIfNeeded: self.chunks.count)
        if self.chunks.count * 2 > self.buckets.count { self.growBuckets() }
        return self.chunks.count - 1
    }

    private mutating func growBuckets() {
        let mask = self.buckets.count * 2 - 1
        self.buckets = Array(repeating: 0, count: mask + 1)
        for index in self.chunks.indices {
            let key = self.chunks[index].entry.key
            var place = Int(truncatingIfNeeded: (key.high ^ key.low &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
            while self.buckets[place] != 0 { place = (place + 1) & mask }
            self.buckets[place] = UInt32(truncatingIfNeeded: index + 1)
        }
    }

    private mutating func frame(_ order: ArraySlice<Int>, id: FrameID, created: ClusterTime) -> SealedFrame {
        self.payload.bytes.removeAll(keepingCapacity: true)
        let tables = self.writeTables(order)
        var entries: [ChunkEntry] = []
        entries.reserveCapacity(order.count)
        var itemCount = 0
        for index in order {
            var entry = self.chunks[index].entry
            entry.offset = UInt32(truncatingIfNeeded: self.payload.bytes.count)
            self.writeItems(of: self.chunks[index], tables)
            entry.length = UInt32(truncatingIfNeeded: self.payload.bytes.count) - entry.offset
            itemCount += Int(entry.itemCount)
            entries.append(entry)
        }
        let header = FrameHeader(
            signal: self.signal,
            flags: self.flags,
            id: id,
            created: created,
            itemCount: itemCount,
            chunkCount: entries.count,
            tableCount: tables.count
        )
        return SealedFrame(header, entries, self.names.list, payload: self.payload.bytes, self.compressor)
    }

    /// Writes the tables that these chunks use; gives the new reference of each.
    private mutating func writeTables(_ order: ArraySlice<Int>) -> [UInt32: UInt32] {
        var used: [UInt32: UInt32] = [:]
        var list: [UInt32] = []
        for index in order {
            var item = self.chunks[index].head
            while item != .max {
                let staged = self.items[Int(item)]
                for reference in [staged.resource, staged.scope]
                where reference != 0 && used[reference] == nil {
                    list.append(reference)
                    used[reference] = UInt32(truncatingIfNeeded: list.count)
                }
                item = staged.next
            }
        }
        for reference in list { self.tables.write(reference, into: &self.payload) }
        return used
    }

    private mutating func writeItems(of chunk: StagedChunk, _ tables: [UInt32: UInt32]) {
        var item = chunk.head
        while item != .max {
            let first = self.items[Int(item)]
            var count: UInt64 = 1
            var next = first.next
            while next != .max {
                let other = self.items[Int(next)]
                guard other.resource == first.resource, other.scope == first.scope else { break }
                count += 1
                next = other.next
            }
            self.payload.varint(UInt64(tables[first.resource] ?? 0))
            self.payload.varint(UInt64(tables[first.scope] ?? 0))
            self.payload.varint(count)
            while item != next {
                let staged = self.items[Int(item)]
                self.payload.varint(UInt64(staged.length))
                let start = Int(staged.offset)
                self.payload.bytes.append(contentsOf: self.staging[start..<start + Int(staged.length)])
                item = staged.next
            }
        }
    }
}

/// What the grouping needs to know about an item beside its bytes.
package struct NewItem: Sendable {
    package var key: Key
    /// References that ``FrameBuilder/envelope(_:role:)`` gave; zero for none.
    package var resource: UInt32 = 0
    package var scope: UInt32 = 0
    package var start: UInt64 = 0
    package var end: UInt64 = 0
    package var isRoot = false
    package var isError = false
    package var service: UInt16 = ChunkEntry.noName
    /// The root's own name; of no meaning for other items.
    package var name: UInt16 = ChunkEntry.noName
    /// How many items the accounts see: 1, or the data points of a metric.
    package var units: UInt32 = 1

    package init(key: Key) { self.key = key }
}

private struct StagedItem {
    var offset: UInt32
    var length: UInt32
    var resource: UInt32
    var scope: UInt32
    /// The next item of the same chunk; `.max` ends the list.
    var next: UInt32
}

private struct StagedChunk {
    var entry: ChunkEntry
    var head: UInt32 = .max
    var tail: UInt32 = .max
    var bytes = 0

    init(key: Key) { self.entry = ChunkEntry(key: key) }

    mutating func note(_ item: NewItem, index: UInt32, bytes: Int) {
        self.tail = index
        self.bytes += bytes
        self.entry.itemCount &+= item.units
        self.entry.firstStart = min(self.entry.firstStart, item.start)
        self.entry.lastEnd = max(self.entry.lastEnd, max(item.start, item.end))
        if item.isError {
            self.entry.errorCount += 1
            self.entry.flags.insert(.error)
        }
        if item.isRoot {
            self.entry.flags.insert(.root)
            self.entry.service = item.service
            self.entry.rootName = item.name
        }
    }
}
