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
        /// Chunks of this key go for good; nil removes none.
        var purgedKey: Key?
        /// Chunks made before go for good.
        var purgedBefore = ClusterTime(nanoseconds: 0)
        var level: Int
        var compressionLevel = 6
    }

    /// What the rewriting left out.
    struct Removed: Sendable {
        var purgedItems: UInt64 = 0
        var thinnedItems: UInt64 = 0
        var damagedFrames = 0
    }

    /// Raw bytes of one part that is sorted in memory.
    private static let partBytesMax = 32 << 20
    /// Raw bytes of a frame of the result.
    private static let frameBytes = 512 << 10

    let inputs: [SealedSegment]
    let policy: Policy
    /// Path without suffix of the result.
    let path: String
    let id: UInt64
    let run: RunID

    /// Writes the result's files; nil where nothing is left to keep.
    ///
    /// - Parameter isFlagged: Whether other segments hold parts of the same trace that want it kept.
    func run(keepsElsewhere: (Key) -> Bool) throws -> (sealed: SealedSegment?, removed: Removed) {
        var removed = Removed()
        let output = try File(self.path + ".seg.tmp", flags: O_CREAT | O_TRUNC | O_RDWR)
        let header = SegmentHeader(kind: .merged, id: self.id, created: self.policy.now, run: self.run)
        try output.write(header.encoded(), at: 0)
        var writer = MergedWriter(file: output, end: SegmentHeader.byteCount, run: self.run, policy: self.policy)
        for signal in Signal.allCases {
            let parts = try self.parts(signal, &removed)
            for part in parts { try self.merge(part, signal, &writer, &removed, keepsElsewhere) }
        }
        guard !writer.index.frames.isEmpty else {
            try File.remove(self.path + ".seg.tmp")
            return (nil, removed)
        }
        try output.synchronise()
        try SegmentStore.writeIndex(
            writer.index,
            path: self.path,
            level: self.policy.level,
            replaces: self.inputs.map(\.id)
        )
        try File.move(self.path + ".seg.tmp", to: self.path + ".seg")
        return (try SealedSegment(path: self.path, id: self.id), removed)
    }

    /// Where one part's chunks are to be found.
    private struct Part {
        var places: [(file: File, offset: Int)]
    }

    /// All frames of a signal as one part, or dealt out by partition into a scratch file.
    private func parts(_ signal: Signal, _ removed: inout Removed) throws -> [Part] {
        let places = self.inputs.flatMap { segment in
            segment.frames.filter { $0.signal == signal && !$0.flags.contains(.journal) }.map { (segment.file, $0.offset) }
        }
        guard !places.isEmpty else { return [] }
        // Frames compress about eightfold.
        let stored = self.inputs.reduce(0) { $0 + $1.bytes }
        let count = min(256, (stored * 8 + Self.partBytesMax - 1) / Self.partBytesMax)
        guard count > 1 else { return [Part(places: places)] }
        return try self.deal(places, signal, into: count, &removed)
    }

    private func deal(
        _ places: [(file: File, offset: Int)],
        _ signal: Signal,
        into count: Int,
        _ removed: inout Removed
    ) throws -> [Part] {
        let scratch = try File(self.path + ".scratch.tmp", flags: O_CREAT | O_TRUNC | O_RDWR)
        // The file has no name from here on: it goes when its last user does, whatever happens.
        try File.remove(self.path + ".scratch.tmp")
        let compressor = ZstdCompressor(level: 1)
        let builders = PartitionBuilders(signal: signal, count: count)
        var parts = Array(repeating: Part(places: []), count: count)
        var end = 0
        func spill(_ index: Int) throws {
            let frame = builders.seal(index, FrameID(run: self.run, sequence: 0), compressor)
            try scratch.write(frame.bytes, at: end)
            parts[index].places.append((scratch, end))
            end += frame.bytes.count
        }
        for (file, offset) in places {
            guard let (frame, payload) = self.open(file, offset, &removed) else { continue }
            for index in frame.entries.indices {
                let chunk = MergeChunk(frame, entry: index)
                let part = chunk.entry.key.partition * count / Key.partitionCount
                if try builders.add(part, chunk, payload) > 256 << 10 { try spill(part) }
            }
        }
        for index in 0..<count where !builders.isEmpty(index) { try spill(index) }
        return parts.filter { !$0.places.isEmpty }
    }

    /// Sorts one part and writes its frames.
    private func merge(
        _ part: Part,
        _ signal: Signal,
        _ writer: inout MergedWriter,
        _ removed: inout Removed,
        _ keepsElsewhere: (Key) -> Bool
    ) throws {
        var payloads: [FramePayload] = []
        var chunks: [(chunk: MergeChunk, payload: Int)] = []
        for (file, offset) in part.places {
            guard let (frame, payload) = self.open(file, offset, &removed) else { continue }
            for index in frame.entries.indices {
                let chunk = MergeChunk(frame, entry: index)
                if chunk.entry.key == self.policy.purgedKey || chunk.origin.created < self.policy.purgedBefore {
                    removed.purgedItems += UInt64(chunk.entry.itemCount)
                } else {
                    chunks.append((chunk, payloads.count))
                }
            }
            payloads.append(payload)
        }
        chunks.sort { MergeChunk.precedes($0.chunk, $1.chunk) }
        if signal == .slots { return try writer.addSlots(chunks, payloads) }
        if signal == .spans, !self.policy.tail.keepsAll {
            chunks = self.thinned(chunks, payloads, &removed, keepsElsewhere)
        }
        var builder = MergedFrameBuilder(signal: signal)
        for (chunk, payload) in chunks {
            try builder.add(chunk, payloads[payload])
            if builder.rawBytes >= Self.frameBytes { try writer.write(&builder) }
        }
        if !builder.isEmpty { try writer.write(&builder) }
    }

    /// Leaves out old uninteresting traces, whole.
    private func thinned(
        _ chunks: [(chunk: MergeChunk, payload: Int)],
        _ payloads: [FramePayload],
        _ removed: inout Removed,
        _ keepsElsewhere: (Key) -> Bool
    ) -> [(chunk: MergeChunk, payload: Int)] {
        let tail = self.policy.tail
        var bars = TailRules.SlowBars()
        for (chunk, _) in chunks where chunk.entry.flags.contains(.root) {
            bars.note(service: chunk.service, rootName: chunk.rootName, nanoseconds: chunk.entry.duration)
        }
        var kept: [(chunk: MergeChunk, payload: Int)] = []
        var first = 0
        while first < chunks.count {
            let key = chunks[first].chunk.entry.key
            var end = first
            while end < chunks.count, chunks[end].chunk.entry.key == key { end += 1 }
            let group = chunks[first..<end]
            first = end
            let isYoung = group.contains { line in
                line.chunk.origin.created.nanoseconds + tail.after > self.policy.now.nanoseconds
            }
            let stays =
                isYoung || tail.isInShare(key)
                || group.contains { line in
                    line.chunk.entry.flags.contains(.error)
                        || line.chunk.entry.flags.contains(.root)
                            && bars.isSlow(
                                service: line.chunk.service,
                                rootName: line.chunk.rootName,
                                nanoseconds: line.chunk.entry.duration
                            )
                        || tail.isFlaggedOrCostly(payloads[line.payload], line.chunk.entry)
                } || keepsElsewhere(key)
            if stays {
                kept.append(contentsOf: group)
            } else {
                removed.thinnedItems += group.reduce(0) { $0 + UInt64($1.chunk.entry.itemCount) }
            }
        }
        return kept
    }

    private func open(_ file: File, _ offset: Int, _ removed: inout Removed) -> (Frame, FramePayload)? {
        do {
            let head = try file.read(at: offset, count: FrameHeader.byteCount)
            var reader = WireReader(head.raw)
            let header = try FrameHeader(from: &reader)
            let bytes = try file.read(at: offset, count: header.frameBytes)
            let frame = try Frame(bytes.raw)
            return (frame, try frame.payload(bytes.raw))
        } catch {
            removed.damagedFrames += 1
            return nil
        }
    }
}

