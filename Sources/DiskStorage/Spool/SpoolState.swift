internal import Telemetry

/// What the spool knows; behind its lock, which is never held over IO.
struct SpoolState: Sendable {
    /// Frames that wait for the next commit, and who waits for them.
    struct Append: Sendable {
        var frames: [SealedFrame]
        var done: @Sendable (StorageFailure?) -> Void

        var byteCount: Int { self.frames.reduce(0) { $0 + $1.bytes.count } }
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
    private(set) var entries: [FrameID: SpoolEntry] = [:]
    private(set) var heldBytes = 0
    private(set) var cache: FrameCache
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
        for header in append.frames.map(\.header) {
            self.count(header.signal) { account in
                account.received += UInt64(header.itemCount)
                account.held += UInt64(header.itemCount)
            }
        }
        self.queue.append(append)
    }

    /// Takes what was written or refused out of the queue's account; who calls says where the items went.
    private mutating func leaveQueue(_ batch: [Append]) {
        for append in batch {
            self.queuedBytes -= append.byteCount
            self.queuedFrames -= append.frames.count
            for header in append.frames.map(\.header) {
                self.count(header.signal) { $0.held -= UInt64(header.itemCount) }
            }
        }
    }

    /// Notes that a batch could not be written.
    mutating func fail(_ batch: [Append]) {
        self.leaveQueue(batch)
        for header in batch.flatMap(\.frames).map(\.header) {
            self.count(header.signal) { $0.writeFailed += UInt64(header.itemCount) }
        }
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

    /// Notes that a batch is safe.
    ///
    /// - Parameters:
    ///   - batch: What was in the queue.
    ///   - new: Its frames that stand in the file now, in this order, behind the last one.
    ///   - known: Its other frames.
    ///   - segment: The file, which is in the list.
    /// - Returns: What is held from now on.
    mutating func publish(
        _ batch: [Append],
        new: [SealedFrame],
        known: [SealedFrame],
        in segment: UInt64
    ) -> [SpoolEntry] {
        self.leaveQueue(batch)
        for header in known.map(\.header) {
            self.count(header.signal) { $0.duplicate += UInt64(header.itemCount) }
        }
        guard let index = self.index(of: segment) else { return [] }
        var published: [SpoolEntry] = []
        for sealed in new {
            let entry = SpoolEntry(sealed.frame, segment: segment, offset: self.segments[index].end)
            self.segments[index].byteCount += sealed.bytes.count
            self.note(sealed.frame, in: index)
            if sealed.header.flags.contains(.journal) {
                self.count(entry.signal) { $0.journaled += UInt64(entry.itemCount) }
            } else {
                self.hold(entry, in: index)
                self.cache.insert(entry.id, sealed.bytes)
                published.append(entry)
            }
        }
        return published
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

    private mutating func note(_ frame: Frame, in index: Int) {
        self.newest = max(self.newest, frame.header.created)
        self.segments[index].newest = max(self.segments[index].newest, frame.header.created)
    }

    private mutating func hold(_ entry: SpoolEntry, in index: Int) {
        self.entries[entry.id] = entry
        self.heldBytes += entry.byteCount
        self.segments[index].hold(entry)
        self.count(entry.signal) { $0.held += UInt64(entry.itemCount) }
    }

    /// Lets go of a frame: confirmed, or dropped for a reason.
    ///
    /// - Returns: What it was; nil where it is not held.
    @discardableResult
    mutating func letGo(_ id: FrameID, as reason: SpoolDrop?) -> SpoolEntry? {
        guard let entry = self.entries.removeValue(forKey: id) else { return nil }
        self.cache.remove(id)
        self.heldBytes -= entry.byteCount
        if let index = self.index(of: entry.segment) { self.segments[index].letGo(id, self.entries) }
        let items = UInt64(entry.itemCount)
        if reason != nil { self.counters.droppedFrames += 1 }
        self.count(entry.signal) { account in
            account.held -= items
            if let reason { account.dropped[reason, default: 0] += items } else { account.confirmed += items }
        }
        return entry
    }
}
