internal import Cluster
internal import Telemetry

/// What repair and totals promise.
extension World {
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

    /// Nobody writes what has expired at its own node, whoever brought it.
    mutating func checkBrought(_ names: [ChunkName], to index: Int) {
        let floor = UInt64(self.floor(of: index))
        // It rises while a round goes on, and while the process stands still.
        guard names.contains(where: { $0.created.minute + 2 < floor }) else { return }
        self.violate("\(self.nodes[index].id) brings back what has expired")
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
        for frame in disk.shelf.frames(leavingOut: given) where disk.canRead(frame) { kept.insert(frame) }
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
        // Where as many copies as there are to be have no owners, a node that leaves may keep what it holds.
        if foreign > 0, placement.nodes.count >= placement.parameters.replication {
            self.violate("\(foreign) partitions are held by others than their owners")
        }
        self.checkCopies(placement, running, floor)
        self.checkBuried(running)
        self.checkSameTotals(running)
        if placement.nodes.count >= placement.parameters.confirmations { self.checkDoors(running) }
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
            self.log.judgedFrameCount += there.count
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
}
