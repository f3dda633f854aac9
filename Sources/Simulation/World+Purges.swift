internal import Cluster
internal import Telemetry

/// A trace that an operator deleted for good.
struct Purge: Equatable, Sendable {
    /// All that there was of it.
    let name: ChunkName
    let tombstone: Tombstone
    /// Since when every node knows of it and none holds anything of it; nil where that is not so.
    var goneSince: Duration?
    /// Whether it may be seen no more, on any node.
    var isSettled = false
}

/// What operators delete for good; as the product's store does, by the word of other nodes too.
extension World {
    /// What was under way when the last node heard of it has come in.
    private static let settling = Duration.seconds(40)

    /// Deletes traces that a node holds: there at once, elsewhere as soon as repair asks.
    mutating func purge(_ index: Int, traces: Int) {
        guard self.nodes[index].isRunning else { return }
        let clock = self.clock(of: index)
        var rest = self.nodes[index].disk.shelf.frames.filter { self.book.slots(of: $0) == nil }
            .map { self.book.name(of: $0) }
            .filter { $0.created <= clock }
        for _ in 0..<min(traces, rest.count) {
            let name = rest.remove(at: self.network.below(rest.count))
            let tombstone = Tombstone(name.id.key, at: clock.advanced(byNanoseconds: 1_000_000))
            self.purges.append(Purge(name: name, tombstone: tombstone))
            self.purgedFrames.insert(name.id.frame)
            for level in self.promised.keys.sorted() { self.promised[level]?.remove(name.id.frame) }
            _ = self.nodes[index].disk.purged.add(tombstone)
            self.log.purgedCount += 1
        }
        self.removePurged(index)
    }

    /// What another node says is deleted goes here too: it is taken from nobody any more, and removed a while later.
    mutating func bury(_ others: Tombstones, at index: Int) {
        let oldest = self.oldestKept(by: index)
        for tombstone in others.all where tombstone.at >= oldest {
            _ = self.nodes[index].disk.purged.add(tombstone)
        }
    }

    /// Takes what was deleted from a disk, and forgets deletions of what nobody keeps any more.
    mutating func removePurged(_ index: Int) {
        self.nodes[index].disk.purged.expire(before: self.oldestKept(by: index))
        guard !self.nodes[index].disk.purged.isEmpty else { return }
        for frame in self.nodes[index].disk.shelf.frames {
            let name = self.book.name(of: frame)
            if self.nodes[index].disk.purged.covers(name) { self.nodes[index].disk.drop(name) }
        }
    }

    /// Whether nobody promises a frame any more: it expired, or was deleted.
    func isGone(_ run: Int, _ sequence: UInt64) -> Bool {
        self.isExpired(run, sequence)
            || self.purgedFrames.contains(FrameID(run: self.runs[run].id, sequence: sequence))
    }

    // MARK: - Every virtual second

    /// What every node knew to be deleted, and none held, is seen on no node again.
    mutating func checkPurges() {
        let oldest = self.nodes.indices.map { self.oldestKept(by: $0) }.min()
        self.purges.removeAll { purge in oldest.map { purge.tombstone.at < $0 } ?? false }
        for place in self.purges.indices {
            let purge = self.purges[place]
            let frame = purge.name.id.frame
            let holder = self.nodes.first { $0.disk.frames.contains(frame) }?.id
            if purge.isSettled {
                guard let holder else { continue }
                self.violate("\(holder) holds frame \(frame.sequence) again, which was deleted for good")
                self.purges[place].isSettled = false
                self.purges[place].goneSince = nil
                continue
            }
            let isKnown = self.nodes.indices.allSatisfy { self.nodes[$0].disk.purged.covers(purge.name) }
            guard holder == nil, isKnown, !self.agents.contains(where: { $0.spool.contains(frame) }) else {
                self.purges[place].goneSince = nil
                continue
            }
            let since = purge.goneSince ?? self.now
            self.purges[place].goneSince = since
            guard since + Self.settling <= self.now else { continue }
            self.purges[place].isSettled = true
            self.log.settledPurgeCount += 1
        }
    }

    // MARK: - At the end

    /// What any running node knows to be deleted all of them know, and none holds it.
    mutating func checkBuried(_ running: [Int]) {
        let oldest = running.map { self.oldestKept(by: $0) }.max() ?? ClusterTime(nanoseconds: 0)
        let recent = oldest.advanced(byNanoseconds: 60_000_000_000)
        for purge in self.purges where purge.tombstone.at > recent {
            let frame = purge.name.id.frame
            let knowing = running.filter { self.nodes[$0].disk.purged.covers(purge.name) }
            guard !knowing.isEmpty else { continue }
            for index in running {
                let node = self.nodes[index].id
                if !knowing.contains(index) {
                    self.violate("\(node) does not know that frame \(frame.sequence) was deleted for good")
                }
                if self.nodes[index].disk.frames.contains(frame) {
                    self.violate("\(node) holds frame \(frame.sequence), which was deleted for good")
                }
            }
        }
    }
}
