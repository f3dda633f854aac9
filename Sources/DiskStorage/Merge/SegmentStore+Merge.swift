internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Does the next merge that is due, if any; runs on the index thread.
    ///
    /// - Returns: Whether there was one.
    func mergeOnce(isForced: Bool = false) -> Bool {
        let sealed = self.state.withLock { $0.sealed }
        let candidates = sealed.map { segment in
            MergePlan.Candidate(
                id: segment.id,
                level: segment.level,
                oldest: segment.created.lowerBound,
                bytes: segment.bytes
            )
        }
        guard let step = MergePlan().next(candidates, at: self.now(), isForced: isForced) else { return false }
        let inputs = sealed.filter { step.ids.contains($0.id) }
        var policy = SegmentMerger.Policy(now: self.now(), level: step.level)
        policy.rollup = self.options.rollup
        policy.tail = self.options.tail
        do { _ = try self.rewrite(inputs, policy) } catch {
            self.logger.error("a merge failed; its segments stay", metadata: ["reason": "\(error)"])
            return false
        }
        return true
    }

    /// Seals the open log and waits until every index is written.
    package func seal() async {
        await self.onWriter { self.rotate() }
        await self.onIndexer {}
    }

    /// Merges everything that can be merged now, without waiting for periods to end.
    package func mergeAll() async {
        await self.onWriter { self.rotate() }
        await self.onIndexer {
            // Each merge lifts its segments a level, so this ends.
            while self.mergeOnce(isForced: true) {}
        }
    }

    /// Deletes one trace for good: its spans and the log records that name it.
    package func purge(trace: TraceID) async throws -> UInt64 {
        try await self.purge { segment, policy in
            policy.purgedKey = Key(trace)
            return !segment.frameOffsets(of: Key(trace)).isEmpty
        }
    }

    /// Deletes everything that was taken in before a time for good.
    package func purge(before time: ClusterTime) async throws -> UInt64 {
        try await self.purge { segment, policy in
            policy.purgedBefore = time
            return segment.created.lowerBound < time
        }
    }

    /// Rewrites the segments that a purge concerns, one by one.
    private func purge(
        _ concerns: @escaping @Sendable (SealedSegment, inout SegmentMerger.Policy) -> Bool
    ) async throws -> UInt64 {
        await self.onWriter { self.rotate() }
        return try await withCheckedThrowingContinuation { continuation in
            self.indexer.enqueue {
                continuation.resume(
                    with: Result {
                        var count: UInt64 = 0
                        for segment in self.state.withLock({ $0.sealed }) {
                            var policy = SegmentMerger.Policy(now: self.now(), level: segment.level)
                            policy.tail.share = 1
                            policy.rollup = self.options.rollup
                            guard concerns(segment, &policy) else { continue }
                            count += try self.rewrite([segment], policy).purgedItems
                        }
                        return count
                    }
                )
            }
        }
    }

    /// Puts one new segment in the place of others, at once for readers, and in an order that a crash cannot harm:
    /// a merged segment names those it replaces, and a start removes what is left of them.
    private func rewrite(_ inputs: [SealedSegment], _ policy: SegmentMerger.Policy) throws -> SegmentMerger.Removed {
        let id = self.state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let merger = SegmentMerger(inputs: inputs, policy: policy, path: self.path(id), id: id, run: self.run)
        let others = self.state.withLock { state in
            state.sealed.filter { segment in !inputs.contains { $0 === segment } }
        }
        let (sealed, removed) = try merger.run { key in
            others.contains { self.wantsKept(key, in: $0) }
        }
        self.state.withLock { state in
            state.sealed.removeAll { segment in inputs.contains { $0 === segment } }
            if let sealed {
                state.sealed.append(sealed)
                state.sealed.sort { $0.created.lowerBound < $1.created.lowerBound }
            }
            state.counters.merges += 1
            state.counters.damagedFrames += UInt64(removed.damagedFrames)
            state.counters.thinnedSpans += removed.thinnedItems
            state.counters.purgedItems += removed.purgedItems
        }
        for input in inputs { try self.deleteFiles(of: input) }
        return removed
    }

    /// Whether a segment holds a part of a trace that failed, so that its other parts must stay.
    private func wantsKept(_ key: Key, in segment: SealedSegment) -> Bool {
        var damaged = 0
        var isWanted = false
        for offset in segment.frameOffsets(of: key) where !isWanted {
            self.withFrame(segment.file, offset, &damaged) { frame, _ in
                isWanted = frame.entries(of: key).contains { $0.flags.contains(.error) }
            }
        }
        return isWanted
    }

    /// Removes a segment's files; readers that still hold it finish undisturbed.
    func deleteFiles(of segment: SealedSegment) throws(StorageFailure) {
        for suffix in [".seg", ".keys", ".sqlite"] { try File.remove(segment.path + suffix) }
        try File.synchroniseFolder(of: segment.path)
    }
}
