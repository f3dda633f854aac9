internal import Telemetry

/// Totals of one window by the hash of their series; where there is no room for all, the smallest hashes stay.
///
/// So what is kept does not depend on the order in which it came: whoever was pushed out once has as many smaller ones before
/// it as there is room, for good. Two series of one hash are as good as impossible; the one whose bytes come first stays.
struct AggregateEntries: Sendable {
    /// What came of looking for room.
    enum Room: Equatable {
        /// There is an entry of this very series.
        case there
        /// There was none, and there is room for it now.
        case made
        /// There is no room.
        case none(AggregateRefusal)
    }

    /// Ascending.
    private(set) var hashes: [UInt64] = []
    private var entries: [UInt64: AggregateEntry] = [:]

    var count: Int { self.hashes.count }

    subscript(_ hash: UInt64) -> AggregateEntry? { self.entries[hash] }

    /// Looks for room for a series, and pushes out others where these have less right to it.
    ///
    /// - Returns: Whether an entry is there or may be put; and how many others went.
    mutating func makeRoom(
        for series: Series,
        _ hash: UInt64,
        limit: Int
    ) -> (room: Room, pushedOut: AggregateRefusal?) {
        if let present = self.entries[hash] {
            guard present.series != series else { return (.there, nil) }
            guard Self.precedes(series, present.series) else { return (.none(.collision), nil) }
            self.remove(hash)
            return (.made, .collision)
        }
        guard self.hashes.count >= limit else { return (.made, nil) }
        guard let last = self.hashes.last, hash < last else { return (.none(.tooManySeries), nil) }
        self.remove(last)
        return (.made, .tooManySeries)
    }

    /// Puts an entry for which room was made.
    mutating func put(_ entry: AggregateEntry, _ hash: UInt64) {
        self.hashes.insert(hash, at: self.place(of: hash))
        self.entries[hash] = entry
    }

    /// Adds a slot to an entry that is there.
    mutating func add(_ slot: Slot, slotHash: UInt64, to hash: UInt64) {
        self.entries[hash]?.add(slot, hash: slotHash)
    }

    /// Joins an entry with one that is there; says whether anything is different now.
    mutating func join(_ entry: AggregateEntry, _ hash: UInt64) -> Bool {
        self.entries[hash]?.join(entry) ?? false
    }

    private mutating func remove(_ hash: UInt64) {
        self.entries[hash] = nil
        self.hashes.remove(at: self.place(of: hash))
    }

    /// The first place whose hash is not smaller.
    private func place(of hash: UInt64) -> Int {
        var low = 0
        var high = self.hashes.count
        while low < high {
            let middle = (low + high) / 2
            if self.hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func precedes(_ left: Series, _ right: Series) -> Bool {
        left.encodedBytes.lexicographicallyPrecedes(right.encodedBytes)
    }
}

extension Series {
    var encodedBytes: [UInt8] {
        var writer = ByteWriter(reserving: 192)
        self.encode(into: &writer)
        return writer.bytes
    }
}
