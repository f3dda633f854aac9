internal import Glibc
internal import Storage
internal import Telemetry

/// Rewrites segments into one: chunks sorted by signal, partition and key, compressed harder, old ones thinned.
///
/// Memory is bounded: where the input is large, chunks are first dealt out by partition into a scratch file, and
/// then sorted part by part. The result appears under its name only when whole.
struct SegmentMerger {
    /// What becomes of each chunk.
    struct Policy: Sendable {
        var rollup = RollupPolicy()
        var tail = TailRules()
        var now: ClusterTime
        /// Chunks of these traces go for good, as far as they were made by then.
        var purged = Tombstones()
        /// Chunks made before go for good.
        var purgedBefore = ClusterTime(nanoseconds: 0)
        var level: Int
        var compressionLevel = 6
        /// Frames that stay as they were made: copies of them are owed to other nodes.
        var whole: Set<FrameID> = []

        /// Places of frames of the one input that are damage, though the disk does not even give their bytes.
        var lost: Set<Int> = []
        /// Chunks of these buckets go: the nodes that own them hold them.
        var givenAway: Set<BucketSpan> = []

        /// Whether a chunk is to go for good.
        func purges(_ key: Key, _ created: ClusterTime) -> Bool {
            self.purged.covers(key, made: created) || created < self.purgedBefore
        }

        /// Whether a chunk is to go from this node.
        func gives(_ key: Key, _ created: ClusterTime) -> Bool {
            guard !self.givenAway.isEmpty else { return false }
            let span = BucketSpan(key, created: created)
            return self.givenAway.contains(span) || self.givenAway.contains(span.wholeHour)
        }
    }

    /// What the rewriting left out.
    struct Removed: Sendable {
        var purgedItems: UInt64 = 0
        var thinnedItems: UInt64 = 0
        var givenItems: UInt64 = 0
        var damaged: [Damage] = []
    }

    /// A frame that is not what it should be; its bytes are for the quarantine.
    struct Damage: Sendable {
        var segment: SealedSegment
        var range: Range<Int>
    }

    /// Raw bytes of a frame of the result.
    static let frameBytes = 512 << 10
    /// Journal frames live this long, in nanoseconds; a crash needs those of its last windows.
    private static let journalAge: UInt64 = 600_000_000_000

    let inputs: [SealedSegment]
    let policy: Policy
    /// Path without suffix of the result.
    let path: String
    let id: UInt64
    let run: RunID
    /// Raw bytes of one part that is sorted in memory.
    var partBytesMax = 32 << 20
    /// Asked now and then; true ends the rewriting with a failure.
    var isStopped: @Sendable () -> Bool = { false }

    /// Writes the result's files; on failure none of them is left.
    ///
    /// - Parameter holdsElsewhere: Whether spans of the same trace are outside the inputs.
    /// - Returns: The new segment, nil where nothing is left to keep; and what was left out.
    /// - Throws: What the system says; damaged frames are no failure.
    func run(holdsElsewhere: (Key) -> Bool) throws -> (sealed: SealedSegment?, removed: Removed) {
        do { return try self.rewrite(holdsElsewhere) } catch {
            for suffix in [".seg", ".seg.tmp", ".keys", ".keys.tmp", ".sqlite", ".sqlite.tmp"] {
                try? File.remove(self.path + suffix)
            }
            throw error
        }
    }

    private func rewrite(_ holdsElsewhere: (Key) -> Bool) throws -> (sealed: SealedSegment?, removed: Removed)
    {
        var removed = Removed()
        let output = try File(self.path + ".seg.tmp", flags: O_CREAT | O_TRUNC | O_RDWR)
        let header = SegmentHeader(kind: .merged, id: self.id, created: self.policy.now, run: self.run)
        try output.write(header.encoded(), at: 0)
        var writer = MergedWriter(
            file: output,
            end: SegmentHeader.byteCount,
            run: self.run,
            policy: self.policy
        )
        let whole = try self.wholeFrames(&removed)
        for signal in Signal.allCases {
            let parts = try self.parts(signal, whole, &removed)
            for part in parts {
                try self.merge(part, signal, &writer, &removed) { key in
                    whole.keys.contains(key) || holdsElsewhere(key)
                }
            }
        }
        try self.copy(whole, &writer)
        try self.copyJournal(&writer)
        guard !writer.index.frames.isEmpty else {
            try File.remove(self.path + ".seg.tmp")
            return (nil, removed)
        }
        try output.synchronise()
        try SegmentStore.writeIndex(
            writer.index,
            path: self.path,
            facts: self.facts
        )
        try File.move(self.path + ".seg.tmp", to: self.path + ".seg")
        return (try SealedSegment(path: self.path, id: self.id), removed)
    }

