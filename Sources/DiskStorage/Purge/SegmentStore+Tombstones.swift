internal import Foundation
internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

/// What was purged stays purged: neither a repair nor a late sender brings it back.
extension SegmentStore {
    private var tombstonesPath: String { self.directory.path + "/purges" }

    /// What was deleted for good, here or on other nodes of the cluster, and is younger than what is kept at most.
    package var tombstones: Tombstones { self.state.withLock { $0.tombstones } }

    /// Deletes what other nodes deleted while this one did not hear of it; goes on in the background.
    ///
    /// - Parameter others: All that another node knows of.
    package func bury(_ others: Tombstones) {
        let oldest = self.oldestKept
        let (keys, isEarlier) = self.state.withLock { state in
            (
                state.tombstones.merge(others, since: oldest),
                others.before >= oldest && state.tombstones.add(before: others.before)
            )
        }
        guard isEarlier || !keys.isEmpty else { return }
        self.logger.info("other nodes have purged what is here", metadata: ["traces": "\(keys.count)"])
        // Where the disk may be waited for. What is being written is sealed first, as a purge does.
        self.writer.enqueue { [self] in
            if isEarlier { self.raiseFloor(purgedBefore: others.before) }
            self.keepTombstones()
            self.rotate()
            self.indexer.enqueue { [self] in
                self.sealLeftOver()
                self.owePurge(keys, before: isEarlier)
                self.merger.enqueue { [self] in self.finishPurges() }
            }
        }
    }

    /// Notes a deletion before it begins, so that nothing brings back what is gone already.
    func note(_ tombstone: Tombstone) {
        if self.state.withLock({ $0.tombstones.add(tombstone) }) { self.keepTombstones() }
    }

    /// Something may still be here of what is noted: maintenance removes it.
    func owePurge(_ keys: Set<Key>, before isBefore: Bool = false) {
        self.state.withLock { state in
            state.unburied.formUnion(keys)
            state.isUnburiedBefore = state.isUnburiedBefore || isBefore
        }
    }

    /// Notes that everything before a time goes.
    func note(before time: ClusterTime) {
        if self.state.withLock({ $0.tombstones.add(before: time) }) { self.keepTombstones() }
    }

    /// Whether a chunk was purged.
    func isPurged(_ name: ChunkName) -> Bool {
        self.state.withLock { state in
            // As merging keeps times: to the millisecond.
            name.created.nanoseconds / 1_000_000 < state.tombstones.before.nanoseconds / 1_000_000
                || state.tombstones.covers(name.id.key, made: name.created)
        }
    }

    /// The numbers of the chunks of a frame that were not purged; nil where all of them stay.
    func unpurged(_ frame: Frame) -> [Int]? {
        self.state.withLock { state in
            guard state.tombstones.count > 0 else { return nil }
            let kept = frame.entries.indices.filter { index in
                let name = frame.chunkName(ofEntry: index)
                return !state.tombstones.covers(name.id.key, made: name.created)
            }
            return kept.count == frame.entries.count ? nil : kept
        }
    }

    /// Reads what an earlier process wrote down; whether it came to its end with all of it is looked up again.
    func readTombstones() {
        guard let data = FileManager.default.contents(atPath: self.tombstonesPath) else { return }
        let bytes = Array(data)
        do throws(WireFailure) {
            let known = try Tombstones(bytes.raw)
            self.state.withLock { state in
                state.tombstones = known
                state.unburied = Set(known.all.map(\.key))
            }
        } catch {
            self.logger.error("what was purged could not be read, and may come back from other nodes")
        }
    }

    /// Removes what is noted and may still be here; runs on the merge thread.
    func finishPurges() {
        let (keys, sealed, isOpen, isBefore) = self.state.withLock { state in
            (
                state.unburied, state.sealed, !state.closing.isEmpty,
                state.isUnburiedBefore ? state.tombstones.before : nil
            )
        }
        // What is not sealed may hold it too, and is looked at the next time.
        guard !isOpen, !keys.isEmpty || isBefore != nil else { return }
        do {
            for segment in sealed where !self.state.withLock({ $0.isEnding }) {
                var policy = SegmentMerger.Policy(now: self.now(), level: segment.facts.level)
                policy.tail.share = 1
                policy.rollup = self.options.rollup
                policy.purgedBefore = isBefore ?? ClusterTime(nanoseconds: 0)
                let isEarly = try isBefore.map { try self.holdsAnything(before: $0, segment) } ?? false
                guard isEarly || self.mayHold(keys, segment) else { continue }
                _ = try self.rewrite([segment], policy)
            }
            self.state.withLock { state in
                state.unburied.subtract(keys)
                if isBefore == state.tombstones.before { state.isUnburiedBefore = false }
            }
        } catch {
            self.logger.error(
                "a purge is not at its end, and goes on later",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    private func mayHold(_ keys: Set<Key>, _ segment: SealedSegment) -> Bool {
        keys.contains { !segment.frameOffsets(of: $0).isEmpty } || self.hasJournal(of: keys, in: segment)
    }

    /// Forgets what nobody keeps any more.
    func expireTombstones() {
        let oldest = self.oldestKept
        let isLess = self.state.withLock { state in
            let former = state.tombstones
            state.tombstones.expire(before: oldest)
            return former != state.tombstones
        }
        if isLess { self.keepTombstones() }
    }

    /// Nothing that was made before is kept, by age.
    private var oldestKept: ClusterTime {
        let now = self.now().nanoseconds
        let age = UInt64(clamping: self.options.retentionAge.components.seconds) * 1_000_000_000
        return ClusterTime(nanoseconds: now - min(age, now))
    }

    private func keepTombstones() {
        do { try File.replace(self.tombstonesPath, with: self.tombstones.encoded) } catch {
            self.logger.error("what was purged could not be written down", metadata: ["reason": "\(error)"])
        }
    }
}
