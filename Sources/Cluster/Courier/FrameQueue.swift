internal import Telemetry

/// Frames in the order they came, each with a time; taking from the front costs nothing over many.
struct FrameQueue: Equatable, Sendable {
    struct Item: Equatable, Sendable {
        var id: FrameID
        var at: Duration
    }

    private var storage: [Item] = []
    private var head = 0

    var isEmpty: Bool { self.head == self.storage.count }
    var first: Item? { self.isEmpty ? nil : self.storage[self.head] }
    var items: ArraySlice<Item> { self.storage[self.head...] }

    mutating func append(_ id: FrameID, at time: Duration) { self.storage.append(Item(id: id, at: time)) }

    mutating func removeFirst() {
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
    mutating func takeAll() -> [Item] {
        defer {
            self.storage = []
            self.head = 0
        }
        return Array(self.storage[self.head...])
    }
}
