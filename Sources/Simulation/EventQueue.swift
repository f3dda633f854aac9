/// Things that will happen, in the order of their time; of one instant, in the order they were added.
///
/// A binary heap (Williams, 1964), so that a run costs the logarithm of what is under way for each event.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Duration
        var number: UInt64
        var event: Event

        func precedes(_ other: Entry) -> Bool { (self.at, self.number) < (other.at, other.number) }
    }

    private var entries: [Entry] = []
    private var added: UInt64 = 0

    var count: Int { self.entries.count }

    /// When the next one is due; nil where nothing will happen.
    var next: Duration? { self.entries.first?.at }

    mutating func add(_ event: Event, at time: Duration) {
        self.added += 1
        self.entries.append(Entry(at: time, number: self.added, event: event))
        var child = self.entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.entries[child].precedes(self.entries[parent]) else { break }
            self.entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func take() -> (at: Duration, event: Event)? {
        guard let first = self.entries.first else { return nil }
        let last = self.entries.removeLast()
        if !self.entries.isEmpty {
            self.entries[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < self.entries.count && self.entries[child].precedes(self.entries[least]) {
                    least = child
                }
                guard least != parent else { break }
                self.entries.swapAt(parent, least)
                parent = least
            }
        }
        return (first.at, first.event)
    }
}
