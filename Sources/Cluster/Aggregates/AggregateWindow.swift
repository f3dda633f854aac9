internal import Telemetry

/// What one node knows of one window: totals of the slots that it holds, and totals that others told.
struct AggregateWindow: Sendable {
    /// Digest and number of the entries that are shown.
    struct Summary: Equatable, Sendable {
        var count: Int
        var digest: UInt64
    }

    /// What follows from the entries, until one changes.
    private struct Shown: Sendable {
        var hashes: [UInt64]
        var summary: Summary
    }

    /// Totals of the slots that this node holds.
    private(set) var own = AggregateEntries()
    /// The partitions of these, by the hash of the series.
    private var partitions: [UInt64: Int] = [:]
    /// Totals that others told.
    private(set) var told = AggregateEntries()
    /// Hashes of the chunks of which slots were added.
    private(set) var chunks: Set<UInt64> = []
    private var shown: Shown?

    /// Notes a chunk; false where its slots of this window were added before.
    mutating func note(_ chunk: UInt64) -> Bool { self.chunks.insert(chunk).inserted }

    /// Adds a slot that this node holds; gives what had no room.
    mutating func add(
        _ slot: Slot,
        _ hash: UInt64,
        slotHash: UInt64,
        partition: Int,
        limits: AggregateTable.Limits
    )
        -> [AggregateRefusal]
    {
        let (room, pushedOut) = self.own.makeRoom(for: slot.series, hash, limit: limits.seriesPerWindow)
        switch room {
        case .none(let refusal): return [refusal]
        case .there: self.own.add(slot, slotHash: slotHash, to: hash)
        case .made:
            self.own.put(AggregateEntry(slot, hash: slotHash), hash)
            self.partitions[hash] = partition
        }
        self.shown = nil
        let gone = self.own.trim(to: limits.bytesPerWindow)
        for hash in gone { self.partitions[hash] = nil }
        return (pushedOut.map { [$0] } ?? []) + gone.map { _ in .tooManySeries }
    }

    /// Takes a total that another node told; gives what had no room.
    mutating func tell(
        _ entry: AggregateEntry,
        _ hash: UInt64,
        limits: AggregateTable.Limits
    ) -> [AggregateRefusal] {
        let (room, pushedOut) = self.told.makeRoom(for: entry.series, hash, limit: limits.seriesPerWindow)
        switch room {
        case .none(let refusal): return [refusal]
        case .there: if self.told.join(entry, hash) { self.shown = nil }
        case .made:
            self.told.put(entry, hash)
            self.shown = nil
        }
        let gone = self.told.trim(to: limits.bytesPerWindow)
        if !gone.isEmpty { self.shown = nil }
        return (pushedOut.map { [$0] } ?? []) + gone.map { _ in .tooManySeries }
    }

    /// A series of that hash that is in memory; nil where there is none.
    func series(_ hash: UInt64) -> Series? { self.own[hash]?.series ?? self.told[hash]?.series }

    /// Keeps what was shown of partitions that are not owned any more; what is owned now shows from here on.
    mutating func changeOwned(from before: [Bool], to now: [Bool], limits: AggregateTable.Limits) {
        for hash in self.own.hashes {
            guard let entry = self.own[hash], let partition = self.partitions[hash], before[partition],
                !now[partition]
            else { continue }
            _ = self.tell(entry, hash, limits: limits)
        }
        self.shown = nil
    }

    /// The total of a series that is shown: the best of the own one, where its partition is owned, and the told one.
    func entry(_ hash: UInt64, _ owned: [Bool]) -> AggregateEntry? {
        let own = self.isShown(hash, owned) ? self.own[hash] : nil
        guard var entry = own else { return self.told[hash] }
        guard let told = self.told[hash] else { return entry }
        guard told.series == entry.series else {
            return entry.series.encodedBytes.lexicographicallyPrecedes(told.series.encodedBytes)
                ? entry : told
        }
        entry.join(told)
        return entry
    }

    /// Hashes of the series that are shown, ascending; the smallest where there are more than there is room for.
    mutating func hashes(_ owned: [Bool], _ limits: AggregateTable.Limits) -> [UInt64] {
        self.show(owned, limits).hashes
    }

    /// What others compare first.
    mutating func summary(_ owned: [Bool], _ limits: AggregateTable.Limits) -> Summary {
        self.show(owned, limits).summary
    }

    private mutating func show(_ owned: [Bool], _ limits: AggregateTable.Limits) -> Shown {
        if let shown = self.shown { return shown }
        let own = self.own.hashes.filter { self.isShown($0, owned) }
        var hashes: [UInt64] = []
        var digest: UInt64 = 0
        var cost = 0
        for hash in Self.united(own, self.told.hashes).prefix(limits.seriesPerWindow) {
            guard let entry = self.entry(hash, owned) else { continue }
            // What is told here has to find room there.
            cost += entry.cost
            guard cost <= limits.bytesPerWindow else { break }
            hashes.append(hash)
            digest &+= entry.mark.hash(of: hash)
        }
        let shown = Shown(hashes: hashes, summary: Summary(count: hashes.count, digest: digest))
        self.shown = shown
        return shown
    }

    private func isShown(_ hash: UInt64, _ owned: [Bool]) -> Bool {
        self.partitions[hash].map { owned[$0] } ?? false
    }

    /// Both lists in one, ascending, without doubles.
    private static func united(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        guard !left.isEmpty else { return right }
        var result: [UInt64] = []
        result.reserveCapacity(max(left.count, right.count))
        var (one, other) = (0, 0)
        while one < left.count || other < right.count {
            let first = one < left.count ? left[one] : .max
            let second = other < right.count ? right[other] : .max
            result.append(min(first, second))
            if one < left.count, first <= second { one += 1 }
            if other < right.count, second <= first { other += 1 }
        }
        return result
    }
}
