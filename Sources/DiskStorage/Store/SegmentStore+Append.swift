internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Queues frames that this process made for the next group commit; their names are taken for new.
    ///
    /// - Parameters:
    ///   - frames: Kept all or not at all.
    ///   - done: Called once, on the writer thread: with nil once the frames are safe in the sense of
    ///     ``StoreOptions/durability``, else with the failure; at once where the store is closed.
    package func append(_ frames: [SealedFrame], done: @escaping @Sendable (StorageFailure?) -> Void) {
        self.append(frames.map { Arrival($0, .fresh) }) { outcomes in
            for case .failed(let failure) in outcomes { return done(failure) }
            done(nil)
        }
    }

    /// Queues frames that came from elsewhere for the next group commit; each is stored once.
    ///
    /// A frame is known by its id. A known one with the same content checksum is a duplicate and nothing is written;
    /// with another one it is an identity clash: stored under a new id of this store's own run, counted, and logged once
    /// per origin. What was merged has lost its checksum: there the first chunk's counts and times are compared, and of
    /// slots, which are rolled up, nothing. Not known any more, and so stored again, is a frame whose chunks a purge or tail
    /// rules removed, or whose slots were rolled up under a later one's name: the caller refuses frames that are so old.
    ///
    /// - Parameters:
    ///   - arrivals: Frames; those of one call that are new are kept all or not at all.
    ///   - done: Called once, on the writer thread, with one outcome per frame, in order; at once where the store is closed.
    /// - Complexity: One look into memory for a frame made after this process started, and not forgotten since; others are
    ///   looked for in the key filters of segments of their time.
    package func append(_ arrivals: [Arrival], done: @escaping @Sendable ([Arrival.Outcome]) -> Void) {
        let isAccepted = self.state.withLock { state in
            guard !state.isClosed else { return false }
            for arrival in arrivals {
                state.accounts[arrival.frame.header.signal, default: StoreAccount()].take(arrival)
                state.queuedBytes += arrival.frame.bytes.count
            }
            state.queue.append(Append(arrivals: arrivals, done: done))
            guard !state.isCommitScheduled else { return true }
            state.isCommitScheduled = true
            self.writer.enqueue { [self] in self.commit() }
            return true
        }
        guard !isAccepted else { return }
        done(arrivals.map { _ in .failed(StorageFailure(.closed, "the store is shutting down")) })
    }

    /// Forgets the names of an origin's frames below its floor; should one come all the same, the disk is asked.
    package func forget(run: RunID, below sequence: UInt64) {
        self.known.withLock { $0.forget(run, below: sequence) }
    }
}
