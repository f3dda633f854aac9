/// Rumors that are still to be told, the least told first; of one member only the newest.
struct RumorQueue: Equatable, Sendable {
    private struct Entry: Equatable, Sendable {
        var rumor: Rumor
        var tellings: Int
    }

    /// Sorted by name.
    private var entries: [Entry] = []

    var isEmpty: Bool { self.entries.isEmpty }
    var count: Int { self.entries.count }

    /// Adds a rumor in place of an older one about the same member.
    mutating func add(_ rumor: Rumor) {
        let place =
            self.entries.firstIndex { $0.rumor.record.node >= rumor.record.node } ?? self.entries.count
        let entry = Entry(rumor: rumor, tellings: 0)
        if place < self.entries.count, self.entries[place].rumor.record.node == rumor.record.node {
            self.entries[place] = entry
        } else {
            self.entries.insert(entry, at: place)
        }
    }

    /// The rumors for one message; each one that was told often enough leaves.
    mutating func take(_ count: Int, tellingsMax: Int) -> [Rumor] {
        guard !self.entries.isEmpty else { return [] }
        let chosen = self.entries.indices.sorted {
            (self.entries[$0].tellings, $0) < (self.entries[$1].tellings, $1)
        }.prefix(count)
        let rumors = chosen.map { self.entries[$0].rumor }
        for index in chosen { self.entries[index].tellings += 1 }
        self.entries.removeAll { $0.tellings >= tellingsMax }
        return rumors
    }
}
