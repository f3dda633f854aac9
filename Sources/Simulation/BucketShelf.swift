internal import Telemetry

/// What a disk holds, bucket by bucket, as digests and names tell it.
struct BucketShelf: Equatable, Sendable {
    private struct Bucket: Equatable, Sendable {
        var minute: UInt32
        var digest: ChunkDigest
        var frames: [FrameID]
    }

    /// By partition; minutes in the order in which they came.
    private var rows = [[Bucket]](repeating: [], count: Key.partitionCount)

    /// Adds a chunk that is not there.
    mutating func add(_ name: ChunkName) {
        let (partition, minute) = Self.place(of: name)
        let place: Int
        if let known = self.rows[partition].lastIndex(where: { $0.minute == minute }) {
            place = known
        } else {
            place = self.rows[partition].count
            self.rows[partition].append(Bucket(minute: minute, digest: .none, frames: []))
        }
        self.rows[partition][place].digest += name.digest
        self.rows[partition][place].frames.append(name.id.frame)
    }

    /// Takes a chunk out.
    mutating func remove(_ name: ChunkName) {
        let (partition, minute) = Self.place(of: name)
        guard let place = self.rows[partition].firstIndex(where: { $0.minute == minute }),
            let frame = self.rows[partition][place].frames.firstIndex(of: name.id.frame)
        else { return }
        self.rows[partition][place].digest -= name.digest
        self.rows[partition][place].frames.remove(at: frame)
        if self.rows[partition][place].frames.isEmpty { self.rows[partition].remove(at: place) }
    }

    /// Walks the buckets of a partition in some minutes, those aside that are given away.
    func forEach(
        of partition: Int,
        in minutes: Range<UInt32>,
        leavingOut given: Set<BucketSpan>,
        _ body: (UInt32, ChunkDigest, [FrameID]) -> Void
    ) {
        for bucket in self.rows[partition] where minutes.contains(bucket.minute) {
            if !given.isEmpty {
                let span = BucketSpan(partition: UInt16(partition), start: bucket.minute, isHour: false)
                if given.contains(span) || given.contains(span.wholeHour) { continue }
            }
            body(bucket.minute, bucket.digest, bucket.frames)
        }
    }

    /// What is held of a partition in some minutes.
    func digest(
        of partition: Int,
        in minutes: Range<UInt32>,
        leavingOut given: Set<BucketSpan> = []
    ) -> ChunkDigest {
        var sum = ChunkDigest.none
        self.forEach(of: partition, in: minutes, leavingOut: given) { _, digest, _ in sum += digest }
        return sum
    }

    /// All frames, partition after partition.
    var frames: [FrameID] { self.rows.flatMap { $0.flatMap(\.frames) } }

    private static func place(of name: ChunkName) -> (partition: Int, minute: UInt32) {
        (name.id.key.partition, UInt32(truncatingIfNeeded: name.created.minute))
    }
}
