internal import Cluster
internal import Telemetry

/// What repair and totals promise.
extension World {
    /// Every so many seconds totals are compared with what was made.
    private static let oracleInterval = 10
    /// Questions of one node that may be under way, beside two for each other one.
    private static let questionsMax = 16

    // MARK: - At every step

    /// Nobody asks for what has expired at its own node.
    mutating func checkAsked(_ question: RepairQuestion, by index: Int) {
        guard case .chunks(let names) = question else { return }
        let floor = UInt64(self.floor(of: index))
        // The floor rises while a round goes on.
        guard names.contains(where: { $0.created.minute + 1 < floor }) else { return }
        self.violate("\(self.nodes[index].id) asks for what has expired")
    }

    // MARK: - Every virtual second

    /// Machines fit together, and what they keep stays within bounds.
    mutating func checkMachines(of index: Int) {
        let node = self.nodes[index]
        if let what = node.repair?.inconsistency {
            self.violate("the repair of \(node.id) does not fit together: \(what)")
        }
        if let what = node.totals?.inconsistency {
            self.violate("the totals of \(node.id) do not fit together: \(what)")
        }
        if node.asking.count > Self.questionsMax + 4 * self.nodes.count {
            self.violate("\(node.id) waits for \(node.asking.count) answers")
        }
    }

    /// No total exceeds what was made.
    mutating func checkTotals() {
        let second = Int(self.now.components.seconds)
        guard second.isMultiple(of: Self.oracleInterval) else { return }
        for node in self.nodes {
            guard let table = node.totals?.table else { continue }
            for window in table.windows where window >= self.oracle.floor {
                for entry in table.entries(of: window) {
                    let made = self.oracle.entry(of: entry.series, in: window)
                    if let made, entry.slotCount <= made.slotCount, entry.value.amount <= made.value.amount {
                        continue
                    }
                    self.violate("\(node.id) shows more of window \(window.index) than was made: \(entry)")
                    return
                }
            }
        }
    }

    /// Losses of frames that as many disks hold as were promised are made good.
    mutating func forgiveLosses() {
        guard self.nodes.contains(where: { $0.disk.lost.count > 0 }) else { return }
        let disks = self.nodes.indices.map { self.dependable($0) }
        for (promised, frames) in self.promised.sorted(by: { $0.key < $1.key }) {
            var whole = frames
            for (run, sequence) in frames.missing(from: disks, times: promised) {
                whole.remove(FrameID(run: self.runs[run].id, sequence: sequence))
            }
            for index in self.nodes.indices { self.nodes[index].disk.lost.subtract(whole) }
        }
    }

    /// Frames that a node can read and is not about to remove.
    private func dependable(_ index: Int) -> FrameSet {
        let (disk, given) = (self.nodes[index].disk, self.nodes[index].givenAway)
        guard !given.isEmpty else { return disk.readable }
        var kept = FrameSet()
        for partition in 0..<Key.partitionCount {
            for frame in disk.shelf.frames(of: partition, in: 0..<UInt32.max, leavingOut: given)
            where disk.canRead(frame) {
                kept.insert(frame)
            }
        }
        return kept
    }

    // MARK: - At the end

    /// Once all is quiet: owners hold the same, nobody else holds anything, what was promised is with its owners, and all
    /// nodes show the same totals.
    ///
    /// Asked for when ``quickRepair`` had three minutes since the last fault; all running nodes must agree on the members.
    package mutating func checkRepaired() {
        guard let view = self.nodes.first(where: \.isRunning)?.membership?.view else { return }
        let placement = Placement(view.records, view.parameters)
        let running = self.nodes.filter(\.isRunning).map(\.number)
        let floor = (running.map { self.floor(of: $0) }.max() ?? 0) + 1
        let minutes = floor..<UInt32.max
        var (unequal, foreign) = (0, 0)
        for partition in 0..<Key.partitionCount {
            let owners = placement.owners(of: partition).compactMap { self.numbers[$0] }
            let digests = owners.map { index in
                self.nodes[index].disk.shelf.digest(of: partition, in: minutes)
            }
            if digests.contains(where: { $0 != digests.first }) { unequal += 1 }
            for index in running where !owners.contains(index) {
                let node = self.nodes[index]
                let held = node.disk.shelf.digest(of: partition, in: minutes, leavingOut: node.givenAway)
                if !held.isEmpty { foreign += 1 }
            }
        }
        if unequal > 0 { self.violate("owners of \(unequal) partitions hold different chunks") }
        if foreign > 0 { self.violate("\(foreign) partitions are held by others than their owners") }
        self.checkCopies(placement, running, floor)
        self.checkSameTotals(running)
    }

