internal import Storage
internal import Synchronization
package import Telemetry

extension Spool {
    /// Queues frames that were made of held ones, which they take the place of.
    ///
    /// All of them are written in one commit with a cover that says so; then what they were made of is let go. Nothing
    /// of the spool's own limits refuses them, else a full spool could never empty.
    ///
    /// - Parameters:
    ///   - frames: Marked `gathered`, with the same items as those, signal by signal.
    ///   - parts: Names of held frames, each once.
    ///   - done: Called once. On the writer thread: with nil once the frames are safe, else with the failure of the disk,
    ///     or `stale` where not all of the parts are held or the items are not theirs; those that are stay. At once: with
    ///     `closed`.
    package func append(
        gathered frames: [SealedFrame],
        covering parts: [FrameID],
        done: @escaping @Sendable (StorageFailure?) -> Void
    ) {
        let number = self.covers.add(1, ordering: .relaxed).newValue
        let cover = Cover(parts: parts, frames: frames.map(\.header.id)).sealed(
            FrameID(run: self.run, sequence: number),
            created: frames.map(\.header.created).max() ?? self.now(),
            ZstdCompressor(level: 1)
        )
        let isClosed = self.state.withLock { state in
            guard !state.isClosed else { return true }
            state.enqueue(SpoolState.Append(frames: frames + [cover], covered: parts, done: done))
            self.scheduleCommit(&state)
            return false
        }
        if isClosed { done(StorageFailure(.closed, "the spool is shutting down")) }
    }

    /// Has parts sent as they are, because they cannot be gathered; those that are not held change nothing.
    package func publish(parts ids: [FrameID]) {
        self.writer.enqueue { [self] in
            let (entries, handler) = self.state.withLock { state in
                let entries = ids.compactMap { state.entries[$0] }
                state.counters.bareParts += UInt64(entries.count)
                return (entries, state.handler)
            }
            if !entries.isEmpty { handler?(entries) }
        }
    }

    /// Sees to it that what is queued is written soon.
    func scheduleCommit(_ state: inout SpoolState) {
        guard !state.isCommitScheduled else { return }
        state.isCommitScheduled = true
        self.writer.enqueue { [self] in self.commit() }
    }
}
