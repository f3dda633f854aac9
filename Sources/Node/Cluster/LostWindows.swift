internal import DiskStorage
internal import Logging
internal import OTLPTransport
internal import PeerTransport
internal import Pipeline
internal import Telemetry

/// What an earlier process did not bring to its end: windows that were open, and slots that may not be confirmed.
struct LostWindows {
    /// Windows may have been open so long before the last frame: one, and what a group commit waits.
    private static let openNanoseconds: Int64 = 60_000_000_000
    /// As long as journal frames are kept; of so long ago the points of a stream are looked for.
    private static let journalNanoseconds: Int64 = 600_000_000_000

    /// Slots that nobody made, by their origin.
    var slots: [(run: RunID, slots: [Slot])] = []
    /// Slots that were made, as they were: who has them knows them by their names.
    var frames: [SealedFrame] = []

    /// Nothing is lost.
    init() {}

    /// What an earlier process left in a store that has all of its frames.
    init(of store: SegmentStore, _ edge: EdgeOptions) {
        let from = store.newest.advanced(byNanoseconds: -Self.openNanoseconds)
        var rebuilder = WindowRebuilder(options: edge, from: from)
        store.forEachFrame(since: from) { rebuilder.add($0, $1) }
        self.slots = rebuilder.missing()
    }

    /// What the doors of earlier starts left in a collector's store, which has all of their frames as they are or as
    /// journal copies.
    ///
    /// - Parameters:
    ///   - doors: Of earlier starts.
    ///   - store: Nothing was appended since its start.
    ///   - edge: What the crashed process had.
    ///   - times: Frames that are older are taken nowhere.
    init(of doors: [DoorRunFile.Door], in store: SegmentStore, _ edge: EdgeOptions, _ times: FrameTimes) {
        let runs = Set(doors.map(\.run))
        let newest = store.newest(of: runs)
        guard newest.nanoseconds > 0 else { return }
        let from = Window(at: newest.advanced(byNanoseconds: -Self.openNanoseconds)).start
        let warm = newest.advanced(byNanoseconds: -Self.journalNanoseconds)
        var origins: [RunID: WindowRebuilder.Origin] = [:]
        for door in doors {
            origins[door.run] = WindowRebuilder.Origin(started: door.started, completeFrom: warm)
        }
        let now = store.now()
        let journaled = store.journaledSlots(of: runs, since: from).map(\.original)
        self.frames = journaled.filter { times.defect(of: $0.header.created, now: now) == nil }
        // A window that is refused everywhere is not told again and again.
        guard times.defect(of: newest, now: now) == nil else { return }
        var rebuilder = WindowRebuilder(options: edge, from: from, origins: origins)
        store.forEachFrame(since: from, of: [.spans, .logs, .slots], runs: runs) { rebuilder.add($0, $1) }
        store.forEachFrame(since: warm, of: [.points], runs: runs) { rebuilder.add($0, $1) }
        self.slots = rebuilder.missing()
    }

    /// Hands it to the doors, which bring it to its end.
    func recover(by server: OTLPServer) {
        server.resend(self.frames)
        for (run, slots) in self.slots { server.recover(slots, of: run) }
    }
}
