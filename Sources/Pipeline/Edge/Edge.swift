package import Telemetry

/// Where telemetry enters: scans, redacts, counts, samples and groups, and seals frames.
///
/// One owner at a time; no clock, no IO. The shell passes cluster time, writes what ``cut(at:)`` gives, and
/// reports each frame's fate by ``confirm(_:)`` or ``fail(_:)``. Each edge has a run id of its own.
package struct Edge: ~Copyable {
    /// Frames of slots that wait for a disk that refuses take at most so much memory.
    static let backlogBytesMax = 16 << 20

    let options: EdgeOptions
    let run: RunID
    let scanner: Scanner
    var sequence: UInt64 = 0
    var window: Window
    /// How many times the open window was closed before its time; later slots of it are further parts.
    var part: UInt32 = 0
    /// Cluster time of the latest input; frames are stamped with it, so that no frame straddles two windows.
    var lastInput: ClusterTime
    var sealed: [SealedFrame] = []
    var spans: FrameBuilder
    var logs: FrameBuilder
    var points: FrameBuilder
    var slots: FrameBuilder
    /// What sampling left out; kept on disk only until its window's slots are.
    var journal: FrameBuilder
    var scan = ScanResult()
    var counter: WindowCounter
    var references: [EnvelopeReference] = []
    /// Which chunks share a frame; may change between two cuts.
    package var groups = PartitionGroups.one
    /// What came in and where it went, since the edge began.
    package internal(set) var accounts = EdgeAccounts()

    /// An edge that begins in the window of an instant.
    ///
    /// - Parameters:
    ///   - options: What the operator set.
    ///   - run: The origin of all its frames; no other edge may have the same.
    ///   - now: Cluster time.
    package init(options: EdgeOptions, run: RunID, at now: ClusterTime) {
        self.options = options
        self.run = run
        self.scanner = Scanner(filter: AttributeFilter(contentKeys: options.contentKeys))
        self.window = Window(at: now)
        self.lastInput = now
        let level = options.compressionLevel
        self.spans = FrameBuilder(signal: .spans, compressionLevel: level)
        self.logs = FrameBuilder(signal: .logs, compressionLevel: level)
        self.points = FrameBuilder(signal: .points, compressionLevel: level)
        self.slots = FrameBuilder(signal: .slots, compressionLevel: level)
        self.journal = FrameBuilder(signal: .spans, compressionLevel: level, isJournal: true)
        self.counter = WindowCounter(options: options, started: now)
    }

    /// Bytes staged since the last cut, before compression.
    package var stagedBytes: Int {
        self.spans.rawBytes + self.logs.rawBytes + self.points.rawBytes + self.journal.rawBytes
            + self.slots.rawBytes
    }

    /// Whether a cut would give anything.
    package var hasStaged: Bool {
        !self.sealed.isEmpty || !self.spans.isEmpty || !self.logs.isEmpty || !self.points.isEmpty
            || !self.slots.isEmpty || !self.journal.isEmpty
    }

    /// When the open window ends; ``tick(at:)`` wants to be called then.
    package var deadline: ClusterTime { self.window.end }

    /// Adds to a series of the open window: what the host's sensors or the program itself measured.
    package mutating func add(_ series: Series, _ value: SlotValue, at now: ClusterTime) {
        self.advance(to: now)
        self.counter.add(series, value)
    }

    /// Counts a request that was turned away before it was scanned.
    @discardableResult
    package mutating func refuse(_ signal: Signal, _ refusal: Refusal) -> Refusal {
        self.accounts.refused[signal, default: [:]][refusal.reason, default: 0] += 1
        return refusal
    }

    /// Closes the window when it is over; a call too early changes nothing.
    package mutating func tick(at now: ClusterTime) { self.advance(to: now) }

    /// Closes the open window before its time, for a process that ends.
    package mutating func finish(at now: ClusterTime) {
        self.advance(to: now)
        self.closeWindow()
    }

    /// Seals everything staged; the frames are for the shell to write, in this order.
    package mutating func cut() -> [SealedFrame] {
        self.sealStaged()
        defer { self.sealed.removeAll(keepingCapacity: true) }
        return self.sealed
    }

    /// Settles a frame that is durable; to be called once per frame.
    package mutating func confirm(_ header: FrameHeader) {
        let count = UInt64(header.itemCount)
        self.settle(header.signal) { account in
            if header.flags.contains(.journal) {
                account.dropped[.sampled, default: 0] += count
            } else {
                account.out += count
            }
            account.held -= min(account.held, count)
        }
    }

    /// Settles a frame that could not be written.
    ///
    /// Clients were told, so what they sent is dropped here; slots, which nobody will send again, are kept for the
    /// next cut.
    package mutating func fail(_ frame: SealedFrame) {
        if frame.header.signal == .slots {
            self.sealed.append(frame)
            self.shortenBacklog()
        } else {
            self.drop(frame.header, .writeFailed)
        }
    }

    /// Settles a frame of slots that was cut and that nobody would take any more, whenever it is brought.
    package mutating func giveUp(_ header: FrameHeader) { self.drop(header, .timeRefused) }

    /// Lets the oldest slots go where the disk has refused them until they fill their share of memory.
    ///
    /// Other frames that are sealed here have senders who wait for them.
    private mutating func shortenBacklog() {
        var bytes = self.sealed.reduce(0) { $0 + ($1.header.signal == .slots ? $1.bytes.count : 0) }
        while bytes > Self.backlogBytesMax,
            let index = self.sealed.firstIndex(where: { $0.header.signal == .slots })
        {
            let oldest = self.sealed.remove(at: index)
            bytes -= oldest.bytes.count
            self.drop(oldest.header, .backlogFull)
        }
    }

    private mutating func drop(_ header: FrameHeader, _ reason: DropReason) {
        let count = UInt64(header.itemCount)
        self.settle(header.signal) { account in
            account.dropped[reason, default: 0] += count
            account.held -= min(account.held, count)
        }
    }

    // MARK: - Accounts

    /// Notes items that were taken and are held from now on.
    mutating func admit(_ signal: Signal, _ count: UInt64) {
        self.settle(signal) { account in
            account.received += count
            account.held += count
        }
    }

    /// Notes one item that was refused while its neighbours were taken.
    mutating func reject(_ signal: Signal, _ defect: ItemDefect, _ admission: inout Admission) {
        admission.rejected += 1
        if admission.rejectReason == nil { admission.rejectReason = defect }
        self.accounts.rejected[signal, default: [:]][defect, default: 0] += 1
    }

    mutating func settle(_ signal: Signal, _ change: (inout Account) -> Void) {
        change(&self.accounts.bySignal[signal, default: Account()])
    }
}
