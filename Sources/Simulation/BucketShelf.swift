internal import Cluster
internal import Telemetry

/// What a disk holds, minute by minute and partition by partition, as digests and names tell it.
struct BucketShelf: Equatable, Sendable {
    private struct Minute: Equatable, Sendable {
        var minute: UInt32
        var count = 0
        /// By partition.
        var digests = [ChunkDigest](repeating: .none, count: Key.partitionCount)
        /// By partition.
        var frames = [[FrameID]](repeating: [], count: Key.partitionCount)
    }

    /// Ascending.
    private var rows: [Minute] = []

    /// Adds a chunk that is not there.
    mutating func add(_ name: ChunkName) {
        let (partition, minute) = Self.place(of: name)
        var row = self.rows.count
        while row > 0, self.rows[row - 1].minute >= minute { row -= 1 }
        if row == self.rows.count || self.rows[row].minute != minute {
            self.rows.insert(Minute(minute: minute), at: row)
        }
        self.rows[row].count += 1
        self.rows[row].digests[partition] += name.digest
        self.rows[row].frames[partition].append(name.id.frame)
    }

    /// Takes a chunk out.
    mutating func remove(_ name: ChunkName) {
        let (partition, minute) = Self.place(of: name)
        guard let row = self.rows.lastIndex(where: { $0.minute == minute }),
            let frame = self.rows[row].frames[partition].firstIndex(of: name.id.frame)
        else { return }
        self.rows[row].count -= 1
        self.rows[row].digests[partition] -= name.digest
        self.rows[row].frames[partition].remove(at: frame)
        if self.rows[row].count == 0 { self.rows.remove(at: row) }
    }

    /// Walks the buckets of a partition in some minutes, ascending, those aside that are given away.
    func forEach(
        of partition: Int,
        in minutes: Range<UInt32>,
        leavingOut given: GivenSpans = .init(),
        _ body: (UInt32, ChunkDigest) -> Void
    ) {
        for row in self.rows {
            guard minutes.contains(row.minute), !row.digests[partition].isEmpty,
                !given.contains(partition, row.minute)
            else { continue }
            body(row.minute, row.digests[partition])
        }
    }

    /// The same of their frames.
    func frames(
        of partition: Int,
        in minutes: Range<UInt32>,
        leavingOut given: GivenSpans = .init()
    ) -> [FrameID] {
        var frames: [FrameID] = []
        for row in self.rows where minutes.contains(row.minute) && !row.digests[partition].isEmpty {
            if !given.contains(partition, row.minute) { frames += row.frames[partition] }
        }
        return frames
    }

    /// What is held of a partition in some minutes.
    func digest(
        of partition: Int,
        in minutes: Range<UInt32>,
        leavingOut given: GivenSpans = .init()
    ) -> ChunkDigest {
        var sum = ChunkDigest.none
        self.forEach(of: partition, in: minutes, leavingOut: given) { _, digest in sum += digest }
        return sum
    }

    /// The same of all partitions, by number.
    func digests(in minutes: Range<UInt32>, leavingOut given: GivenSpans = .init()) -> [ChunkDigest] {
        var sums = [ChunkDigest](repeating: .none, count: Key.partitionCount)
        for row in self.rows where minutes.contains(row.minute) {
            let digests = row.digests
            guard let gone = given.partitions(of: row.minute) else {
                for partition in sums.indices { sums[partition] += digests[partition] }
                continue
            }
            for partition in sums.indices where !gone.contains(partition) {
                sums[partition] += digests[partition]
            }
        }
        return sums
    }

    /// All frames, minute after minute.
    var frames: [FrameID] { self.frames(in: 0..<UInt32.max) }

    /// All frames but those that are given away.
    func frames(leavingOut given: GivenSpans) -> [FrameID] {
        var frames: [FrameID] = []
        for row in self.rows {
            let gone = given.partitions(of: row.minute)
            for partition in row.frames.indices where gone?.contains(partition) != true {
                frames += row.frames[partition]
            }
        }
        return frames
    }

    /// Frames of some minutes.
    func frames(in minutes: Range<UInt32>) -> [FrameID] {
        self.rows.flatMap { row in minutes.contains(row.minute) ? row.frames.flatMap { $0 } : [] }
    }

    private static func place(of name: ChunkName) -> (partition: Int, minute: UInt32) {
        (name.id.key.partition, UInt32(truncatingIfNeeded: name.created.minute))
    }
}
