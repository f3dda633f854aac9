internal import Glibc
package import Logging
internal import Storage
internal import Synchronization
package import Telemetry

/// Keeps an agent's frames on its disk until the cluster has confirmed them.
///
/// A writer thread owns the files and commits groups of frames, as ``SegmentStore`` does. What waits for its
/// confirmation is known in memory, about 200 bytes a frame, at most ``SpoolOptions/framesMax`` of them; the frames
/// themselves are in the files, the last few in memory too. May be called from any thread. The files are described
/// in Format.md of `Storage`.
package final class Spool: Sendable {
    let directory: DataDirectory
    let options: SpoolOptions
    let run: RunID
    let logger: Logger
    let now: @Sendable () -> ClusterTime
    let started: ClusterTime
    let state: Mutex<SpoolState>
    let writer = WorkerThread("neoscope-spool")
    /// The number of the last cover; its run is that of the process, which makes no other frames.
    let covers = Atomic<UInt64>(0)

    /// Opens the folder, recovers what earlier processes left unconfirmed, and begins a new file.
    ///
    /// - Parameters:
    ///   - directory: Whose folder `spool` it is.
    ///   - options: Its limits.
    ///   - run: The process; stands in the files' headers.
    ///   - logger: Where damage and failures are told.
    ///   - now: Cluster time.
    /// - Throws: What the system says, where the folder cannot be written to. Damage in it is no failure.
    package init(
        directory: DataDirectory,
        options: SpoolOptions,
        run: RunID,
        logger: Logger,
        now: @escaping @Sendable () -> ClusterTime
    ) throws(StorageFailure) {
        self.directory = directory
        self.options = options
        self.run = run
        self.logger = logger
        self.now = now
        self.started = now()
        self.state = Mutex(SpoolState(memoryBytesMax: options.memoryBytesMax))
        try File.makeFolder(directory.spool)
        self.recover()
        _ = try self.activeSegment()
        self.refreshDiskSpace()
    }

    /// Whether nothing more can be taken now: the limits are reached, or the disk is low.
    package var isFull: Bool {
        self.state.withLock { state in
            if state.isDiskLow { return true }
            return self.options.dropsOldest
                ? !state.fitsWithoutFiles(bytes: 1, frames: 1, self.options)
                : !state.fits(bytes: 1, frames: 1, self.options)
        }
    }

    /// When the newest frame was made that is in the files; zero where there never was one.
    package var newest: ClusterTime { self.state.withLock { $0.newest } }

    /// What waits for its confirmation, in the order it came; after the start, what earlier processes left.
    package var held: [SpoolEntry] { self.state.withLock { $0.held } }

    /// What the spool counts about itself, as of now.
    package var counters: SpoolCounters {
        self.state.withLock { state in
            var counters = state.counters
            counters.heldFrames = UInt64(state.entries.count)
            counters.heldBytes = UInt64(state.heldBytes)
            counters.bytes = UInt64(state.fileBytes)
            counters.segments = UInt64(state.segments.count)
            counters.oldest = state.segments.first { $0.heldCount > 0 }?.firstHeld(state.entries)?.created
            counters.memoryBytes = UInt64(state.cache.byteCount + state.queuedBytes)
            return counters
        }
    }

    /// Tells a sender of every frame: what is held now by the answer, each later one once by a handler.
    ///
    /// The handlers are called on the writer thread once per commit, with what became safe, in order; before the answers of
    /// that commit. They replace earlier ones, and may call the spool, but not wait for it.
    ///
    /// - Parameters:
    ///   - handler: Hears of all frames but parts.
    ///   - parts: Hears of parts, which are to be gathered; nil where nobody gathers, and parts are like other frames.
    /// - Returns: What is held now, in the order it came, parts of earlier processes among it.
    package func follow(
        _ handler: @escaping @Sendable ([SpoolEntry]) -> Void,
        parts: (@Sendable ([SpoolEntry]) -> Void)? = nil
    ) -> [SpoolEntry] {
        self.state.withLock { state in
            state.handler = handler
            state.partsHandler = parts
            let held = state.held
            state.counters.bareParts += UInt64(held.count { $0.isPart })
            return held
        }
    }

    /// Queues frames for the next group commit.
    ///
    /// - Parameters:
    ///   - frames: As edges make them, kept all or not at all; one that is held already is not written again.
    ///   - done: Called once. On the writer thread: with nil once the frames are safe in the sense of
    ///     ``SpoolOptions/durability``, else with the failure. At once: with `full` where they are beyond the
    ///     limits, `diskFull` where the disk is low, and `closed`.
    package func append(_ frames: [SealedFrame], done: @escaping @Sendable (StorageFailure?) -> Void) {
        let refusal = self.state.withLock { state -> StorageFailure? in
            let append = SpoolState.Append(frames: frames, done: done)
            if let refusal = self.refusal(of: append, state) {
                for header in frames.map(\.header) {
                    state.count(header.signal) { $0.refused += UInt64(header.itemCount) }
                }
                return refusal
            }
            state.enqueue(append)
            self.scheduleCommit(&state)
            return nil
        }
        if let refusal { done(refusal) }
    }

    private func refusal(of append: SpoolState.Append, _ state: SpoolState) -> StorageFailure? {
        if state.isClosed { return StorageFailure(.closed, "the spool is shutting down") }
        if state.isDiskLow {
            return StorageFailure(
                .diskFull,
                "the disk of \(self.directory.spool) has less than \(self.options.lowDiskBytes) bytes free; free some"
            )
        }
        let (bytes, frames) = (append.byteCount, append.frames.count)
        let isRoom =
            self.options.dropsOldest
            ? state.fitsWithoutFiles(bytes: bytes, frames: frames, self.options)
            : state.fits(bytes: bytes, frames: frames, self.options)
        guard !isRoom else { return nil }
        return StorageFailure(
            .full,
            "the spool may hold \(self.options.bytesMax) bytes and \(self.options.framesMax) frames; its files have "
                + "\(state.fileBytes) bytes, \(state.entries.count) frames wait for the cluster's confirmation, and "
                + "\(bytes) bytes in \(frames) frames came; see that collectors can be reached, or raise the limits"
        )
    }

    /// Commits what is queued, writes confirmations down, and ends the thread; reading goes on.
    ///
    /// Later confirmations are lost with the process, and those frames sent again. A second call does nothing.
    package func close() async {
        self.state.withLock { $0.isClosed = true }
        await self.writer.run {
            self.writeConfirmations()
            self.retireActive()
        }
        self.writer.stop()
    }

    deinit { self.writer.stop() }

    func path(_ id: UInt64) -> String { self.directory.spool + "/" + Hex.text(id) }

    /// The file that is written to; a new one where there is none.
    ///
    /// Runs on the writer thread and at the start.
    func activeSegment() throws(StorageFailure) -> SpoolState.Active {
        let (active, id) = self.state.withLock { state in
            if state.active == nil { state.nextID += 1 }
            return (state.active, state.nextID - 1)
        }
        if let active { return active }
        let path = self.path(id) + ".spl"
        let file = try File(path, flags: O_CREAT | O_EXCL | O_RDWR)
        do {
            let header = SegmentHeader(kind: .spool, id: id, created: self.now(), run: self.run)
            try file.write(header.encoded(), at: 0)
            try File.synchroniseFolder(of: path)
        } catch {
            try? File.remove(path)
            throw error
        }
        let next = SpoolState.Active(id: id, file: file)
        self.state.withLock { state in
            state.segments.append(SpoolSegment(id: id))
            state.active = next
        }
        return next
    }

    /// Removes the last file where nothing came into it; runs on the writer thread.
    private func retireActive() {
        let empty = self.state.withLock { state -> UInt64? in
            guard let active = state.active else { return nil }
            state.active = nil
            guard state.segments.last?.byteCount == 0 else { return nil }
            state.segments.removeLast()
            return active.id
        }
        if let empty { self.removeFiles([empty]) }
    }
}
