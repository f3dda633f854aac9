internal import Storage
internal import Synchronization
package import Telemetry

/// What other nodes ask about what is held here, to compare and to fetch.
extension SegmentStore {
    /// Digests of whole partitions that hold anything, ascending.
    ///
    /// - Parameters:
    ///   - partitions: Those that are asked about.
    ///   - minutes: Minutes since the Unix epoch; buckets that lie in them only in part are left out.
    /// - Returns: Partitions and their digests.
    /// - Throws: Where an index cannot be read.
    package func partitionDigests(
        of partitions: [Int],
        in minutes: Range<UInt32>
    ) async throws -> [(partition: Int, digest: ChunkDigest)] {
        try await self.readers.run {
            try self.surveyed(
                BucketSurvey(partitions, in: minutes, leavingOut: self.givenAway)
            ).partitionDigests
        }
    }

    /// Digests of hours before a minute, and of minutes from it on, that hold anything, ascending.
    package func spanDigests(
        of partitions: [Int],
        in minutes: Range<UInt32>,
        minutesFrom: UInt32
    ) async throws -> [(span: BucketSpan, digest: ChunkDigest)] {
        try await self.readers.run {
            try self.surveyed(
                BucketSurvey(
                    partitions,
                    in: minutes,
                    minutesFrom: minutesFrom,
                    leavingOut: self.givenAway
                )
            ).spanDigests
        }
    }

    var givenAway: Set<BucketSpan> { self.state.withLock { $0.givenAway } }

    func surveyed(_ empty: BucketSurvey) throws -> BucketSurvey {
        var survey = empty
        let (sealed, open) = self.snapshot()
        for segment in sealed {
            // Without one of them it would say that this node lacks what it holds.
            guard let buckets = self.reading(segment, { try segment.readBuckets() }) else {
                throw StorageFailure(.failedIO, "the index of \(segment.path) is being built again")
            }
            survey.add(buckets.table)
        }
        for segment in open {
            survey.add(segment.buckets)
        }
        return survey
    }

    /// The names of all chunks of some buckets; each once.
    ///
    /// - Parameters:
    ///   - spans: Minutes and hours.
    ///   - limit: No more names than that, unless the first span has more alone.
    /// - Returns: The names, span by span in the order given; fewer spans where there are too many.
    /// - Throws: Nothing of its own; frames that cannot be read are counted and left out.
    package func chunkNames(of spans: [BucketSpan], limit: Int) async throws -> [Set<ChunkName>] {
        try await self.readers.run {
            var found: [Set<ChunkName>] = spans.map { _ in [] }
            self.forEachName(of: spans) { found[$0].insert($1) }
            var count = 0
            let fitting = found.prefix { names in
                defer { count += names.count }
                return count == 0 || count + names.count <= limit
            }
            return Array(fitting)
        }
    }

    /// Walks the chunks of spans; gives the number of the span.
    private func forEachName(of spans: [BucketSpan], _ body: (Int, ChunkName) -> Void) {
        let given = self.givenAway
        var wanted: [Int: [Int]] = [:]
        for (number, span) in spans.enumerated() { wanted[Int(span.partition), default: []].append(number) }
        let minutes =
            (spans.map(\.minutes.lowerBound).min() ?? 0)..<(spans.map(\.minutes.upperBound).max() ?? 0)
        func note(_ frame: Frame) {
            for (index, entry) in frame.entries.enumerated() {
                guard let numbers = wanted[entry.key.partition] else { continue }
                let name = frame.chunkName(ofEntry: index)
                let minute = UInt32(truncatingIfNeeded: name.created.minute)
                // As digests do: what is given away has no name here.
                let bucket = BucketSpan(name.id.key, created: name.created)
                if !given.isEmpty, given.contains(bucket) || given.contains(bucket.wholeHour) { continue }
                for number in numbers where spans[number].minutes.contains(minute) { body(number, name) }
            }
        }
        let (sealed, open) = self.snapshot()
        let partitions = Set(wanted.keys)
        var damaged = 0
        for segment in sealed {
            let lines = self.reading(segment) { try segment.frameLines(of: partitions, in: minutes) } ?? []
            for line in lines {
                self.withFrame(segment.file, line.offset, &damaged) { frame, _ in note(frame) }
            }
        }
        for segment in open {
            let (places, tail) = segment.frames { header, held in
                !header.flags.contains(.journal) && header.oldest.minute < UInt64(minutes.upperBound)
                    && header.created.minute >= UInt64(minutes.lowerBound)
                    && partitions.contains { held.contains($0) }
            }
            for offset in places {
                self.withFrame(segment.file, offset, &damaged) { frame, _ in note(frame) }
            }
            for frame in tail where !frame.header.flags.contains(.journal) { note(frame) }
        }
    }

