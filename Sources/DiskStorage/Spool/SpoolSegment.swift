internal import Storage
internal import Telemetry

/// What the spool knows of one of its files.
struct SpoolSegment: Sendable {
    /// A frame, and where it lies; the same one may come again later on.
    private struct Place: Sendable {
        var id: FrameID
        var offset: Int
    }

    /// What its files are named by; later segments have larger ones.
    let id: UInt64
    /// Bytes behind the header: whole frames, and damage between them.
    var byteCount = 0
    /// When its newest frame was made; zero without any.
    var newest = ClusterTime(nanoseconds: 0)
    /// No frame that is held waits since before.
    var oldestHeld = ClusterTime(nanoseconds: .max)
    /// The frames that are held, in the order they came; some may be let go already.
    private var order: [Place] = []
    /// Frames that are held.
    var heldCount = 0
    /// Bytes of the `.ack` file that are written.
    var confirmationBytes = 0
    /// Frames that were let go and are not in the `.ack` file yet.
    var unwritten: [FrameID] = []
    /// Whether the disk was waited for since the last record was written.
    var isSynchronised = true
    /// Whether frames of this or earlier files are let go because of what stands here.
    var holdsCovers = false

    /// Where the next frame goes.
    var end: Int { SegmentHeader.byteCount + self.byteCount }

    /// Whether a start would find every frame let go that is, even after a loss of power.
    var isSettled: Bool { self.unwritten.isEmpty && self.isSynchronised }

    init(id: UInt64) { self.id = id }

    /// Notes a frame that waits for its confirmation.
    mutating func hold(_ entry: SpoolEntry) {
        self.order.append(Place(id: entry.id, offset: entry.offset))
        self.heldCount += 1
        self.oldestHeld = min(self.oldestHeld, entry.heldSince)
    }

    /// The frames that are held, in the order they came.
    func held(_ entries: [FrameID: SpoolEntry]) -> [SpoolEntry] {
        self.order.compactMap { self.entry(at: $0, entries) }
    }

    /// The first of the frames that are held; nil for none.
    func firstHeld(_ entries: [FrameID: SpoolEntry]) -> SpoolEntry? {
        self.order.lazy.compactMap { self.entry(at: $0, entries) }.first
    }

    private func entry(at place: Place, _ entries: [FrameID: SpoolEntry]) -> SpoolEntry? {
        guard let entry = entries[place.id], entry.segment == self.id, entry.offset == place.offset else {
            return nil
        }
        return entry
    }

    /// Notes that a frame was let go; its place is forgotten once half of the places are of no use.
    mutating func letGo(_ id: FrameID, _ entries: [FrameID: SpoolEntry]) {
        self.heldCount -= 1
        self.unwritten.append(id)
        guard self.heldCount == 0 || self.order.count >= 2 * self.heldCount + 64 else { return }
        self.order = self.order.filter { self.entry(at: $0, entries) != nil }
    }
}
