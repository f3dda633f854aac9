internal import DiskStorage
internal import Logging
internal import OTLPTransport
internal import PeerTransport
internal import Pipeline
internal import Telemetry

/// What an earlier process did not bring to its end: windows that were open, and slots that may not be confirmed.
struct LostWindows {
    /// What will never be told.
    struct GivenUp: Equatable {
        /// Doors whose last frames are too old to be looked at, while nobody confirmed what was lost with them.
        var doors = 0
        /// Metrics of clients that found no room in memory.
        var metrics: UInt64 = 0
    }

    /// Windows may have been open so long before the last frame: one, and what a group commit waits.
    private static let openNanoseconds: Int64 = 60_000_000_000
    /// As long as journal frames are kept; of so long ago the points of a stream are looked for.
    private static let journalNanoseconds: Int64 = 600_000_000_000

    /// Slots that nobody made, by their origin.
    private(set) var slots: [(run: RunID, slots: [Slot])] = []
    /// Slots that were made, as they were: who has them knows them by their names.
    private(set) var frames: [SealedFrame] = []
    /// What will never be told.
    private(set) var givenUp = GivenUp()

    /// Origins of which something is to be brought.
    var runs: Set<RunID> { Set(self.slots.map(\.run) + self.frames.map(\.header.id.run)) }

    /// What an earlier process left in a store that has all of its frames.
    init(of store: SegmentStore, _ edge: EdgeOptions) {
        let newest = store.newest
        let from = newest.advanced(byNanoseconds: -Self.openNanoseconds)
        let warm = newest.advanced(byNanoseconds: -Self.journalNanoseconds)
        var rebuilder = WindowRebuilder(options: edge, from: from)
        store.forEachFrame(since: from, of: [.spans, .logs, .slots]) { rebuilder.add($0, $1) }
        store.forEachFrame(since: warm, of: [.points]) { rebuilder.add($0, $1) }
        self.take(&rebuilder)
    }

    /// What the doors of earlier starts left in a collector's store, which has all of their frames as they are or as
    /// journal copies.
    ///
    /// Each door has a clock of its own: what was open follows from its own last frame. Where another one made frames more than ten
    /// minutes later, journal copies of that time may be gone, and with them the knowledge which windows were told: then
    /// only frames are brought again.
    ///
    /// - Parameters:
    ///   - doors: Of earlier starts, of which not everything was confirmed.
    ///   - store: What peers sent since it was opened has other origins, or names that are known.
    ///   - edge: What the crashed process had.
    ///   - times: Frames that are older are taken nowhere.
    init(of doors: [DoorRunFile.Door], in store: SegmentStore, _ edge: EdgeOptions, _ times: FrameTimes) {
        let runs = Set(doors.map(\.run))
        // What a later start computed was made later.
        let newest = store.newest(of: runs) { !$0.isRecovered }
        guard let latest = store.newest(of: runs).values.max() else { return }
        let now = store.now()
        let kept = latest.advanced(byNanoseconds: -Self.journalNanoseconds)
        var origins: [RunID: WindowRebuilder.Origin] = [:]
        for door in doors {
            guard let last = newest[door.run] else { continue }
            let from = Window(at: last.advanced(byNanoseconds: -Self.openNanoseconds)).start
            // A window that is refused everywhere is not told again and again.
            guard from >= kept, times.defect(of: last, now: now) == nil else {
                self.givenUp.doors += 1
                continue
            }
            origins[door.run] = WindowRebuilder.Origin(started: door.started, completeFrom: kept, from: from)
        }
        self.frames = store.journaledSlots(of: runs, since: kept).map(\.original).filter { frame in
            let header = frame.header
            return header.created >= origins[header.id.run]?.from ?? kept
                && times.defect(of: header.created, now: now) == nil
        }
        guard let from = origins.values.map(\.from).min() else { return }
        let known = Set(origins.keys)
        var rebuilder = WindowRebuilder(options: edge, origins: origins)
        store.forEachFrame(since: from, of: [.spans, .logs, .slots], runs: known) { rebuilder.add($0, $1) }
        store.forEachFrame(since: kept, of: [.points], runs: known) { rebuilder.add($0, $1) }
        self.take(&rebuilder)
    }

    private mutating func take(_ rebuilder: inout WindowRebuilder) {
        self.slots = rebuilder.missing()
        self.givenUp.metrics = rebuilder.droppedMetrics
    }

    /// Hands it to the doors, which bring it to its end.
    ///
    /// - Parameters:
    ///   - server: Of this process.
    ///   - recovered: Called once, when all of it is confirmed or will never be taken.
    func recover(by server: OTLPServer, recovered: @escaping @Sendable () -> Void) {
        server.recover(self.frames, self.slots, recovered: recovered)
    }

    /// Says what was given up; nothing where nothing was.
    func log(to logger: Logger) {
        guard self.givenUp != GivenUp() else { return }
        logger.warning(
            "windows that earlier starts left open are not told whole",
            metadata: ["doors": "\(self.givenUp.doors)", "metrics": "\(self.givenUp.metrics)"]
        )
    }
}
