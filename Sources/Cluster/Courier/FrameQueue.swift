internal import Telemetry

/// Frames in the order they came; taking from the front costs nothing over many.
///
/// Items are not taken out when they lose their meaning: each carries the turn that its frame had, and who looks at the
/// front drops those whose frame is at another turn by now.
struct FrameQueue: Equatable, Sendable {
    struct Item: Equatable, Sendable {
        var id: FrameID
        /// The frame's turn when it was put here.
        var turn: UInt64
        /// Since when it is here, or when it leaves.
        var at: Duration
    }

    private var storage: [Item] = []
    private var head = 0

    var isEmpty: Bool { self.head == self.storage.count }
    var count: Int { self.storage.count - self.head }
    var first: Item? { self.isEmpty ? nil : self.storage[self.head] }

    mutating func append(_ item: Item) { self.storage.append(item) }

    mutating func removeFirst() {
        guard self.head < self.storage.count else { return }
        self.head += 1
        if self.head == self.storage.count {
            self.storage.removeAll(keepingCapacity: self.storage.capacity <= 4096)
            self.head = 0
        } else if self.head >= 1024, self.head * 2 > self.storage.count {
            self.storage.removeFirst(self.head)
            self.head = 0
        }
    }

    /// Empties the queue.
    mutating func takeAll() -> ArraySlice<Item> {
        defer {
            self.storage = []
            self.head = 0
        }
        return self.storage[self.head...]
    }
}
