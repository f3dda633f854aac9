internal import Storage
internal import Telemetry

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

    /// Seals what a builder holds, writes it and indexes it.
    mutating func write(_ builder: inout MergedFrameBuilder) throws {
        self.sequence += 1
        let sealed = builder.seal(FrameID(run: self.run, sequence: self.sequence), self.compressor)
        try self.file.write(sealed.bytes, at: self.end)
        // Reading it back also proves that the columns join to what they were split from.
        let payload =
            sealed.header.signal == .slots ? FramePayload.empty : try sealed.frame.payload(sealed.bytes.raw)
        self.index.add(sealed.frame, offset: self.end, payload: payload)
        self.end += sealed.bytes.count
    }

    /// Writes a frame as it is; without a payload nothing of it is found by a search.
    mutating func copy(_ frame: Frame, _ bytes: [UInt8], payload: FramePayload? = nil) throws {
        try self.file.write(bytes, at: self.end)
        self.index.add(frame, offset: self.end, payload: payload)
        self.end += bytes.count
    }

    /// Chunks of the same key, which stand together.
    static func groups(
        _ chunks: [SegmentMerger.Line]
    ) -> [ArraySlice<SegmentMerger.Line>] {
        var groups: [ArraySlice<SegmentMerger.Line>] = []
        var first = 0
        while first < chunks.count {
            var end = first
            while end < chunks.count, chunks[end].chunk.entry.key == chunks[first].chunk.entry.key {
                end += 1
            }
            groups.append(chunks[first..<end])
            first = end
        }
        return groups
    }

    /// Writes slots key by key, as finely as their age still allows.
    ///
    /// - Returns: The payloads in which a chunk could not be read; such chunks are left out.
    mutating func addSlots(
        _ chunks: [SegmentMerger.Line],
        _ payloads: [FramePayload],
        _ removed: inout SegmentMerger.Removed
    ) throws -> Set<Int> {
        var builder = MergedFrameBuilder(signal: .slots)
        var damaged: Set<Int> = []
        for group in Self.groups(chunks) {
            // Old chunks are merged by the hour of their creation: a chunk's creation decides which searches look
            // into it and when it expires, so a merged one must not span more.
            var old: [UInt64: [SegmentMerger.Line]] = [:]
            for line in group {
                if self.staysAsItIs(line.chunk.entry) {
                    do throws(WireFailure) { try builder.add(line.chunk, payloads[line.payload]) } catch {
                        damaged.insert(line.payload)
                    }
                } else {
                    let hour = line.chunk.origin.created.nanoseconds / Resolution.hour.nanoseconds
                    old[hour, default: []].append(line)
                }
            }
            for (_, lines) in old.sorted(by: { $0.key < $1.key }) {
                try self.addRolledUp(lines, payloads, to: &builder, &damaged, &removed)
            }
            if builder.rawBytes >= SegmentMerger.frameBytes { try self.write(&builder) }
        }
        if !builder.isEmpty { try self.write(&builder) }
        return damaged
    }

    private func staysAsItIs(_ entry: ChunkEntry) -> Bool {
        self.policy.rollup.resolution(ofStart: entry.firstStart, at: self.policy.now) == .tenSeconds
            && entry.firstStart >= self.policy.purgedBefore.nanoseconds
    }

    private mutating func addRolledUp(
        _ lines: [SegmentMerger.Line],
        _ payloads: [FramePayload],
        to builder: inout MergedFrameBuilder,
        _ damaged: inout Set<Int>,
        _ removed: inout SegmentMerger.Removed
    ) throws {
        var slots: [Slot] = []
        for (chunk, payload) in lines {
            let bytes = payloads[payload].bytes
            var found: [Slot] = []
            do throws(WireFailure) {
                try payloads[payload].forEachItem(of: chunk.entry) { _, _, range throws(WireFailure) in
                    var reader = WireReader(bytes.raw, range)
                    found.append(try Slot(from: &reader))
                }
            } catch { damaged.insert(payload) }
            slots += found
        }
        let purgedBefore = self.policy.purgedBefore.nanoseconds
        let kept = slots.filter { $0.start.saturatingAdd($0.resolution.nanoseconds) > purgedBefore }
        removed.purgedItems += UInt64(slots.count - kept.count)
        let latest = lines.max { left, right in
            (left.chunk.origin.created, left.chunk.origin.frame)
                < (right.chunk.origin.created, right.chunk.origin.frame)
        }
        guard let latest, !kept.isEmpty else { return }
        var stands = ChunkDigest.none
        for line in lines { stands += line.chunk.name.digest }
        var rest = self.policy.rollup.rolledUp(kept, at: self.policy.now)[...]
        while !rest.isEmpty {
            var (chunk, payload, count) = try Self.chunk(like: latest.chunk, of: rest)
            // Where they do not fit into one chunk, the first one stands for all of them.
            chunk.origin.stands = stands
            stands = .none
            try builder.add(chunk, payload)
            rest = rest.dropFirst(count)
            if builder.rawBytes >= SegmentMerger.frameBytes { try self.write(&builder) }
        }
    }

    /// A chunk of as many slots as fit eight mebibytes, and at least one; far below what a frame may hold.
    private static func chunk(
        like chunk: MergeChunk,
        of slots: ArraySlice<Slot>
    ) throws(WireFailure) -> (MergeChunk, FramePayload, count: Int) {
        var items = ByteWriter()
        var count = 0
        for slot in slots {
            var item = ByteWriter()
            slot.encode(into: &item)
            items.varint(UInt64(item.bytes.count))
            items.bytes(item.bytes.raw)
            count += 1
            if items.bytes.count >= 8 << 20 { break }
        }
        var writer = ByteWriter(reserving: items.bytes.count + 8)
        // One group without resource and scope, as a door's slots have.
        writer.varint(0)
        writer.varint(0)
        writer.varint(UInt64(count))
        writer.bytes(items.bytes.raw)
        var chunk = chunk
        chunk.entry.offset = 0
        chunk.entry.length = UInt32(truncatingIfNeeded: writer.bytes.count)
        chunk.entry.itemCount = UInt32(truncatingIfNeeded: count)
        chunk.entry.flags.insert(.rolledUp)
        let taken = slots.prefix(count)
        chunk.entry.flags.remove(.distinct)
        if taken.contains(where: { $0.series.kind == .distinct }) { chunk.entry.flags.insert(.distinct) }
        chunk.entry.firstStart = taken.map(\.start).min() ?? 0
        chunk.entry.lastEnd = taken.map { $0.start.saturatingAdd($0.resolution.nanoseconds) }.max() ?? 0
        return (chunk, try FramePayload(writer.bytes, tableCount: 0), count)
    }
}