    private var facts: SegmentFacts {
        var facts = SegmentFacts()
        facts.level = self.policy.level
        facts.replaces = self.inputs.map(\.id)
        facts.thinnedAt =
            self.policy.tail.keepsAll ? self.inputs.compactMap(\.facts.thinnedAt).max() : self.policy.now
        return facts
    }

    /// Where one frame is to be found.
    struct Place {
        var file: File
        var offset: Int
        /// The segment it belongs to and the place of the next frame there; nil for frames of the scratch file.
        var origin: (segment: SealedSegment, next: Int)?
        /// Whether tail rules have decided about the chunks of a frame of the scratch file.
        var isJudged = false
    }

    /// A chunk that is to be written, unless tail rules leave it out.
    typealias Line = (chunk: MergeChunk, payload: Int)

    /// Whether tail rules decided about a chunk in an earlier merge.
    ///
    /// They do so once: a second time, the slow traces would be compared among themselves.
    private func isJudged(_ chunk: MergeChunk, _ place: Place) -> Bool {
        guard let segment = place.origin?.segment else { return place.isJudged }
        guard let thinnedAt = segment.facts.thinnedAt else { return false }
        return chunk.origin.created.nanoseconds.saturatingAdd(self.policy.tail.after) <= thinnedAt.nanoseconds
    }

    /// All frames of a signal as one part, or dealt out by partition into a scratch file.
    private func parts(
        _ signal: Signal,
        _ whole: WholeFrames,
        _ removed: inout Removed
    ) throws -> [[Place]] {
        let places = self.places { $0.signal == signal && !$0.flags.contains(.journal) }
            .filter { !whole.contains($0) }
        guard !places.isEmpty else { return [] }
        var rawBytes = 0
        for place in places where !self.isLost(place) {
            let head = try place.file.read(at: place.offset, count: FrameHeader.byteCount)
            var reader = WireReader(head.raw)
            // Damage is noted when the frame is opened.
            if let header = try? FrameHeader(from: &reader) { rawBytes += Int(header.payloadRawBytes) }
        }
        let count = min(256, (rawBytes + self.partBytesMax - 1) / max(self.partBytesMax, 1))
        guard count > 1 else { return [places] }
        return try self.deal(places, signal, into: count, &removed)
    }

    func places(_ isWanted: (FrameLine) -> Bool) -> [Place] {
        self.inputs.flatMap { segment in
            segment.frames.indices.compactMap { index in
                let frame = segment.frames[index]
                let next = index + 1 < segment.frames.count ? segment.frames[index + 1].offset : segment.bytes
                return isWanted(frame)
                    ? Place(file: segment.file, offset: frame.offset, origin: (segment, next)) : nil
            }
        }
    }

    private func deal(
        _ places: [Place],
        _ signal: Signal,
        into count: Int,
        _ removed: inout Removed
    ) throws -> [[Place]] {
        let scratch = try File(self.path + ".scratch.tmp", flags: O_CREAT | O_TRUNC | O_RDWR)
        // The file has no name from here on: it goes when its last user does, whatever happens.
        try File.remove(self.path + ".scratch.tmp")
        let compressor = ZstdCompressor(level: 1)
        // Two builders for each part: judged chunks stay apart from the others.
        let builders = PartitionBuilders(signal: signal, count: count * 2)
        var parts: [[Place]] = Array(repeating: [], count: count)
        var end = 0
        func spill(_ index: Int) throws {
            let frame = builders.seal(index, FrameID(run: self.run, sequence: 0), compressor)
            try scratch.write(frame.bytes, at: end)
            parts[index / 2].append(Place(file: scratch, offset: end, isJudged: index % 2 == 1))
            end += frame.bytes.count
        }
        for place in places {
            guard let (frame, payload) = try self.open(place, &removed) else { continue }
            for index in frame.entries.indices {
                let chunk = MergeChunk(frame, entry: index)
                let part = chunk.entry.key.partition * count / Key.partitionCount
                let builder = part * 2 + (self.isJudged(chunk, place) ? 1 : 0)
                do throws(WireFailure) {
                    if try builders.add(builder, chunk, payload) <= 128 << 10 { continue }
                } catch {
                    self.note(place, &removed)
                    continue
                }
                try spill(builder)
            }
        }
        for index in 0..<count * 2 where !builders.isEmpty(index) { try spill(index) }
        return parts.filter { !$0.isEmpty }
    }