    /// Chunks by their names, as merged frames behind each other.
    ///
    /// - Parameters:
    ///   - names: Those that are wanted; what is not here any more is left out.
    ///   - bytesMax: Raw bytes after which no further chunk is taken; one is always.
    /// - Returns: The frames' bytes; none where nothing of it is here.
    /// - Throws: Nothing of its own; frames that cannot be read are counted and left out.
    package func chunkFrames(of names: [ChunkName], bytesMax: Int) async throws -> [UInt8] {
        try await self.readers.run { try self.framesOfChunks(names, bytesMax: bytesMax) }
    }

    /// Bytes of opened frames that are held for one answer; chunks of many frames wait in them to be sorted.
    private static let openedBytesMax = 32 << 20

    private func framesOfChunks(_ names: [ChunkName], bytesMax: Int) throws -> [UInt8] {
        var builders: [Signal: ChunkPacker] = [:]
        var wanted: [ChunkPlace: Set<ChunkName>] = [:]
        var order: [ChunkPlace] = []
        for name in Set(names) {
            for (file, offset) in self.places(of: name.id.key) {
                let place = ChunkPlace(file: file, offset: offset)
                if wanted[place] == nil { order.append(place) }
                wanted[place, default: []].insert(name)
            }
        }
        var taken: Set<ChunkName> = []
        var (bytes, opened) = (0, 0)
        var damaged = 0
        for place in order.sorted() {
            guard bytes < bytesMax && opened < Self.openedBytesMax || taken.isEmpty else { break }
            let left = wanted[place, default: []].subtracting(taken)
            guard !left.isEmpty else { continue }
            self.withFrame(place.file, place.offset, &damaged) { frame, raw in
                guard !frame.header.flags.contains(.journal) else { return }
                let indices = frame.entries.indices.filter { left.contains(frame.chunkName(ofEntry: $0)) }
                guard !indices.isEmpty else { return }
                let payload = try frame.payload(raw.raw)
                opened += payload.bytes.count
                for index in indices where bytes < bytesMax || taken.isEmpty {
                    let name = frame.chunkName(ofEntry: index)
                    guard !taken.contains(name) else { continue }
                    let packer = builders[frame.header.signal] ?? ChunkPacker(frame.header.signal)
                    builders[frame.header.signal] = packer
                    try packer.add(MergeChunk(frame, entry: index), payload)
                    bytes += Int(frame.entries[index].length)
                    taken.insert(name)
                }
            }
        }
        return builders.sorted { $0.key.rawValue < $1.key.rawValue }
            .reduce(into: []) { $0 += $1.value.packed(as: self.nextPackName()) }
    }

    /// Names of frames that chunks travel in; nobody keeps them.
    private func nextPackName() -> FrameID {
        self.state.withLock { state in
            state.packedFrames += 1
            return FrameID(run: self.run, sequence: 1 << 62 | state.packedFrames)
        }
    }
}

/// Where a frame stands that may hold a wanted chunk.
private struct ChunkPlace: Hashable, Comparable {
    var file: File
    var offset: Int

    static func == (left: Self, right: Self) -> Bool {
        left.file === right.file && left.offset == right.offset
    }

    static func < (left: Self, right: Self) -> Bool {
        left.file.path == right.file.path ? left.offset < right.offset : left.file.path < right.file.path
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self.file))
        hasher.combine(self.offset)
    }
}

/// Puts chunks of one signal into a merged frame, sorted as merged frames are.
private final class ChunkPacker {
    private let signal: Signal
    private var chunks: [(chunk: MergeChunk, payload: FramePayload)] = []

    init(_ signal: Signal) { self.signal = signal }

    func add(_ chunk: MergeChunk, _ payload: FramePayload) throws(WireFailure) {
        self.chunks.append((chunk, payload))
    }

    func packed(as id: FrameID) -> [UInt8] {
        var builder = MergedFrameBuilder(signal: self.signal)
        for (chunk, payload) in self.chunks.sorted(by: { MergeChunk.precedes($0.chunk, $1.chunk) }) {
            // A chunk that is not what its entry says is left out; a scrub finds it.
            try? builder.add(chunk, payload)
        }
        guard !builder.isEmpty else { return [] }
        return builder.seal(id, ZstdCompressor(level: 1)).bytes
    }
}
