/// What was deleted for good, as every node of a cluster is to know it.
///
/// Merges: of one trace the later time holds, of everything before a time the later one. Bounded: beyond
/// ``countMax`` the oldest are forgotten, as they are once nothing so old is kept anyway.
package struct Tombstones: Equatable, Sendable {
    /// The version of the bytes that is written, and the only one that is read.
    package static let version: UInt8 = 1
    /// Traces that are remembered.
    package static let countMax = 16_384

    private var times: [Key: ClusterTime] = [:]
    /// Of the traces' hashes; wraps around.
    private var sum: UInt64 = 0
    /// Everything that was made before was deleted; zero where nothing was.
    package private(set) var before = ClusterTime(nanoseconds: 0)
    /// Traces that were forgotten for want of room, since this value was made; not told, not compared.
    package private(set) var forgotten: UInt64 = 0

    /// Nothing deleted.
    package init() {}

    /// Whether nothing was deleted.
    package var isEmpty: Bool { self.times.isEmpty && self.before.nanoseconds == 0 }
    /// How many traces are remembered.
    package var count: Int { self.times.count }

    /// All deleted traces, the earliest deletion first.
    package var all: [Tombstone] { self.times.map { Tombstone($0.key, at: $0.value) }.sorted() }

    /// What two nodes compare: the sum of the traces' hashes, and the time before which everything went.
    package var digest: UInt64 { self.before.nanoseconds &+ self.sum }

    /// Whether a chunk was deleted, and is to be taken from nobody.
    package func covers(_ key: Key, made created: ClusterTime) -> Bool {
        guard !self.times.isEmpty, let at = self.times[key] else { return false }
        return created.nanoseconds / 1_000_000 <= at.nanoseconds / 1_000_000
    }

    /// Notes the deletion of a trace.
    ///
    /// - Returns: Whether it was news.
    package mutating func add(_ tombstone: Tombstone) -> Bool {
        guard self.put(tombstone) else { return false }
        return !self.makeRoom().contains(tombstone.key)
    }

    /// Takes over what another node knows of single traces.
    ///
    /// - Parameters:
    ///   - others: All of it.
    ///   - oldest: Earlier deletions are passed over: nothing so old is kept.
    /// - Returns: The traces whose deletion was news.
    package mutating func merge(_ others: Tombstones, since oldest: ClusterTime) -> Set<Key> {
        var news: Set<Key> = []
        for (key, at) in others.times where at >= oldest {
            if self.put(Tombstone(key, at: at)) { news.insert(key) }
        }
        return news.subtracting(self.makeRoom())
    }

    private mutating func put(_ tombstone: Tombstone) -> Bool {
        let known = self.times[tombstone.key]
        guard known.map({ $0 < tombstone.at }) ?? true else { return false }
        if let known { self.sum &-= Tombstone(tombstone.key, at: known).hash64 }
        self.times[tombstone.key] = tombstone.at
        self.sum &+= tombstone.hash64
        return true
    }

    /// Forgets the oldest where there are too many; gives their keys.
    private mutating func makeRoom() -> Set<Key> {
        guard self.times.count > Self.countMax else { return [] }
        let oldest = self.all.prefix(self.times.count - Self.countMax)
        for tombstone in oldest { self.drop(tombstone) }
        self.forgotten += UInt64(oldest.count)
        return Set(oldest.map(\.key))
    }

    private mutating func drop(_ tombstone: Tombstone) {
        self.times[tombstone.key] = nil
        self.sum &-= tombstone.hash64
    }

    /// Notes that everything that was made before a time was deleted.
    ///
    /// - Returns: Whether it was news.
    package mutating func add(before time: ClusterTime) -> Bool {
        guard time > self.before else { return false }
        self.before = time
        return true
    }

    /// Forgets what was deleted before a time: nothing so old is kept.
    package mutating func expire(before time: ClusterTime) {
        for tombstone in self.all where tombstone.at < time { self.drop(tombstone) }
        if self.before < time { self.before = ClusterTime(nanoseconds: 0) }
    }
}

/// The bytes of them, on the disk and on the wire: byte version, varint nanoseconds before which everything went, varint count,
/// then for each trace, the earliest deletion first, two fixed64 of the key and varint milliseconds; XXH3-64 of all that.
extension Tombstones {
    /// The bytes.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 32 + self.count * 24)
        writer.byte(Self.version)
        writer.varint(self.before.nanoseconds)
        writer.varint(UInt64(self.count))
        for tombstone in self.all {
            writer.fixed64(tombstone.key.high)
            writer.fixed64(tombstone.key.low)
            writer.varint(tombstone.at.nanoseconds / 1_000_000)
        }
        writer.fixed64(ContentHash.hash64(writer.bytes.raw))
        return writer.bytes
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none, or hold more than ``countMax`` traces.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= 8 else { throw .truncated(atByte: bytes.byteCount) }
        var tail = WireReader(bytes, bytes.byteCount - 8..<bytes.byteCount)
        guard try tail.fixed64() == ContentHash.hash64(bytes.extracting(0..<bytes.byteCount - 8)) else {
            throw .invalidTag(atByte: bytes.byteCount - 8)
        }
        var reader = WireReader(bytes, 0..<bytes.byteCount - 8)
        guard try reader.byte() == Self.version else { throw .invalidTag(atByte: 0) }
        self.before = ClusterTime(nanoseconds: try reader.varint())
        let count = try reader.varint()
        // A trace takes seventeen bytes at least.
        guard count <= UInt64(Self.countMax), count <= UInt64(bytes.byteCount / 17) else {
            throw .tooMany(atByte: reader.offset)
        }
        for _ in 0..<count {
            let key = Key(high: try reader.fixed64(), low: try reader.fixed64())
            let (at, overflow) = try reader.varint().multipliedReportingOverflow(by: 1_000_000)
            guard !overflow, self.times[key] == nil,
                self.put(Tombstone(key, at: ClusterTime(nanoseconds: at)))
            else { throw .tooMany(atByte: reader.offset) }
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}