    /// Sorts one part and writes its frames.
    private func merge(
        _ part: [Place],
        _ signal: Signal,
        _ writer: inout MergedWriter,
        _ removed: inout Removed,
        _ holdsElsewhere: (Key) -> Bool
    ) throws {
        var payloads: [FramePayload] = []
        var places: [Place] = []
        var chunks: [Line] = []
        var judged: Set<Key> = []
        for place in part {
            guard let (frame, payload) = try self.open(place, &removed) else { continue }
            for index in frame.entries.indices {
                let chunk = MergeChunk(frame, entry: index)
                if self.policy.purges(chunk.entry.key, chunk.origin.created) {
                    removed.purgedItems += UInt64(chunk.entry.itemCount)
                } else if self.policy.gives(chunk.entry.key, chunk.origin.created) {
                    removed.givenItems += UInt64(chunk.entry.itemCount)
                } else {
                    chunks.append((chunk, payloads.count))
                    if signal == .spans, self.isJudged(chunk, place) { judged.insert(chunk.entry.key) }
                }
            }
            payloads.append(payload)
            places.append(place)
        }
        chunks.sort { MergeChunk.precedes($0.chunk, $1.chunk) }
        chunks = Self.withoutDuplicates(chunks)
        if signal == .slots {
            for payload in try writer.addSlots(chunks, payloads, &removed) {
                self.note(places[payload], &removed)
            }
            return
        }
        if signal == .spans, !self.policy.tail.keepsAll {
            chunks = self.thinned(chunks, payloads, judged, &removed, holdsElsewhere)
        }
        var builder = MergedFrameBuilder(signal: signal)
        for (chunk, payload) in chunks {
            do throws(WireFailure) { try builder.add(chunk, payloads[payload]) } catch {
                self.note(places[payload], &removed)
            }
            if builder.rawBytes >= Self.frameBytes { try writer.write(&builder) }
        }
        if !builder.isEmpty { try writer.write(&builder) }
    }

    /// Each chunk once: a frame that came whole may have been repaired in part before.
    private static func withoutDuplicates(_ sorted: [Line]) -> [Line] {
        var last: ChunkName?
        return sorted.filter { line in
            let name = line.chunk.name
            guard !line.chunk.entry.flags.contains(.rolledUp) else { return true }
            defer { last = name }
            return name != last
        }
    }

    /// Takes over young journal frames as they are; those that hold what is purged go.
    private func copyJournal(_ writer: inout MergedWriter) throws {
        let places = self.places { frame in
            frame.flags.contains(.journal)
                && frame.created.nanoseconds.saturatingAdd(Self.journalAge) > self.policy.now.nanoseconds
        }
        for place in places {
            var removed = Removed()
            guard let (frame, _) = try self.open(place, &removed),
                !frame.entries.contains(where: { self.policy.purges($0.key, frame.header.created) })
            else { continue }
            try writer.copy(frame, try place.file.read(at: place.offset, count: frame.header.frameBytes))
        }
    }

    /// Reads one frame; nil for a damaged one, which is noted.
    ///
    /// - Throws: Where the disk could not be read: that is no damage, and what is there must not be given up.
    func open(_ place: Place, _ removed: inout Removed) throws -> (Frame, FramePayload)? {
        guard !self.isStopped() else { throw StorageFailure(.closed, "the store is shutting down") }
        guard !self.isLost(place) else {
            self.note(place, &removed)
            return nil
        }
        do {
            let head = try place.file.read(at: place.offset, count: FrameHeader.byteCount)
            var reader = WireReader(head.raw)
            let header = try FrameHeader(from: &reader)
            let bytes = try place.file.read(at: place.offset, count: header.frameBytes)
            let frame = try Frame(bytes.raw)
            return (frame, try frame.payload(bytes.raw))
        } catch let failure as StorageFailure {
            throw failure
        } catch FrameFailure.unknownVersion(let version, _) {
            throw StorageFailure(
                .unknownFormat,
                "\(place.file.path) holds frames of version \(version), which a later program wrote; it stays as it is"
            )
        } catch {
            self.note(place, &removed)
            return nil
        }
    }

    private func isLost(_ place: Place) -> Bool {
        place.origin != nil && self.policy.lost.contains(place.offset)
    }

    private func note(_ place: Place, _ removed: inout Removed) {
        guard let (segment, next) = place.origin else { return }
        let range = place.offset..<max(next, place.offset)
        guard !removed.damaged.contains(where: { $0.segment === segment && $0.range == range }) else {
            return
        }
        removed.damaged.append(Damage(segment: segment, range: range))
    }
}
