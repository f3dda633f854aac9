package import Telemetry

/// Gathers items by key and seals them into frames.
///
/// Items are staged in the order of arrival and linked by key through an open-addressing table, so that adding
/// costs one probe and one copy; nothing is sorted until a frame is sealed, and then only the chunks.
package struct FrameBuilder: ~Copyable {
    /// A sealed frame is at most about this large before compression, unless one chunk alone is larger.
    package static let rawBytesMax = 512 << 10

    let signal: Signal
    /// What stands in the headers beside how the frame is laid out.
    var flags: FrameHeader.Flags
    let compressor: ZstdCompressor
    var staging: [UInt8] = []
    var items: [StagedItem] = []
    var chunks: [StagedChunk] = []
    /// Open addressing: one plus the chunk's index, or zero.
    private var buckets: [UInt32] = Array(repeating: 0, count: 1024)
    var tables = EnvelopeTable()
    /// References of what belongs to whole requests.
    var extras: [UInt32] = []
    var names = NameTable()
    /// The payload of the frame that is being sealed; kept for its room.
    var payload = ByteWriter()

    /// An empty builder.
    ///
    /// - Parameters:
    ///   - signal: What the frames hold.
    ///   - compressionLevel: The zstd level; 1 is fastest.
    ///   - isJournal: Whether the frames hold what was counted and not kept.
    package init(signal: Signal, compressionLevel: Int, isJournal: Bool = false) {
        self.signal = signal
        self.flags = isJournal ? [.journal] : []
        self.compressor = ZstdCompressor(level: compressionLevel)
    }

    /// Items staged so far; a metric with many points is one.
    package var itemCount: Int { self.items.count }
    /// Whether nothing is staged.
    package var isEmpty: Bool { self.items.isEmpty }
    /// Bytes staged so far, before compression.
    package var rawBytes: Int { self.staging.count + self.tables.byteCount }

    /// Notes a resource or scope; gives the reference to use with ``add(_:bytes:)``.
    package mutating func envelope(_ bytes: ArraySlice<UInt8>, role: Envelope.Role) -> UInt32 {
        self.tables.reference(bytes, role: role)
    }

    /// Keeps unknown fields of a whole request: they go into the next frame's tables, where no item refers to them.
    package mutating func keep(requestExtras bytes: [UInt8]) {
        self.extras.append(self.tables.reference(bytes[...], role: .request))
    }

    /// Notes a service or root name; gives the reference for an item.
    package mutating func name(_ text: String) -> UInt16 { self.names.reference(text) }

    /// Stages one item.
    package mutating func add(_ item: NewItem, bytes: RawSpan) {
        let (chunk, isFirst) = self.stage(bytes, item.key, resource: item.resource, scope: item.scope)
        if isFirst { self.chunks[chunk].entry.service = item.service }
        self.chunks[chunk].note(item)
    }

    /// Puts an item's bytes at the end of its chunk, of which nothing else is noted yet.
    ///
    /// - Returns: The chunk, and whether the item is its first.
    mutating func stage(
        _ bytes: RawSpan,
        _ key: Key,
        resource: UInt32,
        scope: UInt32
    ) -> (chunk: Int, isFirst: Bool) {
        let offset = self.staging.count
        unsafe bytes.withUnsafeBytes { unsafe self.staging.append(contentsOf: $0) }
        let index = UInt32(truncatingIfNeeded: self.items.count)
        self.items.append(
            StagedItem(
                offset: UInt32(truncatingIfNeeded: offset),
                length: UInt32(truncatingIfNeeded: bytes.byteCount),
                resource: resource,
                scope: scope,
                next: .max
            )
        )
        let chunk = self.chunk(key)
        let isFirst = self.chunks[chunk].head == .max
        if isFirst {
            self.chunks[chunk].head = index
        } else {
            self.items[Int(self.chunks[chunk].tail)].next = index
        }
        self.chunks[chunk].tail = index
        self.chunks[chunk].bytes += bytes.byteCount
        return (chunk, isFirst)
    }

    /// Seals everything staged into frames, each about ``rawBytesMax`` at most, and starts afresh.
    ///
    /// - Parameters:
    ///   - run: The origin.
    ///   - created: The cluster time that stands in the headers.
    ///   - groups: Chunks of different groups come into different frames.
    ///   - mark: A flag that these frames have beside those of the builder.
    ///   - nextSequence: Gives the number of a frame; asked once for each.
    /// - Returns: The frames group by group, in the order of their keys.
    package mutating func seal(
        run: RunID,
        created: ClusterTime,
        groups: PartitionGroups = .one,
        mark: FrameHeader.Flags = [],
        nextSequence: () -> UInt64
    ) -> [SealedFrame] {
        guard !self.items.isEmpty else { return [] }
        let flags = self.flags
        self.flags.formUnion(mark)
        defer { self.flags = flags }
        let order = self.order(groups)
        var frames: [SealedFrame] = []
        var first = 0
        while first < order.count {
            var bytes = 0
            var last = first
            let group = groups.group(of: self.chunks[order[first]].entry.key)
            while last < order.count, groups.group(of: self.chunks[order[last]].entry.key) == group {
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

    /// The chunks by group, then by key.
    private func order(_ groups: PartitionGroups) -> [Int] {
        guard groups.areSeveral else {
            return self.chunks.indices.sorted { self.chunks[$0].entry.key < self.chunks[$1].entry.key }
        }
        let numbers = self.chunks.map { groups.group(of: $0.entry.key) }
        return self.chunks.indices.sorted { left, right in
            numbers[left] == numbers[right]
                ? self.chunks[left].entry.key < self.chunks[right].entry.key : numbers[left] < numbers[right]
        }
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
        self.extras.removeAll()
        self.names.removeAll()
    }

    private mutating func chunk(_ key: Key) -> Int {
        let mask = self.buckets.count &- 1
        var place = Self.hash(key) & mask
        while self.buckets[place] != 0 {
            let chunk = Int(self.buckets[place] &- 1)
            let other = self.chunks[chunk].entry.key
            if other.high == key.high, other.low == key.low { return chunk }
            place = (place &+ 1) & mask
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
            var place = Self.hash(self.chunks[index].entry.key) & mask
            while self.buckets[place] != 0 { place = (place + 1) & mask }
            self.buckets[place] = UInt32(truncatingIfNeeded: index + 1)
        }
    }

    @inline(__always)
    private static func hash(_ key: Key) -> Int {
        let mixed = (key.high ^ key.low &* 0x9e37_79b9_7f4a_7c15) &* 0xff51_afd7_ed55_8ccd
        return Int(truncatingIfNeeded: mixed >> 32)
    }
}
