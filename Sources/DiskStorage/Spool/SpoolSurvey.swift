internal import Storage
internal import Telemetry

/// What a file of an earlier process turned out to hold.
struct SpoolSurvey {
    var segment: SpoolSegment
    var header: SegmentHeader?
    /// Frames that nobody confirmed, parts among them that a cover lets go.
    private(set) var entries: [SpoolEntry] = []
    private(set) var frameCount = 0
    private(set) var damaged: [Range<Int>] = []
    /// The last of them, where it is but a frame that the end of the file cuts off.
    private(set) var cutOff: Range<Int>?
    /// What gathered frames of this file were made of, and whether all of those frames are whole; in their order.
    private(set) var covers: [(cover: Cover, isWhole: Bool)] = []
    /// Gathered frames, confirmed or not.
    private var gathered: Set<FrameID> = []
    /// Those behind the last frame that is not a gathered one.
    private var uncovered: Set<FrameID> = []

    /// Reads a file from front to back.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - id: Its number.
    ///   - confirmed: What its records let go.
    init(_ bytes: RawSpan, _ id: UInt64, confirmed: Set<FrameID>) {
        self.segment = SpoolSegment(id: id)
        self.header = SegmentHeader(bytes)
        self.segment.byteCount = max(0, bytes.byteCount - SegmentHeader.byteCount)
        var walk = SegmentWalk(bytes)
        while let step = walk.next() {
            switch step {
            case .frame(let frame, let offset):
                self.frameCount += 1
                self.segment.newest = max(self.segment.newest, frame.header.created)
                self.noteGathered(frame, bytes, at: offset)
                let isSettled = confirmed.contains(frame.header.id) || frame.header.flags.contains(.journal)
                if !isSettled { self.entries.append(SpoolEntry(frame, segment: id, offset: offset)) }
            case .damage(let range):
                self.damaged.append(range)
            case .tornTail(let range, let isCutOff):
                self.damaged.append(range)
                if isCutOff { self.cutOff = range }
            }
        }
        self.dropUncovered()
    }

    private mutating func noteGathered(_ frame: Frame, _ bytes: RawSpan, at offset: Int) {
        guard frame.header.flags.contains(.gathered) else { return self.uncovered.removeAll() }
        guard frame.header.isCover else {
            self.gathered.insert(frame.header.id)
            self.uncovered.insert(frame.header.id)
            return
        }
        self.uncovered.removeAll()
        self.segment.holdsCovers = true
        guard let payload = try? frame.payload(bytes, at: offset), let cover = Cover(frame, payload) else {
            return
        }
        self.covers.append((cover, cover.frames.allSatisfy(self.gathered.contains)))
    }

    /// Leaves out the gathered frames at the end that no cover follows.
    ///
    /// A crash tore their append: they were never sent, and what they were made of is held. Where anything else
    /// stands behind them their append was whole, and its cover was damaged later: they are held then.
    private mutating func dropUncovered() {
        guard !self.uncovered.isEmpty else { return }
        self.entries.removeAll { self.uncovered.contains($0.id) }
    }
}
