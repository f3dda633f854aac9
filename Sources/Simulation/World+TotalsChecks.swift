internal import Cluster
internal import Telemetry

/// What totals promise: they never exceed what was made, and in the end they are what was made.
extension World {
    /// Every so many seconds totals are compared with what was made.
    private static let oracleInterval = 10

    // MARK: - Every virtual second

    /// No total exceeds what was made.
    mutating func checkTotals() {
        let second = Int(self.now.components.seconds)
        guard second.isMultiple(of: Self.oracleInterval) else { return }
        for index in self.nodes.indices {
            guard let table = self.nodes[index].totals?.table else { continue }
            for window in table.windows where window >= self.oracle.floor {
                for entry in table.entries(of: window) {
                    let made = self.oracle.entry(of: entry.series, in: window)
                    if let made, entry.slotCount <= made.slotCount, entry.value.isPart(of: made.value) {
                        continue
                    }
                    let node = self.nodes[index].id
                    self.violate("\(node) shows more of window \(window.index) than was made: \(entry)")
                    return
                }
            }
        }
    }

    // MARK: - At the end

    /// What doors counted is confirmed, where there are enough nodes to confirm anything.
    mutating func checkDoors(_ running: [Int]) {
        for index in running where !self.nodes[index].disk.spool.isEmpty {
            let count = self.nodes[index].disk.spool.count
            self.violate("the door of \(self.nodes[index].id) still holds \(count) frames of totals")
        }
    }

    /// All tables are equal, and where no slot of a window is lost they show what was made in it.
    ///
    /// - Parameter running: Numbers of the nodes whose processes run.
    mutating func checkSameTotals(_ running: [Int]) {
        let tables = running.compactMap { self.nodes[$0].totals?.table }
        guard let first = tables.first, let floor = tables.map(\.floor).max() else { return }
        let expired = UInt64((running.map { self.floor(of: $0) }.max() ?? 0) + 1) * 60_000_000_000
        let (kept, lacking) = self.readableTotals(at: running)
        for window in self.oracle.windows where window > floor {
            let shown = first.entries(of: window)
            for (number, table) in zip(running, tables) where table.entries(of: window) != shown {
                self.violate(
                    "\(self.nodes[number].id) shows other totals of window \(window.index) than others"
                )
                return
            }
            guard window.start.nanoseconds >= expired else { continue }
            guard !lacking.contains(window.index) else {
                self.log.excusedWindowCount += 1
                self.checkLeft(kept, of: window, shown)
                continue
            }
            self.log.comparedWindowCount += 1
            let made = self.oracle.entries(of: window)
            if !Self.areEqual(shown, made) {
                self.violate("totals of window \(window.index) are not what was made: \(shown), not \(made)")
                return
            }
        }
        // A check that looks at nothing holds for anything.
        if self.log.comparedWindowCount == 0 { self.violate("no totals were compared with what was made") }
    }

    /// What is left of a window some of whose slots are lost is shown.
    private mutating func checkLeft(_ kept: AggregateTable, of window: Window, _ shown: [AggregateEntry]) {
        for left in kept.entries(of: window) {
            let entry = shown.first { $0.series == left.series }
            if let entry, entry.slotCount >= left.slotCount { continue }
            return self.violate("totals of window \(window.index) lack slots that are there: \(left)")
        }
    }

    /// Totals of the slots that some of the nodes can read, and the numbers of the windows that lack others.
    private func readableTotals(at nodes: [Int]) -> (kept: AggregateTable, lacking: Set<UInt64>) {
        var kept = AggregateTable(limits: self.oracle.limits)
        kept.own { _ in true }
        kept.advance(to: self.oracle.present.start)
        var lacking: Set<UInt64> = []
        // No order shows in a sum, nor in a set.
        self.book.forEachTotal { id, slots in
            if nodes.contains(where: { self.nodes[$0].disk.canRead(id) }) {
                kept.add(self.book.name(of: id).id, slots)
            } else {
                lacking.formUnion(slots.map { Window(at: ClusterTime(nanoseconds: $0.start)).index })
            }
        }
        return (kept, lacking)
    }

    /// The same slots; whether they were once unsettled is told too, and no difference.
    static func areEqual(_ left: [AggregateEntry], _ right: [AggregateEntry]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { one, other in
                (one.series, one.slotCount, one.digest) == (other.series, other.slotCount, other.digest)
                    && one.value == other.value
            }
    }
}

extension SlotValue {
    /// Whether it may be made of some of the slots that another value is made of.
    fileprivate func isPart(of whole: SlotValue) -> Bool {
        switch (self, whole) {
        case (.counter(let part), .counter(let all)): part <= all
        case (.gauge(let part), .gauge(let all)):
            part.count <= all.count && part.minimum >= all.minimum && part.maximum <= all.maximum
                && part.lastTime <= all.lastTime
        case (.histogram(let part), .histogram(let all)):
            part.count <= all.count && part.minimum >= all.minimum && part.maximum <= all.maximum
        case (.distinct, .distinct): whole.merged(with: self) == whole
        default: false
        }
    }

    private func merged(with other: SlotValue) -> SlotValue {
        var both = self
        both.merge(other)
        return both
    }
}
