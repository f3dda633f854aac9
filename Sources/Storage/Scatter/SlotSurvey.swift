package import Telemetry

/// What one node has of the slots that a query asks for: merged per bucket, with a digest to compare; or by chunk.
///
/// A digest adds up one hash per chunk that may hold slots that fit. For a chunk as made that is the hash of its name
/// (``ChunkID/hash64``). A chunk that was rolled up is made of several, whose names are lost; its hash is that of its bytes.
/// So two nodes whose digest and count agree have the same slots, be it that both or that none were rolled up.
package struct SlotSurvey: Sendable {
    private struct Part {
        var count: UInt64 = 0
        var digest: UInt64 = 0
        var merger: SeriesMerger

        mutating func add(_ hash: UInt64, _ slots: [Slot]) {
            self.count += 1
            self.digest &+= hash
            for slot in slots { self.merger.add(slot) }
        }
    }

    private let query: SeriesQuery
    private let wanted: Set<SlotBucket>
    private let isByChunk: Bool
    private var parts: [SlotBucket: Part] = [:]
    /// Chunks that were added, where they are wanted one by one.
    package private(set) var chunks: [SlotChunk] = []

    /// A survey of buckets, merged.
    package init(_ query: SeriesQuery) {
        self.query = query
        self.wanted = []
        self.isByChunk = false
    }

    /// A survey of some buckets, chunk by chunk.
    package init(_ query: SeriesQuery, _ buckets: [SlotBucket]) {
        self.query = query
        self.wanted = Set(buckets)
        self.isByChunk = true
    }

    /// Whether a chunk of a frame is to be added.
    package func wants(_ frame: Frame, _ index: Int) -> Bool {
        let entry = frame.entries[index]
        guard self.query.mayMatch(entry) else { return false }
        return !self.isByChunk
            || self.wanted.contains(
                self.query.bucket(entry.key, created: frame.origin(ofEntry: index).created)
            )
    }

    /// Adds a chunk; a slot that does not live under the chunk's key, and so on other nodes, is passed over.
    ///
    /// - Throws: Where it is not what its entry says; nothing of it is added then.
    package mutating func add(_ frame: Frame, _ index: Int, _ payload: FramePayload) throws(WireFailure) {
        let entry = frame.entries[index]
        let origin = frame.origin(ofEntry: index)
        let id = ChunkID(frame: origin.frame, key: entry.key)
        var isRolledUp = entry.flags.contains(.rolledUp)
        var slots: [Slot] = []
        var subject: Series.Subject?
        try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
            var reader = WireReader(payload.bytes.raw, range)
            let slot = try Slot(from: &reader)
            if slot.series.subject != subject {
                guard slot.series.key == entry.key else { return }
                subject = slot.series.subject
            }
            isRolledUp = isRolledUp || slot.resolution != .tenSeconds
            if self.query.matches(slot) { slots.append(slot) }
        }
        if self.isByChunk {
            let hour = origin.created.nanoseconds / Resolution.hour.nanoseconds
            self.chunks.append(SlotChunk(id: id, hour: hour, isRolledUp: isRolledUp, slots: slots))
            return
        }
        var hash = id.hash64
        if isRolledUp {
            let range = Int(entry.offset)..<Int(entry.offset) + Int(entry.length)
            hash = ContentHash.hash64(
                payload.bytes.raw.extracting(range),
                seed: ContentHash.hash64(entry.key.high, entry.key.low)
            )
        }
        let bucket = self.query.bucket(entry.key, created: origin.created)
        self.parts[bucket, default: Part(merger: SeriesMerger(self.query))].add(hash, slots)
    }

    /// The parts, sorted by bucket.
    package var result: [SlotPart] {
        self.parts.sorted { $0.key < $1.key }.map { bucket, part in
            SlotPart(
                bucket: bucket,
                count: part.count,
                digest: part.digest,
                lines: part.merger.result
            )
        }
    }
}
