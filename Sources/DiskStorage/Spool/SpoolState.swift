internal import Telemetry

/// What the spool knows; behind its lock, which is never held over IO.
struct SpoolState: Sendable {
    /// Frames that wait for the next commit, and who waits for them.
    struct Append: Sendable {
        var frames: [SealedFrame]
        /// The held frames that these were made of; nil for frames that bring new items.
        var covered: [FrameID]?
        var done: @Sendable (StorageFailure?) -> Void

        var byteCount: Int { self.frames.reduce(0) { $0 + $1.bytes.count } }
        /// The headers of frames whose items are in no account yet.
        var newHeaders: [FrameHeader] { self.covered == nil ? self.frames.map(\.header) : [] }
    }

    /// The file that is written to.
    struct Active: Sendable {
        var id: UInt64
        var file: File
    }

    /// All files, in the order they were begun.
    var segments: [SpoolSegment] = []
    /// The last of them while it is written to; changed by the writer thread only.
    var active: Active?
    var nextID: UInt64 = 1
    /// What is on the disk and waits for its confirmation.
    var entries: [FrameID: SpoolEntry] = [:]
    var heldBytes = 0
    var cache: FrameCache
    /// When the newest frame was made that ever was here.
    private(set) var newest = ClusterTime(nanoseconds: 0)
    var queue: [Append] = []
    private(set) var queuedBytes = 0
    private(set) var queuedFrames = 0
    var isCommitScheduled = false
    var isConfirmationScheduled = false
    var isClosed = false
    var isDiskLow = false
    var handler: (@Sendable ([SpoolEntry]) -> Void)?
    /// Hears of parts instead of ``handler``; nil where nobody gathers.
    var partsHandler: (@Sendable ([SpoolEntry]) -> Void)?
    var counters = SpoolCounters()

    init(memoryBytesMax: Int) { self.cache = FrameCache(bytesMax: memoryBytesMax) }

    /// Bytes of all files but their headers.
    var fileBytes: Int { self.segments.reduce(0) { $0 + $1.byteCount } }

    /// All frames that are held, in the order they came.
    var held: [SpoolEntry] { self.segments.flatMap { $0.held(self.entries) } }

    /// Where a segment stands in the list; nil where it is gone.
    func index(of segment: UInt64) -> Int? { self.segments.lastIndex { $0.id == segment } }

    /// Whether more would fit beside what is in the files and in the queue.
    func fits(bytes: Int, frames: Int, _ options: SpoolOptions) -> Bool {
        UInt64(self.fileBytes + self.queuedBytes + bytes) <= options.bytesMax
            && self.entries.count + self.queuedFrames + frames <= options.framesMax
    }

    /// Whether more would fit beside what is in the queue, were the files empty.
    func fitsWithoutFiles(bytes: Int, frames: Int, _ options: SpoolOptions) -> Bool {
        UInt64(self.queuedBytes + bytes) <= options.bytesMax
            && self.queuedFrames + frames <= options.framesMax
    }

    /// Changes the account of a signal.
    mutating func count(_ signal: Signal, _ change: (inout SpoolAccount) -> Void) {
        change(&self.counters.accounts[signal, default: SpoolAccount()])
    }

    mutating func enqueue(_ append: Append) {
        self.queuedBytes += append.byteCount
        self.queuedFrames += append.frames.count
        for header in append.newHeaders {
            self.count(header.signal) { account in
                account.received += UInt64(header.itemCount)
                account.held += UInt64(header.itemCount)
            }
        }
        self.queue.append(append)
    }

    /// Takes what was written or refused out of the queue's account; who calls says where the items went.
    mutating func leaveQueue(_ batch: [Append]) {
        for append in batch {
            self.queuedBytes -= append.byteCount
            self.queuedFrames -= append.frames.count
            for header in append.newHeaders {
                self.count(header.signal) { $0.held -= UInt64(header.itemCount) }
            }
        }
    }

    /// Notes that a batch could not be written.
    mutating func fail(_ batch: [Append]) {
        self.leaveQueue(batch)
        for header in batch.flatMap(\.newHeaders) {
            self.count(header.signal) { $0.writeFailed += UInt64(header.itemCount) }
        }
        self.counters.failedGatherings += UInt64(batch.count { $0.covered != nil })
    }

    /// The frames of a batch that are not held yet, and those that are, or stand in it twice.
    func unknown(in batch: [Append]) -> (new: [SealedFrame], known: [SealedFrame]) {
        var new: [SealedFrame] = []
        var known: [SealedFrame] = []
        var seen: Set<FrameID> = []
        for frame in batch.flatMap(\.frames) {
            let isNew = self.entries[frame.header.id] == nil && seen.insert(frame.header.id).inserted
            if isNew { new.append(frame) } else { known.append(frame) }
        }
        return (new, known)
    }

    /// Adds a file that an earlier process left.
    ///
    /// - Parameters:
    ///   - segment: The file; no segment of the list is later.
    ///   - entries: What it holds and nobody confirmed; a frame that an earlier file holds is passed over.
    mutating func recover(_ segment: SpoolSegment, _ entries: [SpoolEntry]) {
        self.segments.append(segment)
        self.newest = max(self.newest, segment.newest)
        for entry in entries where self.entries[entry.id] == nil {
            self.hold(entry, in: self.segments.count - 1)
            self.count(entry.signal) { $0.recovered += UInt64(entry.itemCount) }
        }
    }

    mutating func note(_ frame: Frame, in index: Int) {
        self.newest = max(self.newest, frame.header.created)
        self.segments[index].newest = max(self.segments[index].newest, frame.header.created)
    }

    /// Moves what is held along with cluster time, so that nothing grows older or younger by it.
    mutating func moveClock(by nanoseconds: Int64) {
        func moved(_ time: ClusterTime) -> ClusterTime {
            ClusterTime(nanoseconds: UInt64(clamping: Int128(time.nanoseconds) + Int128(nanoseconds)))
        }
        for id in self.entries.keys {
            guard let entry = self.entries[id] else { continue }
            self.entries[id]?.heldSince = moved(entry.heldSince)
        }
        for index in self.segments.indices where self.segments[index].heldCount > 0 {
            self.segments[index].oldestHeld = moved(self.segments[index].oldestHeld)
        }
    }

    mutating func hold(_ entry: SpoolEntry, in index: Int) {
        self.entries[entry.id] = entry
        self.heldBytes += entry.byteCount
        self.segments[index].hold(entry)
        self.count(entry.signal) { $0.held += UInt64(entry.itemCount) }
    }
}