    /// Every frame that was confirmed, and can be read anywhere, can be read at each of its owners.
    private mutating func checkCopies(_ placement: Placement, _ running: [Int], _ floor: UInt32) {
        let disks = running.map { self.nodes[$0].disk.readable }
        var lacking = 0
        for (_, frames) in self.promised.sorted(by: { $0.key < $1.key }) {
            var there = frames
            for (run, sequence) in frames.missing(from: disks) {
                there.remove(FrameID(run: self.runs[run].id, sequence: sequence))
            }
            for (run, sequence) in there.missing(from: disks, times: placement.parameters.replication) {
                let id = FrameID(run: self.runs[run].id, sequence: sequence)
                let facts = self.book.facts(of: id)
                guard facts.created.minute >= UInt64(floor) else { continue }
                let owners = placement.owners(of: facts.partition).compactMap { self.numbers[$0] }
                if owners.contains(where: { !self.nodes[$0].disk.canRead(id) }) { lacking += 1 }
            }
        }
        if lacking > 0 { self.violate("\(lacking) confirmed frames have too few copies") }
    }

    /// All tables are equal, and hold every slot that was confirmed and none that was not made.
    private mutating func checkSameTotals(_ running: [Int]) {
        let tables = running.compactMap { self.nodes[$0].totals?.table }
        guard let first = tables.first, let floor = tables.map(\.floor).max() else { return }
        let expired = UInt64((running.map { self.floor(of: $0) }.max() ?? 0) + 1) * 60_000_000_000
        let unfinished =
            self.agents.contains { !$0.spool.isEmpty }
            || self.nodes.contains { !$0.disk.spool.isEmpty } || self.wasTotalLost
        for window in self.oracle.windows where window > floor {
            let shown = first.entries(of: window)
            for (number, table) in zip(running, tables) where table.entries(of: window) != shown {
                self.violate(
                    "\(self.nodes[number].id) shows other totals of window \(window.index) than others"
                )
                return
            }
            guard window.start.nanoseconds >= expired, !unfinished else { continue }
            let made = self.oracle.entries(of: window)
            if !Self.areEqual(shown, made) {
                self.violate("totals of window \(window.index) are not what was made: \(shown), not \(made)")
                return
            }
        }
    }

    /// The same slots; whether they were once unsettled is told too, and no difference.
    private static func areEqual(_ left: [AggregateEntry], _ right: [AggregateEntry]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { one, other in
                (one.series, one.slotCount, one.digest) == (other.series, other.slotCount, other.digest)
                    && one.value == other.value
            }
    }

    /// Whether slots were lost that nobody had confirmed, or all of whose copies were.
    private var wasTotalLost: Bool {
        let disks = self.nodes.map(\.disk.everHeld)
        return self.log.lostTotalCount > 0
            || self.confirmed.missing(from: disks).contains { run, sequence in
                self.book.slots(of: FrameID(run: self.runs[run].id, sequence: sequence)) != nil
            }
    }
}

extension SlotValue {
    /// What only rises with more slots.
    fileprivate var amount: Int128 {
        switch self {
        case .counter(let nano): nano
        case .gauge(let gauge): Int128(gauge.count)
        case .histogram(let histogram): Int128(histogram.count)
        case .distinct: 0
        }
    }
}
