internal import Cluster
internal import Telemetry

/// Operators that have nodes hand over what they hold, as `cluster drain`, `rejoin` and `forget` do.
extension World {
    /// An operator looks so often how far a node has come.
    private static let progressInterval = Duration.seconds(2)

    /// A node says that it leaves, and goes on until it has handed over.
    mutating func drain(_ index: Int, _ ending: Fault.Ending) {
        guard self.nodes[index].isRunning, self.nodes[index].leavingSince == nil,
            self.nodes[index].draining == nil, self.hasCompany(index)
        else { return }
        self.nodes[index].draining = ending
        self.nodes[index].isToReturn = false
        self.drive(index) { membership, now in membership.leave(at: now) }
        self.queue.add(
            .draining(index, boot: self.nodes[index].boots),
            at: self.now + Self.progressInterval
        )
    }

    /// A node takes back that it leaves; one that ended starts again, one that is about to end does so later.
    mutating func rejoin(_ index: Int) {
        guard self.nodes[index].membership != nil else { return self.restart(index) }
        guard self.nodes[index].leavingSince == nil else {
            self.nodes[index].isToReturn = true
            return
        }
        self.nodes[index].draining = nil
        self.drive(index) { membership, now in membership.stay(at: now) }
    }

    /// Says goodbye for a node that somebody has for dead.
    mutating func forget(_ index: Int) {
        let node = self.nodes[index].id
        let witness = self.nodes.indices.first { other in
            self.nodes[other].isRunning && self.nodes[other].membership?.record(of: node)?.status == .dead
        }
        guard let witness else { return }
        self.log.forgottenCount += 1
        self.drive(witness) { membership, now in membership.forget(node, at: now) }
    }

    /// An operator looks how far a node has come, and ends it once he may.
    mutating func draining(_ index: Int, boot: UInt64) {
        guard self.nodes[index].boots == boot, self.nodes[index].membership != nil,
            let ending = self.nodes[index].draining, self.nodes[index].leavingSince == nil
        else { return }
        if !self.nodes[index].isPaused, ending != .stays {
            let progress = self.handover(of: index)
            if ending == .stops ? progress.isSafeToStop : progress.isEmpty {
                self.checkHandedOver(index)
                self.nodes[index].handedOver = self.nodes[index].disk.frames
                self.log.drainedCount += 1
                if ending == .isDiscarded { self.log.discardedCount += 1 }
                return self.leave(index)
            }
        }
        self.queue.add(.draining(index, boot: boot), at: self.now + Self.progressInterval)
    }

    /// How far a node has come, as `ClusterVerifier` finds it: everything of which it knows no other holder is held here alone.
    ///
    /// Holders are nodes that answer and hold a place in its view; what only this node keeps so long is expired elsewhere and
    /// counts for nothing.
    func handover(of index: Int) -> HandoverProgress {
        let membership = self.nodes[index].membership
        let holders = self.nodes.indices.filter { other in
            let record = membership?.record(of: self.nodes[other].id)
            let isPlaced = self.sabotage.handsOverToLeaving ? record?.status.isPresent : record?.isPlaced
            return other != index && isPlaced == true && self.answers(other, index)
        }
        let floor = ([index] + holders).map { self.floor(of: $0) }.max() ?? 0
        let minutes = floor..<UInt32.max
        let mine = self.held(by: index, in: minutes)
        let theirs = holders.map { self.held(by: $0, in: minutes) }
        var (lone, held) = (0, 0)
        for partition in mine.indices where !mine[partition].isEmpty && !self.sabotage.handsOverNothing {
            held += 1
            guard !theirs.contains(where: { $0[partition] == mine[partition] }) else { continue }
            let frames = self.frames(of: partition, heldBy: index, in: minutes)
            let known = Set(holders.flatMap { self.frames(of: partition, heldBy: $0, in: minutes) })
            if !known.isSuperset(of: frames) { lone += 1 }
        }
        let isDrained = self.nodes[index].replication?.isDrained ?? true
        return HandoverProgress(
            status: membership?.local.status ?? .left,
            owedFrames: isDrained || self.sabotage.handsOverNothing ? 0 : 1,
            lonePartitions: UInt64(lone),
            heldPartitions: UInt64(held)
        )
    }

    /// Whether a node answers what another one asks.
    private func answers(_ peer: Int, _ index: Int) -> Bool {
        self.nodes[peer].isRunning && !self.nodes[peer].isLying && self.network.reaches(index, peer)
            && self.network.reaches(peer, index)
    }

    private func held(by index: Int, in minutes: Range<UInt32>) -> [ChunkDigest] {
        self.nodes[index].disk.shelf.digests(in: minutes, leavingOut: self.nodes[index].givenAway)
    }

    /// As the names tell it: what cannot be read has none.
    private func frames(of partition: Int, heldBy index: Int, in minutes: Range<UInt32>) -> [FrameID] {
        let given = self.nodes[index].givenAway
        return self.nodes[index].disk.shelf.frames(of: partition, in: minutes, leavingOut: given)
            .filter { self.nodes[index].disk.canRead($0) }
    }

    /// Every confirmed frame of a node that may end is on the disk of another one that stays, as far as it can have heard.
    private mutating func checkHandedOver(_ index: Int) {
        let membership = self.nodes[index].membership
        let staying = self.nodes.indices.filter { other in
            other != index && self.nodes[other].membership != nil
                && membership?.record(of: self.nodes[other].id)?.isPlaced == true
        }
        let floor = UInt64(([index] + staying).map { self.floor(of: $0) }.max() ?? 0)
        var held = self.nodes[index].disk.frames
        for other in staying { held.subtract(self.nodes[other].disk.frames) }
        let alone = held.all.map { FrameID(run: self.runs[$0.run].id, sequence: $0.sequence) }.filter { id in
            self.confirmed.contains(id) && !self.purgedFrames.contains(id)
                && !self.nodes[index].disk.rotten.contains(id)
                && self.book.facts(of: id).created.minute >= floor
        }
        guard !alone.isEmpty else { return }
        self.violate(
            "\(self.nodes[index].id) may end, says it, with \(alone.count) frames that nobody else holds"
        )
    }
}
