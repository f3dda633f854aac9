package import Telemetry

/// Totals per window and series over the whole cluster, as one node knows them.
///
/// Two sources: *own totals*, which the node makes of the slots that it holds, and *told* ones. Of its own it shows and
/// tells those of partitions that it owns: somebody who holds a few foreign chunks has no total. What is shown is the join of both
/// (``AggregateEntry``), and as the set of slots only grows, so do totals; they never exceed what was sent.
///
/// Only ten-second slots of services are here; those of hosts are read by scatter, rolled-up ones are read from the store. Pure; no
/// order in which things come in makes a difference, but where a window has more chunks than ``Limits/chunksPerWindow``.
package struct AggregateTable: Sendable {
    /// How much is kept.
    package struct Limits: Equatable, Sendable {
        /// Windows behind the present one that are kept.
        package var windows: UInt64
        /// Windows before the present one that are taken.
        package var windowsAhead: UInt64
        /// Series of one window, told ones and own ones each.
        package var seriesPerWindow: Int
        /// Chunks of one window that own totals are made of.
        package var chunksPerWindow: Int
        /// Bytes in memory of the series of one window, about; told ones and own ones each.
        package var bytesPerWindow: Int

        /// Three minutes back, one ahead; 20,000 series and 16 MiB of a window.
        package init(
            windows: UInt64 = 18,
            windowsAhead: UInt64 = 6,
            seriesPerWindow: Int = 20_000,
            chunksPerWindow: Int = 1 << 20,
            bytesPerWindow: Int = 16 << 20
        ) {
            precondition(windows > 0 && seriesPerWindow > 0 && chunksPerWindow > 0, "limits are positive")
            precondition(bytesPerWindow >= 64 << 10, "the largest total has room")
            self.windows = windows
            self.windowsAhead = windowsAhead
            self.seriesPerWindow = seriesPerWindow
            self.chunksPerWindow = chunksPerWindow
            self.bytesPerWindow = bytesPerWindow
        }
    }

    /// How much is kept.
    package let limits: Limits
    /// The window of the latest instant that was heard of.
    package private(set) var present = Window(index: 0)
    /// Slots and told totals that were not taken, by reason.
    package private(set) var refused: [AggregateRefusal: UInt64] = [:]
    /// Chunks whose slots of a window were added before.
    package private(set) var duplicateChunks: UInt64 = 0
    /// Never walked but sorted.
    var byIndex: [UInt64: AggregateWindow] = [:]
    var owned = [Bool](repeating: false, count: Key.partitionCount)

    /// A table that knows nothing, of a node that owns nothing.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// The oldest window that is taken.
    package var floor: Window {
        Window(index: self.present.index - min(self.present.index, self.limits.windows))
    }

    /// Windows of which something is known, ascending.
    package var windows: [Window] { self.byIndex.keys.sorted().map { Window(index: $0) } }

    /// Totals of a window that are shown, in the order of their series' hashes.
    ///
    /// - Complexity: O(series of the window).
    package func entries(of window: Window) -> [AggregateEntry] {
        guard var found = self.byIndex[window.index] else { return [] }
        return found.hashes(self.owned, self.limits).compactMap { found.entry($0, self.owned) }
    }

    /// The newest window before another one of which some total is shown, and its totals; nil where there is none.
    ///
    /// - Complexity: As ``entries(of:)``; windows of which only slots of others' partitions are known are passed over.
    package func latest(before limit: Window) -> (window: Window, entries: [AggregateEntry])? {
        for index in self.byIndex.keys.sorted(by: >) where index < limit.index {
            let entries = self.entries(of: Window(index: index))
            if !entries.isEmpty { return (Window(index: index), entries) }
        }
        return nil
    }

    /// The total of one series in a window; nil where nothing is known of it.
    package func entry(of series: Series, in window: Window) -> AggregateEntry? {
        let hash = Self.hash(of: series)
        guard let entry = self.byIndex[window.index]?.entry(hash, self.owned), entry.series == series else {
            return nil
        }
        return entry
    }

    /// XXH3-64 of the series' bytes.
    package static func hash(of series: Series) -> UInt64 { ContentHash.hash64(series.encodedBytes.raw) }

    // MARK: - Inputs

    /// Time goes on: windows below the floor go.
    ///
    /// An earlier instant than the latest changes nothing.
    package mutating func advance(to now: ClusterTime) {
        let window = Window(at: now)
        guard window > self.present else { return }
        self.present = window
        let floor = self.floor.index
        // The order in which they go shows nowhere.
        for index in self.byIndex.keys.sorted() where index < floor { self.byIndex[index] = nil }
    }

    /// Adds the slots of a chunk that this node holds; a chunk that was added before changes nothing.
    ///
    /// - Parameters:
    ///   - chunk: The chunk's name, wherever it is held.
    ///   - slots: All its slots in their order; what is no ten seconds of a service is passed over.
    package mutating func add(_ chunk: ChunkID, _ slots: [Slot]) {
        let chunkHash = chunk.hash64
        var wantedByIndex: [UInt64: Bool] = [:]
        var subject: Series.Subject?
        for (ordinal, slot) in slots.enumerated() where slot.resolution == .tenSeconds {
            guard case .service = slot.series.subject else { continue }
            if slot.series.subject != subject {
                // A slot under another service's key would be counted by owners that do not own it.
                guard slot.series.key == chunk.key else {
                    self.refuse(.foreignSubject)
                    continue
                }
                subject = slot.series.subject
            }
            let index = Window(at: ClusterTime(nanoseconds: slot.start)).index
            let bytes = slot.series.encodedBytes
            if let refusal = self.refusal(slot.series, bytes.count, slot.value, index) {
                self.refuse(refusal)
                continue
            }
            let isWanted = wantedByIndex[index] ?? self.note(chunkHash, in: index)
            wantedByIndex[index] = isWanted
            guard isWanted else { continue }
            let hash = ContentHash.hash64(bytes.raw)
            var slot = slot
            slot.series = self.shared(slot.series, hash, near: index)
            let refusals = self.byIndex[index]?.add(
                slot,
                hash,
                slotHash: AggregateEntry.hash(of: chunkHash, at: ordinal),
                partition: chunk.key.partition,
                limits: self.limits
            )
            for refusal in refusals ?? [] { self.refuse(refusal) }
        }
    }

    /// Takes a total that another node told.
    package mutating func tell(_ entry: AggregateEntry, in window: Window) {
        let bytes = entry.series.encodedBytes
        guard case .service = entry.series.subject else { return self.refuse(.foreignSubject) }
        if let refusal = self.refusal(entry.series, bytes.count, entry.value, window.index) {
            return self.refuse(refusal)
        }
        let hash = ContentHash.hash64(bytes.raw)
        let entry = entry.sharing(self.shared(entry.series, hash, near: window.index))
        let refusals = self.byIndex[window.index, default: AggregateWindow()].tell(
            entry,
            hash,
            limits: self.limits
        )
        for refusal in refusals { self.refuse(refusal) }
    }

    /// The node owns other partitions than before.
    package mutating func own(where isOwned: (Int) -> Bool) {
        let owned = (0..<Key.partitionCount).map(isOwned)
        guard owned != self.owned else { return }
        for index in self.byIndex.keys.sorted() {
            self.byIndex[index]?.changeOwned(from: self.owned, to: owned, limits: self.limits)
        }
        self.owned = owned
    }

    // MARK: - Private

    private func refusal(
        _ series: Series,
        _ bytes: Int,
        _ value: SlotValue,
        _ index: UInt64
    )
        -> AggregateRefusal?
    {
        if index < self.floor.index { return .tooOld }
        if index > self.present.index.saturatingAdd(self.limits.windowsAhead) { return .tooFarAhead }
        if value.kind != series.kind { return .kind }
        return bytes > AggregateEntry.partBytesMax ? .tooLarge : nil
    }

    /// Whether a chunk's slots of a window are to be added.
    private mutating func note(_ chunk: UInt64, in index: UInt64) -> Bool {
        var window = AggregateWindow()
        swap(&window, &self.byIndex[index, default: AggregateWindow()])
        defer { swap(&window, &self.byIndex[index, default: AggregateWindow()]) }
        guard window.chunks.count < self.limits.chunksPerWindow || window.chunks.contains(chunk) else {
            self.refuse(.tooManyChunks)
            return false
        }
        guard window.note(chunk) else {
            self.duplicateChunks += 1
            return false
        }
        return true
    }

    /// The same series as a neighbouring window has it, so that its texts are in memory once.
    private func shared(_ series: Series, _ hash: UInt64, near index: UInt64) -> Series {
        for other in [index, index &- 1, index &+ 1] {
            if let known = self.byIndex[other]?.series(hash), known == series { return known }
        }
        return series
    }

    private mutating func refuse(_ refusal: AggregateRefusal) { self.refused[refusal, default: 0] += 1 }
}