/// One builder per part of the key space.
private struct PartitionBuilders: ~Copyable {
    private let signal: Signal
    private var builders: [Box] = []

    /// Arrays cannot hold what cannot be copied; a box can.
    private final class Box {
        var builder: MergedFrameBuilder
        init(_ signal: Signal) { self.builder = MergedFrameBuilder(signal: signal) }
    }

    init(signal: Signal, count: Int) {
        self.signal = signal
        self.builders = (0..<count).map { _ in Box(signal) }
    }

    func isEmpty(_ index: Int) -> Bool { self.builders[index].builder.isEmpty }

    /// Adds a chunk; gives the part's raw bytes.
    func add(_ index: Int, _ chunk: MergeChunk, _ payload: FramePayload) throws(WireFailure) -> Int {
        try self.builders[index].builder.add(chunk, payload)
        return self.builders[index].builder.rawBytes
    }

    func seal(_ index: Int, _ id: FrameID, _ compressor: borrowing ZstdCompressor) -> SealedFrame {
        self.builders[index].builder.seal(id, compressor)
    }
}

/// Appends merged frames to a file and indexes them on the way.
struct MergedWriter: ~Copyable {
    private let file: File
    private let run: RunID
    private let policy: SegmentMerger.Policy
    private let compressor: ZstdCompressor
    private var end: Int
    private var sequence: UInt64 = 0
    private(set) var index = SegmentIndex()

