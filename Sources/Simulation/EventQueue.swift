/// Things that will happen, in the order of their time; of one instant, in the order they were added.
///
/// A binary heap (Williams, 1964) of small entries, so that a run costs the logarithm of what is under way for each event; the
/// events themselves stay where they are.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Duration
        var number: UInt64
        var place: Int

        func precedes(_ other: Entry) -> Bool { (self.at, self.number) < (other.at, other.number) }
    }

    private var entries: [Entry] = []
    private var added: UInt64 = 0
    private var events: [Event?] = []
    /// Places that hold no event.
    private var free: [Int] = []

    var count: Int { self.entries.count }

    /// When the next one is due; nil where nothing will happen.
    var next: Duration? { self.entries.first?.at }

    mutating func add(_ event: Event, at time: Duration) {
        self.added += 1
        self.entries.append(Entry(at: time, number: self.added, place: self.put(event)))
        var child = self.entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.entries[child].precedes(self.entries[parent]) else { break }
            self.entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func put(_ event: Event) -> Int {
        guard let place = self.free.popLast() else {
            self.events.append(event)
            return self.events.count - 1
        }
        self.events[place] = event
        return place
    }

    mutating func take() -> (at: Duration, event: Event)? {
        guard let first = self.entries.first else { return nil }
        let last = self.entries.removeLast()
        if !self.entries.isEmpty {
            self.entries[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in 2 * parent + 1...2 * parent + 2
                where child < self.entries.count && self.entries[child].precedes(self.entries[least]) {
                    least = child
                }
                guard least != parent else { break }
                self.entries.swapAt(parent, least)
                parent = least
            }
        }
        self.free.append(first.place)
        guard let event = self.events[first.place].take() else { return nil }
        return (first.at, event)
    }
}
