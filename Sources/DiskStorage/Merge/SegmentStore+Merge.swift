internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Does the next merge that is due, if any; runs on the merge thread.
    ///
    /// - Parameter isForced: Whether periods that have not ended count as ended.
    /// - Returns: Whether there was one.
    func mergeOnce(isForced: Bool = false) -> Bool {
        let now = self.now()
        let sealed = self.state.withLock { state in
            state.isEnding || (!isForced && now < state.merging.notBefore) ? [] : state.sealed
        }
        let candidates = sealed.map { segment in
            MergePlan.Candidate(
                id: segment.id,
                level: segment.facts.level,
                oldest: segment.created.lowerBound,
                bytes: segment.bytes
            )
        }
        guard
            let step = MergePlan(finalAge: self.options.rollup.minuteAge).next(
                candidates,
                at: now,
                isForced: isForced
            )
        else { return false }
        guard self.hasRoom(for: candidates.filter { step.ids.contains($0.id) }) else {
            self.state.withLock { $0.merging.postpone(from: now) }
            return false
        }
        let inputs = sealed.filter { step.ids.contains($0.id) }
        var policy = SegmentMerger.Policy(now: now, level: step.level)
        policy.rollup = self.options.rollup
        policy.tail = self.options.tail
        do { _ = try self.rewrite(inputs, policy) } catch {
            // Given up because the process ends is no failure.
            guard !self.state.withLock({ $0.isEnding }) else { return false }
            self.logger.error("a merge failed; its segments stay", metadata: ["reason": "\(error)"])
            self.state.withLock { state in
                state.counters.failedMerges += 1
                state.counters.lastTrouble = now
                state.merging.postpone(from: now)
            }
            return false
        }
        self.state.withLock { $0.merging.succeed() }
        return true
    }

    /// Whether the disk stays above its watermark while the result, and a scratch file as large, are written.
    private func hasRoom(for inputs: [MergePlan.Candidate]) -> Bool {
        let space = self.directory.space()
        let needed = UInt64(inputs.reduce(0) { $0 + $1.bytes }) * 2 + self.options.lowDiskBytes
        return space.total == 0 || space.free >= needed
    }

    /// From now on merges leave frames as they are of which copies are owed to other nodes.
    ///
    /// - Parameter ask: Gives their names; called on the merge thread before each merge.
    package func keepWhole(_ ask: @escaping @Sendable () -> Set<FrameID>) {
        self.state.withLock { $0.owedFrames = ask }
    }

    /// Seals the open log and waits until every index is written.
    package func seal() async {
        await self.writer.run { self.rotate() }
        await self.indexer.run {}
    }

    /// Merges everything that can be merged now, without waiting for periods to end.
    package func mergeAll() async {
        await self.seal()
        await self.merger.run {
            // Each merge lifts its segments a level, so this ends.
            while self.mergeOnce(isForced: true) {}
        }
    }

    /// Deletes one trace for good: its spans and the log records that name it.
    ///
    /// - Parameter trace: Its id; bytes of it in the quarantine stay.
    /// - Returns: How many items went; what head sampling had left out is not counted.
    /// - Throws: ``StorageFailure``; then some of it may be left, and the call should be repeated.
    package func purge(trace: TraceID) async throws -> UInt64 {
        let key = Key(trace)
        self.note(Tombstone(key, at: self.now()))
        do {
            return try await self.purge { segment, _ in
                !segment.frameOffsets(of: key).isEmpty || self.hasJournal(of: [key], in: segment)
            }
        } catch {
            self.owePurge([key])
            throw error
        }
    }

    /// Deletes everything that was taken in before a time for good.
    ///
    /// - Parameter time: Chunks made before it go; of slots that were rolled up, windows that had ended by then. A time that is
    ///   to come counts as now.
    /// - Returns: How many items went.
    /// - Throws: ``StorageFailure``; then some of it may be left, and the call should be repeated.
    package func purge(before time: ClusterTime) async throws -> UInt64 {
        let time = min(time, self.now())
        self.raiseFloor(purgedBefore: time)
        self.note(before: time)
        do { return try await self.purgeFrames(before: time) } catch {
            self.owePurge([], before: true)
            throw error
        }
    }

    private func purgeFrames(before time: ClusterTime) async throws -> UInt64 {
        try await self.purge { segment, policy in
            policy.purgedBefore = time
            return try self.holdsAnything(before: time, segment)
        }
    }

    /// Whether chunks that were made before a time may be in a segment, or slots of windows that began before.
    func holdsAnything(before time: ClusterTime, _ segment: SealedSegment) throws -> Bool {
        if segment.created.lowerBound < time { return true }
        return try segment.searchView().rows.contains { row in
            row.signal == .slots && row.firstStart < time.nanoseconds
        }
    }

    /// Rewrites the segments that a purge concerns, one by one.
    private func purge(
        _ concerns: @escaping @Sendable (SealedSegment, inout SegmentMerger.Policy) throws -> Bool
    ) async throws -> UInt64 {
        let written = Mutex<Set<UInt64>>([])
        await self.writer.run {
            self.rotate()
            let ids = self.state.withLock { state in state.closing.map(\.id) }
            written.withLock { $0 = Set(ids) }
        }
        // What is being sealed at this moment, and what failed to be before.
        await self.indexer.run { self.sealLeftOver() }
        let result = Mutex<Result<UInt64, any Error>>(
            .failure(StorageFailure(.closed, "the store is shutting down"))
        )
        await self.merger.run { result.withLock { $0 = Result { try self.purgeSealed(concerns) } } }
        let count = try result.withLock { try $0.get() }
        let ids = written.withLock { $0 }
        guard !self.state.withLock({ state in state.closing.contains { ids.contains($0.id) } }) else {
            throw StorageFailure(
                .failedIO,
                "a segment could not be sealed and was not purged; repeat the purge"
            )
        }
        return count
    }

    private func purgeSealed(
        _ concerns: (SealedSegment, inout SegmentMerger.Policy) throws -> Bool
    ) throws -> UInt64 {
        var count: UInt64 = 0
        for segment in self.state.withLock({ $0.sealed }) {
            var policy = SegmentMerger.Policy(now: self.now(), level: segment.facts.level)
            policy.tail.share = 1
            policy.rollup = self.options.rollup
            guard try concerns(segment, &policy) else { continue }
            count += try self.rewrite([segment], policy).purgedItems
        }
        return count
    }

    /// Whether a segment holds spans of some keys that head sampling left out.
    func hasJournal(of keys: Set<Key>, in segment: SealedSegment) -> Bool {
        var damaged = 0
        var isFound = false
        for line in segment.frames where line.flags.contains(.journal) && !isFound {
            self.withFrame(segment.file, line.offset, &damaged) { frame, _ in
                isFound = frame.entries.contains { keys.contains($0.key) }
            }
        }
        return isFound
    }

    /// Puts one new segment in the place of others, at once for readers, and in an order that a crash cannot harm:
    /// a merged segment names those it replaces, and a start removes what is left of them.
    func rewrite(
        _ inputs: [SealedSegment],
        _ policy: SegmentMerger.Policy
    ) throws -> SegmentMerger.Removed {
        // Where something that was given away comes to count again meanwhile, it may be among what was left out.
        for _ in 0..<2 { if let removed = try self.rewriteOnce(inputs, policy) { return removed } }
        return try self.rewriteOnce(inputs, policy, isGiving: false) ?? SegmentMerger.Removed()
    }

    /// - Returns: What was left out; nil where nothing was replaced, because less is given away than in the beginning.
    private func rewriteOnce(
        _ inputs: [SealedSegment],
        _ policy: SegmentMerger.Policy,
        isGiving: Bool = true
    ) throws -> SegmentMerger.Removed? {
        // Asked after the inputs were chosen: what comes to be owed later is in other segments.
        var policy = policy
        policy.whole = self.state.withLock { $0.owedFrames }()
        policy.purged = self.tombstones
        let takenBack: UInt64
        (policy.givenAway, takenBack) = self.state.withLock { (isGiving ? $0.givenAway : [], $0.takenBack) }
        self.doubt(policy.givenAway)
        let (id, others) = self.state.withLock { state in
            defer { state.nextID += 1 }
            return (state.nextID, state.sealed.filter { segment in !inputs.contains { $0 === segment } })
        }
        let merger = SegmentMerger(
            inputs: inputs,
            policy: policy,
            path: self.path(id),
            id: id,
            run: self.run,
            isStopped: { [self] in self.state.withLock { $0.isEnding } }
        )
        let open = self.snapshot().open
        let (sealed, removed) = try merger.run { key in
            others.contains { $0.holdsSpans(of: key) } || open.contains { $0.holdsSpans(of: key) }
        }
        let isReplaced = self.state.withLock { state in
            guard policy.givenAway.isEmpty || state.takenBack == takenBack else { return false }
            state.sealed.removeAll { segment in inputs.contains { $0 === segment } }
            if let sealed { state.insert(sealed) }
            return true
        }
        guard isReplaced else {
            if let sealed { try self.deleteFiles(of: sealed) }
            return nil
        }
        for damage in removed.damaged {
            self.quarantine(damage.segment.file, damage.range, segment: damage.segment.id)
            // What was in it is not here any more, though its name is in memory.
            self.known.withLock { $0.doubt(madeBefore: damage.segment.created.upperBound) }
        }
        self.state.withLock { state in
            state.counters.merges += 1
            state.counters.damagedFrames += UInt64(removed.damaged.count)
            if !removed.damaged.isEmpty { state.counters.lastTrouble = policy.now }
            state.counters.thinnedSpans += removed.thinnedItems
            state.counters.purgedItems += removed.purgedItems
            state.counters.givenItems += removed.givenItems
        }
        for input in inputs {
            self.views.forget(input.id)
            try self.deleteFiles(of: input)
        }
        if !policy.givenAway.isEmpty { self.forgetGiven() }
        return removed
    }

    /// Removes a segment's files; readers that still hold it finish undisturbed.
    func deleteFiles(of segment: SealedSegment) throws(StorageFailure) {
        for suffix in Self.suffixes { try File.remove(segment.path + suffix) }
        try File.synchroniseFolder(of: segment.path)
    }
}
