package import Telemetry

/// What a segment holds, bucket by bucket: what nodes compare with each other.
///
/// Immutable and sorted by partition and time. Buckets are minutes; those that were old when a merge wrote the table are
/// put together to hours, so that a day takes at most 24 entries for each partition.
package struct BucketTable: Equatable, Sendable {
    /// The version that is written, and the only one that is read.
    package static let version: UInt8 = 1
    /// Minutes that are younger are never put together.
    package static let minutesKept: UInt32 = 180

    /// Collects chunks as they come.
    package struct Builder: Sendable {
        private var digests: [BucketSpan: ChunkDigest] = [:]

        /// A collection of nothing.
        package init() {}

        /// Adds a chunk.
        package mutating func add(_ name: ChunkName) {
            self.digests[BucketSpan(name.id.key, created: name.created), default: .none] += name.digest
        }

        /// The table of what was added.
        ///
        /// - Parameter minute: Minutes of hours that ended before are put together; zero for none.
        /// - Returns: The table.
        package func table(hoursBefore minute: UInt32 = 0) -> BucketTable {
            var digests: [BucketSpan: ChunkDigest] = [:]
            for (span, digest) in self.digests {
                let hour = span.wholeHour
                digests[hour.minutes.upperBound <= minute ? hour : span, default: .none] += digest
            }
            return BucketTable(digests.sorted { $0.key < $1.key })
        }

        /// What was added of some buckets.
        package func walk(_ body: (BucketSpan, ChunkDigest) -> Void) {
            for (span, digest) in self.digests { body(span, digest) }
        }
    }

    private var spans: [BucketSpan]
    private var digests: [ChunkDigest]
    /// Places of the first entries of all partitions, and the end.
    private var firsts: [UInt32]

    /// A table of no buckets.
    package init() { self.init([]) }

    private init(_ entries: [(key: BucketSpan, value: ChunkDigest)]) {
        self.spans = entries.map(\.key)
        self.digests = entries.map(\.value)
        self.firsts = []
        self.firsts.reserveCapacity(Key.partitionCount + 1)
        var place = 0
        for partition in 0...Key.partitionCount {
            while place < self.spans.count, Int(self.spans[place].partition) < partition { place += 1 }
            self.firsts.append(UInt32(truncatingIfNeeded: place))
        }
    }

    /// How many entries there are.
    package var count: Int { self.spans.count }

    /// Walks the entries of a partition that lie in a range of minutes whole, in the order of time.
    package func forEach(
        of partition: Int,
        in minutes: Range<UInt32>,
        _ body: (BucketSpan, ChunkDigest) -> Void
    ) {
        for place in Int(self.firsts[partition])..<Int(self.firsts[partition + 1]) {
            let span = self.spans[place]
            guard span.minutes.lowerBound >= minutes.lowerBound, span.minutes.upperBound <= minutes.upperBound
            else { continue }
            body(span, self.digests[place])
        }
    }

    /// Version, varint count, then column by column: partition, start and kind as differences, counts, sums.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 16 + self.count * 14)
        writer.byte(Self.version)
        writer.varint(UInt64(self.count))
        var last: UInt64 = 0
        for span in self.spans {
            writer.varint(UInt64(span.partition) &- last)
            last = UInt64(span.partition)
        }
        var start: Int64 = 0
        for span in self.spans {
            writer.zigzag(Int64(span.start) &- start)
            start = Int64(span.start)
        }
        for span in self.spans { writer.byte(span.isHour ? 1 : 0) }
        for digest in self.digests { writer.varint(digest.count) }
        for digest in self.digests { writer.fixed64(digest.sum) }
        return writer.bytes
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes are no table.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.byte() == Self.version else { throw .invalidTag(atByte: 0) }
        let count = try reader.varint()
        // An entry takes twelve bytes at least.
        guard count <= UInt64(bytes.byteCount / 12) else { throw .tooMany(atByte: 1) }
        var entries: [(key: BucketSpan, value: ChunkDigest)] = []
        entries.reserveCapacity(Int(count))
        var partition: UInt64 = 0
        for _ in 0..<count {
            partition &+= try reader.varint()
            guard partition < UInt64(Key.partitionCount) else { throw .invalidTag(atByte: reader.offset) }
            entries.append((BucketSpan(partition: UInt16(partition), start: 0, isHour: false), .none))
        }
        var start: Int64 = 0
        for place in entries.indices {
            start &+= try reader.zigzag()
            guard let minute = UInt32(exactly: start) else { throw .invalidTag(atByte: reader.offset) }
            entries[place].key.start = minute
        }
        for place in entries.indices {
            let isHour = try reader.byte() == 1
            guard !isHour || entries[place].key.start % BucketSpan.hour == 0 else {
                throw .invalidTag(atByte: reader.offset)
            }
            entries[place].key.isHour = isHour
        }
        for place in entries.indices { entries[place].value.count = try reader.varint() }
        for place in entries.indices { entries[place].value.sum = try reader.fixed64() }
        guard reader.isAtEnd, zip(entries, entries.dropFirst()).allSatisfy({ $0.key < $1.key }) else {
            throw .tooMany(atByte: reader.offset)
        }
        self.init(entries)
    }
}
