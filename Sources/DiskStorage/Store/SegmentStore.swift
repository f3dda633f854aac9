internal import Glibc
package import Logging
internal import Storage
internal import Synchronization
package import Telemetry

/// Keeps frames on one node: appends, indexes, seals, finds, forgets.
///
/// A writer thread owns the log file and commits groups of frames; an index thread of lower priority follows it and
/// seals; a third thread merges, purges and expires, one at a time. Readers take a snapshot of the segment list; a
/// search waits for the index thread where that is nearly done, and nobody waits for a merge.
package final class SegmentStore: Sendable {
    struct State: Sendable {
        var sealed: [SealedSegment] = []
        /// Written in full, not yet sealed; oldest first.
        var closing: [OpenSegment] = []
        var active: OpenSegment?
        var nextID: UInt64 = 1
        /// Segments from this one on were written by this process.
        var firstOwnID: UInt64 = 1
        var accounts: [Signal: StoreAccount] = [:]
        var queue: [Append] = []
        var queuedBytes = 0
        var isCommitScheduled = false
        var isClosed = false
        /// The process ends: no merge begins or goes on.
        var isEnding = false
        var isDiskLow = false
        var merging = MergePace()
        var scrub = ScrubState()
        /// Steps forward of the clock while this process ran: when, on the clock before it, and by how much.
        var clockSteps: [(at: ClusterTime, nanoseconds: UInt64)] = []
        var counters = StoreCounters()
        /// Origins of which a clash was logged; so many at most.
        var clashingRuns: Set<RunID> = []
        /// The oldest minute that counts, whatever its age; zero for all.
        var floor: UInt32 = 0
        /// What was deleted for good.
        var tombstones = Tombstones()
        /// When freed memory was given back last, in nanoseconds of cluster time.
        var gaveBackAt: UInt64 = 0
        /// Deleted traces of which something may still be here.
        var unburied: Set<Key> = []
        /// Whether something may still be here that was made before everything was deleted.
        var isUnburiedBefore = false
        /// Frames that chunks were sent to other nodes in.
        var packedFrames: UInt64 = 0
        /// Buckets of other nodes' partitions that these hold by now: they count as gone, and merges leave them out.
        var givenAway: Set<BucketSpan> = []
        /// How often something of it came to count again.
        var takenBack: UInt64 = 0
        /// Gives the names of frames that merges leave as they are.
        var owedFrames: @Sendable () -> Set<FrameID> = { [] }
        /// Sealed segments whose index files turned out damaged, until they are written again.
        var rebuilding: Set<UInt64> = []

        /// Bytes of all segments and their index files.
        var heldBytes: UInt64 {
            let open = self.closing + (self.active.map { [$0] } ?? [])
            return self.sealed.reduce(0) { $0 + UInt64($1.bytes + $1.indexBytes) }
                + open.reduce(0) { sum, segment in sum + UInt64(segment.state.withLock { $0.end }) }
        }

        /// How much of a segment's seeming age was never lived through.
        func skippedAge(of segment: SealedSegment) -> UInt64 {
            guard segment.id >= self.firstOwnID else { return 0 }
            return self.clockSteps.reduce(0) { sum, step in
                segment.created.upperBound <= step.at ? sum.saturatingAdd(step.nanoseconds) : sum
            }
        }

        /// Adds a sealed segment; they stand in the order of their oldest chunks.
        mutating func insert(_ segment: SealedSegment) {
            self.sealed.append(segment)
            self.sealed.sort { ($0.created.lowerBound, $0.id) < ($1.created.lowerBound, $1.id) }
        }
    }

    /// Frames that wait for the next commit, and who waits for them.
    struct Append: Sendable {
        var arrivals: [Arrival]
        var done: @Sendable ([Arrival.Outcome]) -> Void
    }

    let directory: DataDirectory
    let options: StoreOptions
    let run: RunID
    let logger: Logger
    /// Cluster time.
    package let now: @Sendable () -> ClusterTime
    let state = Mutex(State())
    let writer = WorkerThread("neoscope-log")
    let indexer = WorkerThread("neoscope-index", niceness: 10)
    let merger = WorkerThread("neoscope-merge", niceness: 10)
    let readers = ReaderPool()
    let views = SearchViewCache()
    /// The backup that is being made.
    let backup = Mutex<BackupProgress?>(nil)
    /// The names of frames that were written, as the writer thread has them.
    let known: Mutex<KnownFrames>

    /// Opens the directory, recovers what a previous process left, and starts a new log.
    package init(
        directory: DataDirectory,
        options: StoreOptions,
        run: RunID,
        logger: Logger,
        now: @escaping @Sendable () -> ClusterTime
    ) throws(StorageFailure) {
        self.directory = directory
        self.options = options
        self.run = run
        self.logger = logger
        self.now = now
        self.known = Mutex(KnownFrames(since: now()))
        self.readFloor()
        self.readScrub()
        self.readTombstones()
        self.recover()
        self.state.withLock { $0.firstOwnID = $0.nextID }
        let active = try self.makeSegment()
        self.state.withLock { $0.active = active }
        self.refreshDiskSpace()
    }

    /// Full logs of this process that may wait for the index thread; beyond, ingest is refused.
    static let backlogMax = 8

    /// Whether the disk has fallen below its low watermark; ingest then refuses.
    package var isDiskLow: Bool { self.state.withLock { $0.isDiskLow } }

    /// Whether the index thread is so far behind that ingest must wait for it.
    package var isBehind: Bool {
        self.state.withLock { $0.closing.count { !$0.isRecovered } >= Self.backlogMax }
    }

    /// Stage "store" of the accounts, by signal.
    package var accounts: [Signal: StoreAccount] { self.state.withLock { $0.accounts } }

    /// What the store counts about itself, as of now.
    package var counters: StoreCounters {
        self.state.withLock { state in
            var counters = state.counters
            counters.segments = UInt64(
                state.sealed.count + state.closing.count + (state.active == nil ? 0 : 1)
            )
            counters.bytes = state.heldBytes
            counters.queuedBytes = UInt64(state.queuedBytes)
            return counters
        }
    }

    /// Notes that cluster time went forward at once, so that what was written before does not look so much older.
    package func noteClockStep(at before: ClusterTime, nanoseconds: UInt64) {
        self.state.withLock { state in
            state.clockSteps.append((before, nanoseconds))
            // A clock that steps often is a clock that nothing can be said about.
            if state.clockSteps.count > 64 { state.clockSteps.removeFirst() }
        }
    }

    /// Gives up the merge that runs and begins no other, so that ``close()`` will not wait; all else goes on.
    package func giveUpMerges() { self.state.withLock { $0.isEnding = true } }

    /// Commits what is queued, waits for the index, seals the log, and ends the threads.
    ///
    /// A merge that runs is given up; its segments stay as they were. A second call does nothing.
    package func close() async {
        self.state.withLock { state in
            state.isEnding = true
            state.isClosed = true
        }
        await self.writer.run { self.rotate() }
        await self.indexer.run {}
        await self.merger.run {}
        for thread in [self.writer, self.indexer, self.merger] { thread.stop() }
    }

    deinit { for thread in [self.writer, self.indexer, self.merger] { thread.stop() } }

    func path(_ id: UInt64) -> String { self.directory.segments + "/" + Hex.text(id) }

    func makeSegment() throws(StorageFailure) -> OpenSegment {
        let id = self.state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let created = self.now()
        let path = self.path(id) + ".seg"
        let file = try File(path, flags: O_CREAT | O_EXCL | O_RDWR)
        try file.write(SegmentHeader(kind: .log, id: id, created: created, run: self.run).encoded(), at: 0)
        try File.synchroniseFolder(of: path)
        return OpenSegment(id: id, file: file, created: created, end: SegmentHeader.byteCount)
    }

    /// Looks how full the disk is; called when the store opens and by maintenance.
    package func refreshDiskSpace() {
        let space = self.directory.space()
        let isLow = space.total > 0 && space.free < self.options.lowDiskBytes
        let changed = self.state.withLock { state in
            defer { state.isDiskLow = isLow }
            return state.isDiskLow != isLow
        }
        if changed {
            self.logger.warning(
                isLow
                    ? "the disk is low; ingest is refused until space is freed" : "the disk has space again",
                metadata: ["free_bytes": "\(space.free)", "limit_bytes": "\(self.options.lowDiskBytes)"]
            )
        }
    }
}
