internal import Cluster
internal import Telemetry

/// Cluster time of nodes and agents, and what expires by it.
extension World {
    /// Cluster time at the start, nanoseconds: four minutes before a whole hour.
    static let epoch: UInt64 = (483_333 * 60 - 4) * 60_000_000_000
    /// A clock that is so far off, or less, is followed by nobody, as `ClusterClock` has it.
    static let clockTolerance: Int64 = 2_000_000_000
    /// Every disk is read through, and what expired goes from it, so often.
    static let tendInterval = Duration.seconds(20)
    /// Nodes of odd numbers keep what they hold for so much longer than others.
    static let retentionLead = Duration.seconds(240)

    /// Cluster time as a node has it.
    func clock(of index: Int) -> ClusterTime { self.clock(self.nodes[index].clockOffset) }

    /// Cluster time as an agent has it.
    func clock(ofAgent agent: Int) -> ClusterTime { self.clock(self.agents[agent].clockOffset) }

    private func clock(_ offset: Int64) -> ClusterTime {
        let (seconds, attoseconds) = self.now.components
        let nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
        return ClusterTime(nanoseconds: Self.epoch + nanoseconds).advanced(byNanoseconds: offset)
    }

    /// The oldest minute that a node keeps.
    func floor(of index: Int) -> UInt32 {
        Self.minute(after: self.oldestKept(by: index).nanoseconds)
    }

    /// Nothing that was made before is kept by a node.
    func oldestKept(by index: Int) -> ClusterTime {
        let retention = self.retention + Self.retentionLead * (index % 2)
        return self.clock(of: index).advanced(byNanoseconds: -Int64(retention / .nanoseconds(1)))
    }

    private static func minute(after nanoseconds: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (nanoseconds + 59_999_999_999) / 60_000_000_000)
    }

    /// A process begins with its wall clock, and follows the cluster's where that says something else.
    ///
    /// As `ClusterClock` does at its first meeting, before anything is stamped; whoever is alone has a wall clock that is right.
    mutating func setClock(of index: Int) {
        let wall = self.nodes[index].wallOffset
        let others = self.nodes.indices.filter { peer in
            peer != index && self.nodes[peer].isRunning && self.network.reaches(index, peer)
                && self.network.reaches(peer, index)
        }
        guard let other = others.first else {
            let tolerance = Self.clockTolerance / 2
            self.nodes[index].clockOffset = min(max(wall, -tolerance), tolerance)
            return
        }
        let cluster = self.nodes[other].clockOffset
        self.nodes[index].clockOffset =
            (wall - cluster).magnitude > UInt64(Self.clockTolerance) ? cluster : wall
    }

    /// Reads a disk through: what cannot be read any more counts no longer, and what expired goes.
    mutating func tend(_ index: Int) {
        self.queue.add(.tend(index), at: self.now + Self.tendInterval)
        guard self.nodes[index].isRunning else { return }
        for (run, sequence) in self.nodes[index].disk.rotten.all {
            let id = FrameID(run: self.runs[run].id, sequence: sequence)
            self.nodes[index].disk.drop(self.book.name(of: id))
            self.nodes[index].disk.lost.insert(id)
            self.log.scrubbedCount += 1
        }
        for frame in self.nodes[index].disk.shelf.frames(in: 0..<self.floor(of: index)) {
            self.nodes[index].disk.drop(self.book.name(of: frame))
        }
        self.removePurged(index)
    }

    /// Some of what a disk holds cannot be read any more; of all disks the same chunks where it strikes everywhere.
    mutating func rot(_ index: Int, perMille: Int, isEverywhere: Bool = false) {
        let salt = isEverywhere ? 0 : UInt64(index + 1)
        for frame in self.nodes[index].disk.shelf.frames {
            let draw = ContentHash.hash64(frame.run.low, frame.sequence, seed: salt ^ self.seed)
            guard draw % 1000 < UInt64(perMille) else { continue }
            self.nodes[index].disk.rotten.insert(frame)
        }
    }

    /// Whether a frame is older than any node keeps.
    func isExpired(_ run: Int, _ sequence: UInt64) -> Bool {
        run < self.expiredTo.count && sequence < self.expiredTo[run]
    }

    /// What is older than any node keeps is no promise any more.
    mutating func expire() {
        let now = self.clock(Self.clockTolerance).nanoseconds
        let minute = UInt64(Self.minute(after: now - UInt64(self.retention / .nanoseconds(1))))
        for run in self.runs.indices {
            while self.expiredTo.count <= run { self.expiredTo.append(1) }
            let gone = self.book.expired(run, from: self.expiredTo[run], before: minute)
            for sequence in gone {
                let id = FrameID(run: self.runs[run].id, sequence: sequence)
                for level in self.promised.keys.sorted() { self.promised[level]?.remove(id) }
            }
            self.expiredTo[run] = gone.upperBound
        }
    }
}
