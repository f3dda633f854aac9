/// What falls due in the order in which it was added, because everything in it waits equally long.
///
/// Entries are not taken out when they lose their meaning. They are dropped when they come to the front, or all at once
/// when the queue has doubled since the last time: so that adding and taking cost O(1), amortised, and no more than
/// twice what is alive is kept.
struct DeadlineQueue<Item: Equatable & Sendable>: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        var at: Duration
        var item: Item
    }

    /// Entries kept at least before the dead are looked for.
    private static var slack: Int { 64 }

    private var entries: [Entry] = []
    /// Entries before it were taken.
    private var head = 0
    /// How many entries lived when they were last looked through.
    private var survivors = 0

    /// Entries that are kept, the dead included.
    var count: Int { self.entries.count - self.head }

    /// The one that is due first, alive or not; nil where there is none.
    var first: Entry? { self.head < self.entries.count ? self.entries[self.head] : nil }

    /// Adds what is due at a time; one that lies before an earlier one's is due with that one.
    mutating func add(_ item: Item, due at: Duration, isAlive: (Entry) -> Bool) {
        if self.count >= 2 * self.survivors + Self.slack { self.removeDead(isAlive) }
        self.entries.append(Entry(at: at, item: item))
    }

    /// Drops the first one; nothing where there is none.
    mutating func removeFirst() {
        guard self.head < self.entries.count else { return }
        self.head += 1
        guard self.head >= Self.slack, self.head * 2 >= self.entries.count else { return }
        self.entries.removeFirst(self.head)
        self.head = 0
    }

    /// Drops dead ones until a living one is first.
    mutating func trim(_ isAlive: (Entry) -> Bool) {
        while let first = self.first, !isAlive(first) { self.removeFirst() }
    }

    private mutating func removeDead(_ isAlive: (Entry) -> Bool) {
        self.entries = self.entries[self.head...].filter(isAlive)
        self.head = 0
        self.survivors = self.entries.count
    }
}
