package import Telemetry

/// What one node asks another about what it holds, to compare and to fetch.
package enum RepairQuestion: Equatable, Sendable {
    /// Digests of partitions over some minutes.
    case partitions(PartitionSet, minutes: Range<UInt32>)
    /// Digests of the hours of some partitions before a minute, and of the minutes from it on.
    case spans([UInt16], minutes: Range<UInt32>, minutesFrom: UInt32)
    /// The names of the chunks of some hours and minutes.
    case names([BucketSpan])
    /// Chunks themselves.
    case chunks([ChunkName])
    /// What was deleted for good, where that is something else than what whoever asks knows of.
    case purges(digest: UInt64)

    /// Partitions in one question for spans.
    package static let partitionsMax = 64
    /// Spans in one question for names.
    package static let spansMax = 256
    /// Names in one answer, unless one span has more.
    package static let namesMax = 65_536
    /// Names in one question for chunks.
    package static let chunksMax = 1024
    /// Raw bytes of chunks in one answer, give or take one chunk.
    package static let chunkBytesMax = 4 << 20
}

/// What a node answers; kinds as in ``RepairQuestion``.
package enum RepairAnswer: Equatable, Sendable {
    /// Partitions that hold anything, ascending, in the minutes that were asked about from `floor` on, below which this
    /// node keeps nothing any more.
    case partitions([PartitionDigest], floor: UInt32)
    /// Hours and minutes that hold anything, ascending.
    case spans([SpanDigest])
    /// The names of the first spans that were asked about, in their order.
    case names([[ChunkName]])
    /// Merged frames, one behind the other.
    case chunks([UInt8])
    /// All that this node knows to be deleted; nothing where both know the same.
    case purges(Tombstones)
}

/// What a node holds of one partition.
package struct PartitionDigest: Equatable, Sendable {
    /// 0 to 1023.
    package var partition: UInt16
    /// Of its chunks.
    package var digest: ChunkDigest

    /// A partition's digest.
    package init(partition: UInt16, digest: ChunkDigest) {
        self.partition = partition
        self.digest = digest
    }
}

/// What a node holds of one hour or minute of a partition.
package struct SpanDigest: Hashable, Sendable {
    /// Which one.
    package var span: BucketSpan
    /// Of its chunks.
    package var digest: ChunkDigest

    /// A span's digest.
    package init(span: BucketSpan, digest: ChunkDigest) {
        self.span = span
        self.digest = digest
    }
}

/// Some of all partitions: one bit each.
package struct PartitionSet: Hashable, Sendable {
    /// Words of 64 partitions.
    private(set) var words = [UInt64](repeating: 0, count: Key.partitionCount / 64)

    /// All there are.
    package static let everything = PartitionSet(0..<Key.partitionCount)

    /// None.
    package init() {}

    /// Those given; numbers that are none are passed over.
    package init(_ partitions: some Sequence<Int>) { for partition in partitions { self.insert(partition) } }

    init(words: [UInt64]) { self.words = words }

    /// Adds one.
    package mutating func insert(_ partition: Int) {
        guard (0..<Key.partitionCount).contains(partition) else { return }
        self.words[partition / 64] |= 1 << UInt64(partition % 64)
    }

    /// Takes one out.
    package mutating func remove(_ partition: Int) {
        guard (0..<Key.partitionCount).contains(partition) else { return }
        self.words[partition / 64] &= ~(1 << UInt64(partition % 64))
    }

    /// Whether one is among them.
    package func contains(_ partition: Int) -> Bool {
        (0..<Key.partitionCount).contains(partition)
            && self.words[partition / 64] >> UInt64(partition % 64) & 1 == 1
    }

    /// All of them, ascending.
    package var all: [Int] { (0..<Key.partitionCount).filter { self.contains($0) } }

    /// How many there are.
    package var count: Int { self.words.reduce(0) { $0 + $1.nonzeroBitCount } }
}

extension Range<UInt32> {
    /// The part of some minutes that begins at a floor.
    package func from(_ floor: UInt32) -> Self { self.clamped(to: floor..<UInt32.max) }
}