    init(file: File, end: Int, run: RunID, policy: SegmentMerger.Policy) {
        self.file = file
        self.end = end
        self.run = run
        self.policy = policy
        self.compressor = ZstdCompressor(level: policy.compressionLevel)
    }

    mutating func write(_ builder: inout MergedFrameBuilder) throws {
        self.sequence += 1
        let sealed = builder.seal(FrameID(run: self.run, sequence: self.sequence), self.compressor)
        try self.file.write(sealed.bytes, at: self.end)
        let payload = sealed.header.signal == .slots ? FramePayload.empty : try sealed.frame.payload(sealed.bytes.raw)
        self.index.add(sealed.frame, offset: self.end, payload: payload)
        self.end += sealed.bytes.count
    }

    /// Writes slots key by key, as finely as their age still allows.
    mutating func addSlots(_ chunks: [(chunk: MergeChunk, payload: Int)], _ payloads: [FramePayload]) throws {
        var builder = MergedFrameBuilder(signal: .slots)
        var first = 0
        while first < chunks.count {
            let key = chunks[first].chunk.entry.key
            var end = first
            while end < chunks.count, chunks[end].chunk.entry.key == key { end += 1 }
            let group = chunks[first..<end]
            first = end
            let oldest = group.map(\.chunk.entry.firstStart).min() ?? 0
            if self.policy.rollup.resolution(ofStart: oldest, at: self.policy.now) == .tenSeconds {
                for (chunk, payload) in group { try builder.add(chunk, payloads[payload]) }
            } else {
                try self.addRolledUp(Array(group), payloads, to: &builder)
            }
            if builder.rawBytes >= 512 << 10 { try self.write(&builder) }
        }
        if !builder.isEmpty { try self.write(&builder) }
    }

    private func addRolledUp(
        _ group: [(chunk: MergeChunk, payload: Int)],
        _ payloads: [FramePayload],
        to builder: inout MergedFrameBuilder
    ) throws {
        var slots: [Slot] = []
        for (chunk, payload) in group {
            let bytes = payloads[payload].bytes
            try payloads[payload].forEachItem(of: chunk.entry) { _, _, range throws(WireFailure) in
                var reader = WireReader(bytes.raw, range)
                slots.append(try Slot(from: &reader))
            }
        }
        guard var chunk = group.last?.chunk else { return }
        let rolled = self.policy.rollup.rolledUp(slots, at: self.policy.now)
        var writer = ByteWriter()
        // One group without resource and scope, as a door's slots have.
        writer.varint(0)
        writer.varint(0)
        writer.varint(UInt64(rolled.count))
        for slot in rolled {
            var item = ByteWriter()
            slot.encode(into: &item)
            writer.varint(UInt64(item.bytes.count))
            writer.bytes(item.bytes.raw)
        }
        chunk.entry.offset = 0
        chunk.entry.length = UInt32(truncatingIfNeeded: writer.bytes.count)
        chunk.entry.itemCount = UInt32(truncatingIfNeeded: rolled.count)
        chunk.entry.firstStart = rolled.map(\.start).min() ?? 0
        chunk.entry.lastEnd = rolled.map { $0.start + $0.resolution.nanoseconds }.max() ?? 0
        try builder.add(chunk, try FramePayload(writer.bytes, tableCount: 0))
    }
}
