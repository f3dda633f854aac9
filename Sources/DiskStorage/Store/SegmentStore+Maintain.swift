internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// What has to be done once a second: looks at the disk, seals an old log, removes what has expired.
    ///
    /// Merging and expiring take turns on a thread of their own, and nothing here waits for them.
    package func maintain() async {
        self.refreshDiskSpace()
        let active = self.state.withLock { $0.active }
        let limit = UInt64(clamping: self.options.segmentAge.components.seconds) * 1_000_000_000
        if let active, self.now().nanoseconds &- active.created.nanoseconds >= limit {
            await self.writer.run { self.rotate() }
        }
        await self.indexer.run { self.sealLeftOver() }
        let isFree = self.state.withLock { state in
            defer { state.merging.isScheduled = true }
            return !state.merging.isScheduled
        }
        guard isFree else { return }
        let isAccepted = self.merger.enqueue { [self] in
            self.expire()
            self.expireTombstones()
            self.finishPurges()
            _ = self.mergeOnce()
            self.scrubDue()
            self.giveBackMemory()
            self.state.withLock { $0.merging.isScheduled = false }
        }
        if !isAccepted { self.state.withLock { $0.merging.isScheduled = false } }
    }

    /// Gives the system what merges, repairs and reads have freed, now and then; runs on the merge thread.
    private func giveBackMemory() {
        let now = self.now().nanoseconds
        let isDue = self.state.withLock { state in
            guard now >= state.gaveBackAt.saturatingAdd(Self.giveBackNanoseconds) else { return false }
            state.gaveBackAt = now
            return true
        }
        if isDue { Allocator.giveBack() }
    }

    private static let giveBackNanoseconds: UInt64 = 15_000_000_000

    /// Looks at the disk behind everything that is queued for the log; where the disk hangs, the job is never done.
    ///
    /// - Parameter job: Done afterwards, on the writer thread; dropped once the store is closed.
    package func touch(_ job: @escaping @Sendable () -> Void) {
        self.writer.enqueue { [self] in
            _ = self.directory.space()
            job()
        }
    }

    /// Does what ``maintain()`` does, and waits for all of it.
    package func maintainAndWait() async {
        await self.maintain()
        await self.merger.run {}
    }

    /// Removes whole segments that are too old, or the oldest ones while there is too much.
    ///
    /// What is not sealed yet counts as held, and stays. Runs on the merge thread.
    private func expire() {
        let age = UInt64(clamping: self.options.retentionAge.components.seconds) * 1_000_000_000
        let now = self.now().nanoseconds
        let floor = now - min(age, now)
        let bytesMax = self.options.retentionBytesMax ?? self.directory.space().total / 10
        let (victims, crowdedOut) = self.state.withLock { state in
            var bytes = state.heldBytes
            var victims: [SealedSegment] = []
            var crowdedOut: ClusterTime?
            for segment in state.sealed.sorted(by: { $0.created.upperBound < $1.created.upperBound }) {
                let skipped = state.skippedAge(of: segment)
                let isOld = segment.created.upperBound.nanoseconds.saturatingAdd(skipped) < floor
                guard isOld || bytesMax > 0 && bytes > bytesMax else { continue }
                bytes -= UInt64(segment.bytes + segment.indexBytes)
                if !isOld {
                    crowdedOut = max(crowdedOut ?? segment.created.upperBound, segment.created.upperBound)
                }
                victims.append(segment)
            }
            state.sealed.removeAll { segment in victims.contains { $0 === segment } }
            return (victims, crowdedOut)
        }
        if let crowdedOut { self.raiseFloor(to: crowdedOut) }
        for victim in victims { self.remove(victim) }
    }

    /// Deletes a segment's files; readers that still hold it finish undisturbed.
    private func remove(_ segment: SealedSegment) {
        self.views.forget(segment.id)
        do {
            try self.deleteFiles(of: segment)
        } catch {
            self.logger.error("an expired segment could not be removed", metadata: ["reason": "\(error)"])
        }
        self.state.withLock { state in
            state.counters.expiredSegments += 1
            for frame in segment.frames where !frame.flags.contains(.journal) {
                state.counters.expiredItems[frame.signal, default: 0] += UInt64(frame.itemCount)
            }
        }
    }
}
