package import Telemetry

/// Adds up what several segments hold of some buckets.
package struct BucketSurvey: Sendable {
    /// Minutes since the Unix epoch that are looked at; what lies in them only in part is left out.
    package let minutes: Range<UInt32>
    /// From this minute on minutes are told, before it hours; nil where only partitions are.
    package let minutesFrom: UInt32?
    private let isWanted: [Bool]
    private let given: Set<BucketSpan>
    private var partitions = [ChunkDigest](repeating: .none, count: Key.partitionCount)
    private var spans: [BucketSpan: ChunkDigest] = [:]

    /// A survey of some partitions; what is given away, and only waits to be removed, is left out.
    package init(
        _ partitions: some Sequence<Int>,
        in minutes: Range<UInt32>,
        minutesFrom: UInt32? = nil,
        leavingOut given: Set<BucketSpan> = []
    ) {
        self.minutes = minutes
        self.minutesFrom = minutesFrom
        self.given = given
        var isWanted = [Bool](repeating: false, count: Key.partitionCount)
        for partition in partitions where isWanted.indices.contains(partition) { isWanted[partition] = true }
        self.isWanted = isWanted
    }

    /// Adds a sealed segment.
    package mutating func add(_ table: BucketTable) {
        for partition in 0..<Key.partitionCount where self.isWanted[partition] {
            table.forEach(of: partition, in: self.minutes) { self.note($0, $1) }
        }
    }

    /// Adds a segment that is being written.
    package mutating func add(_ builder: BucketTable.Builder) {
        builder.walk { span, digest in
            guard self.isWanted[Int(span.partition)], self.minutes.contains(span.start) else { return }
            self.note(span, digest)
        }
    }

    private mutating func note(_ span: BucketSpan, _ digest: ChunkDigest) {
        guard self.given.isEmpty || !self.given.contains(span) && !self.given.contains(span.wholeHour) else {
            return
        }
        guard let minutesFrom = self.minutesFrom else {
            self.partitions[Int(span.partition)] += digest
            return
        }
        let unit = span.start >= minutesFrom ? span : span.wholeHour
        self.spans[unit, default: .none] += digest
    }

    /// Digests of the partitions that hold anything, ascending.
    package var partitionDigests: [(partition: Int, digest: ChunkDigest)] {
        self.partitions.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element) }
    }

    /// Digests of minutes and hours that hold anything, ascending.
    package var spanDigests: [(span: BucketSpan, digest: ChunkDigest)] {
        self.spans.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
