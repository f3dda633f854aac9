internal import Telemetry

/// Totals of one window by the hash of their series; where there is no room for all, the smallest hashes stay.
///
/// So what is kept does not depend on the order in which it came: whoever was pushed out once, or found no room, has as many
/// smaller ones before it as there is room, for good. Nothing from there on is taken again: it would lack what came meanwhile. Two series of one hash are as good as impossible; the one whose bytes come first stays.
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
    /// What the entries take in memory, about.
    private(set) var cost = 0
    /// The smallest hash that found no room; nil while all did.
    private var end: UInt64?

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
        if let end = self.end, hash >= end { return (.none(.tooManySeries), nil) }
        guard self.hashes.count >= limit else { return (.made, nil) }
        guard let last = self.hashes.last, hash < last else {
            self.end = hash
            return (.none(.tooManySeries), nil)
        }
        self.end = last
        self.remove(last)
        return (.made, .tooManySeries)
    }

    /// Pushes out the largest hashes until the others take no more memory than they may.
    ///
    /// - Returns: Those that went.
    mutating func trim(to costMax: Int) -> [UInt64] {
        var gone: [UInt64] = []
        while self.cost > costMax, let last = self.hashes.last {
            self.end = last
            self.remove(last)
            gone.append(last)
        }
        return gone
    }

    /// Puts an entry for which room was made.
    mutating func put(_ entry: AggregateEntry, _ hash: UInt64) {
        self.hashes.insert(hash, at: self.place(of: hash))
        self.entries[hash] = entry
        self.cost += entry.cost
    }

    /// Adds a slot to an entry that is there.
    mutating func add(_ slot: Slot, slotHash: UInt64, to hash: UInt64) {
        let before = self.entries[hash]?.cost ?? 0
        self.entries[hash]?.add(slot, hash: slotHash)
        self.cost += (self.entries[hash]?.cost ?? 0) - before
    }

    /// Joins an entry with one that is there; says whether anything is different now.
    mutating func join(_ entry: AggregateEntry, _ hash: UInt64) -> Bool {
        let before = self.entries[hash]?.cost ?? 0
        let isChanged = self.entries[hash]?.join(entry) ?? false
        self.cost += (self.entries[hash]?.cost ?? 0) - before
        return isChanged
    }

    private mutating func remove(_ hash: UInt64) {
        self.cost -= self.entries.removeValue(forKey: hash)?.cost ?? 0
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
