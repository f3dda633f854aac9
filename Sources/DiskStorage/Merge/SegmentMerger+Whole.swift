internal import Storage
internal import Telemetry

/// Frames that a merge takes over as they were made.
///
/// A copy that is owed to another node is the frame itself, under its name and checksum: out of merged chunks it could
/// not be made again.
struct WholeFrames {
    /// In the order of their segments.
    fileprivate(set) var places: [SegmentMerger.Place] = []
    /// Of their chunks.
    fileprivate(set) var keys: Set<Key> = []
    private var offsets: Set<Offset> = []

    private struct Offset: Hashable {
        var segment: UInt64
        var offset: Int
    }

    /// Whether the frame at a place is one of them.
    func contains(_ place: SegmentMerger.Place) -> Bool {
        guard let segment = place.origin?.segment else { return false }
        return self.offsets.contains(Offset(segment: segment.id, offset: place.offset))
    }

    fileprivate mutating func add(_ place: SegmentMerger.Place, _ frame: Frame) {
        guard let segment = place.origin?.segment else { return }
        self.places.append(place)
        self.offsets.insert(Offset(segment: segment.id, offset: place.offset))
        self.keys.formUnion(frame.entries.map(\.key))
    }
}

extension SegmentMerger {
    /// The owed frames among the inputs, but for those that hold what is purged: these are rewritten like all others.
    func wholeFrames(_ removed: inout Removed) throws -> WholeFrames {
        var whole = WholeFrames()
        guard !self.policy.whole.isEmpty else { return whole }
        let owed = self.places { line in
            !line.flags.contains(.merged) && !line.flags.contains(.journal)
                && self.policy.whole.contains(line.id)
        }
        for place in owed {
            guard let (frame, _) = try self.open(place, &removed), !self.purges(anyOf: frame) else {
                continue
            }
            whole.add(place, frame)
        }
        return whole
    }

    private func purges(anyOf frame: Frame) -> Bool {
        frame.entries.contains { entry in
            self.policy.purges(entry.key, frame.header.created)
                // Slots are purged by their windows.
                || frame.header.signal == .slots
                    && entry.firstStart < self.policy.purgedBefore.nanoseconds
        }
    }

    /// Writes them behind everything else; a later merge, when they are paid, splits them like others.
    func copy(_ whole: WholeFrames, _ writer: inout MergedWriter) throws {
        for place in whole.places {
            var removed = Removed()
            guard let (frame, payload) = try self.open(place, &removed) else { continue }
            let bytes = try place.file.read(at: place.offset, count: frame.header.frameBytes)
            try writer.copy(frame, bytes, payload: payload)
        }
    }
}
