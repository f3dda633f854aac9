internal import Telemetry

/// What each frame of a run is made of: one chunk, with slots where it is one of totals.
struct FrameBook: Sendable {
    /// What all nodes know of a frame by its bytes.
    struct Facts: Equatable, Sendable {
        /// Of its one chunk.
        var key: Key
        /// The key's, 0 to 1023.
        var partition: Int
        /// By the clock of who made it.
        var created: ClusterTime
    }

    /// By number of the run, then by sequence less one.
    private var facts: [[Facts]] = []
    /// Of frames of totals only.
    private var slots: [FrameID: [Slot]] = [:]

    /// Names the next frame of a run.
    ///
    /// - Returns: Its name; its key is its name's where none is given.
    mutating func add(_ run: RunID, key: Key? = nil, created: ClusterTime, slots: [Slot] = []) -> FrameID {
        let number = Int(run.low)
        while self.facts.count <= number { self.facts.append([]) }
        let id = FrameID(run: run, sequence: UInt64(self.facts[number].count + 1))
        let key = key ?? Self.key(of: id)
        self.facts[number].append(Facts(key: key, partition: key.partition, created: created))
        if !slots.isEmpty { self.slots[id] = slots }
        return id
    }

    /// What is known of a frame; one that nobody made was made at the beginning.
    func facts(of id: FrameID) -> Facts {
        let (run, place) = (Int(id.run.low), Int(id.sequence) - 1)
        guard self.facts.indices.contains(run), self.facts[run].indices.contains(place) else {
            let key = Self.key(of: id)
            return Facts(key: key, partition: key.partition, created: ClusterTime(nanoseconds: World.epoch))
        }
        return self.facts[run][place]
    }

    /// Whether somebody made it.
    func contains(_ id: FrameID) -> Bool {
        let run = Int(truncatingIfNeeded: id.run.low)
        return self.facts.indices.contains(run) && id.sequence > 0
            && id.sequence <= UInt64(self.facts[run].count)
    }

    /// The slots of a frame of totals; nil for any other.
    func slots(of id: FrameID) -> [Slot]? { self.slots[id] }

    /// Walks all frames of totals, in no order.
    func forEachTotal(_ body: (FrameID, [Slot]) -> Void) {
        for (id, slots) in self.slots { body(id, slots) }
    }

    /// Its one chunk.
    func name(of id: FrameID) -> ChunkName {
        let facts = self.facts(of: id)
        return ChunkName(id: ChunkID(frame: id, key: facts.key), created: facts.created)
    }

    /// Frames of a run that were made in minutes before one, of those from a sequence on.
    func expired(_ run: Int, from sequence: UInt64, before minute: UInt64) -> Range<UInt64> {
        guard self.facts.indices.contains(run) else { return sequence..<sequence }
        var end = sequence
        while end <= UInt64(self.facts[run].count), self.facts[run][Int(end) - 1].created.minute < minute {
            end += 1
        }
        return sequence..<end
    }

    private static func key(of id: FrameID) -> Key { Key(high: id.run.low, low: id.sequence) }
}
