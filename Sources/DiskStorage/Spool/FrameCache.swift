internal import Telemetry

/// The bytes of frames that were appended a moment ago, up to a limit; the oldest make room.
struct FrameCache: Sendable {
    private let bytesMax: Int
    private var frames: [FrameID: [UInt8]] = [:]
    /// In the order they came; some may be gone already.
    private var order: [FrameID] = []
    private var first = 0
    /// Bytes of the frames that are there.
    private(set) var byteCount = 0

    /// An empty cache for so many bytes.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The bytes of a frame; nil where they are not here.
    func bytes(of id: FrameID) -> [UInt8]? { self.frames[id] }

    /// Keeps a frame's bytes; one that is larger than the limit is not kept.
    mutating func insert(_ id: FrameID, _ bytes: [UInt8]) {
        guard bytes.count <= self.bytesMax, self.frames[id] == nil else { return }
        self.frames[id] = bytes
        self.byteCount += bytes.count
        self.order.append(id)
        while self.byteCount > self.bytesMax, self.first < self.order.count {
            self.remove(self.order[self.first])
            self.first += 1
        }
        self.weed()
    }

    /// Forgets a frame; one that is not here changes nothing.
    mutating func remove(_ id: FrameID) {
        guard let bytes = self.frames.removeValue(forKey: id) else { return }
        self.byteCount -= bytes.count
    }

    /// Keeps the list of the order no longer than twice what it tells apart.
    private mutating func weed() {
        guard self.order.count >= 2 * self.frames.count + 64 else { return }
        self.order = self.order[self.first...].filter { self.frames[$0] != nil }
        self.first = 0
    }
}
