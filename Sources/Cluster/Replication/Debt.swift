internal import Telemetry

/// Frames that this node holds and that fewer than W nodes hold: copies that it owes to the cluster.
///
/// Kept by name only; bytes are in the log. What is owed is forgotten with the process, and found again when owners
/// compare what they hold.
struct Debt: Equatable, Sendable {
    private struct Place: Equatable, Sendable {
        var id: FrameID
        /// Tells a frame from an earlier one under its name that was taken out since.
        var number: UInt64
    }

    /// Places kept at least before those of paid frames are dropped.
    private static let slack = 64

    private var frames: [FrameID: PendingFrame] = [:]
    /// In the order in which they came to be owed, with those that were paid since.
    private var order: [Place] = []
    /// Where the walk through `order` goes on.
    private var next = 0
    /// How many frames each partition has here; those without any are left out.
    private var partitions: [Int: Int] = [:]
    private(set) var bytes = 0
    /// Copies that are out.
    private(set) var copyCount = 0

    var count: Int { self.frames.count }

    /// Places in the order that are kept, those of paid frames included.
    var placeCount: Int { self.order.count }

    /// Partitions with frames that are owed, in ascending order.
    var owedPartitions: [Int] { self.partitions.keys.sorted() }

    /// The names of all of them, in no order.
    var names: some Sequence<FrameID> { self.frames.keys }

    subscript(id: FrameID) -> PendingFrame? { self.frames[id] }

    mutating func add(_ id: FrameID, _ frame: PendingFrame) {
        if self.order.count >= 2 * self.frames.count + Self.slack { self.dropPaid() }
        self.frames[id] = frame
        self.order.append(Place(id: id, number: frame.number))
        self.partitions[frame.partition, default: 0] += 1
        self.bytes += frame.bytes
        self.copyCount += frame.copies.count
    }

    /// Takes a frame out: it was paid, or is under way again.
    @discardableResult mutating func remove(_ id: FrameID) -> PendingFrame? {
        guard let frame = self.frames.removeValue(forKey: id) else { return nil }
        let left = (self.partitions[frame.partition] ?? 1) - 1
        self.partitions[frame.partition] = left > 0 ? left : nil
        self.bytes -= frame.bytes
        self.copyCount -= frame.copies.count
        return frame
    }

    mutating func update(_ id: FrameID, _ change: (inout PendingFrame) -> Void) {
        guard var frame = self.frames[id] else { return }
        self.copyCount -= frame.copies.count
        change(&frame)
        self.copyCount += frame.copies.count
        self.frames[id] = frame
    }

    /// Begins the walk anew: nodes that could not be asked before may be asked now.
    mutating func rewind() { self.next = 0 }

    /// The next frame of the walk; nil after the last.
    mutating func takeNext() -> FrameID? {
        while self.next < self.order.count {
            let place = self.order[self.next]
            self.next += 1
            if self.isOwed(place) { return place.id }
        }
        return nil
    }

    private func isOwed(_ place: Place) -> Bool { self.frames[place.id]?.number == place.number }

    private mutating func dropPaid() {
        let before = self.order[..<self.next].count { self.isOwed($0) }
        self.order = self.order.filter { self.isOwed($0) }
        self.next = before
    }
}

extension Debt {
    /// What does not fit together; nil in a sound ledger.
    ///
    /// - Complexity: O(frames), for tests and the simulation.
    var inconsistency: String? {
        if self.bytes != self.frames.values.reduce(0, { $0 + $1.bytes }) { return "bytes of owed frames" }
        if self.copyCount != self.frames.values.reduce(0, { $0 + $1.copies.count }) {
            return "copies of owed frames"
        }
        if self.partitions.values.reduce(0, +) != self.frames.count { return "partitions of owed frames" }
        return self.frames.values.contains { !$0.waiters.isEmpty } ? "a sender of an owed frame" : nil
    }
}
