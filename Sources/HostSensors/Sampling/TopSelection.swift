/// Chooses the first few by some measure, with a preference for those chosen before.
///
/// The list holds still: a newcomer must exceed a member by a quarter to take its place. Equal ones go by
/// their lower id, so that the same input gives the same list.
enum TopSelection {
    /// How much more than a member a newcomer needs.
    static let advantage = 1.25

    /// The chosen ids, the highest first; those with zero are never chosen.
    ///
    /// Costs one pass and a shift within `count` places for each that gets in.
    static func choose(
        _ count: Int,
        from candidates: [(id: Int32, value: Double)],
        previous: Set<Int32>
    ) -> [Int32] {
        guard count > 0 else { return [] }
        var chosen: [(id: Int32, value: Double)] = []
        chosen.reserveCapacity(count + 1)
        for candidate in candidates where candidate.value > 0 {
            let weight = previous.contains(candidate.id) ? self.advantage : 1
            let entry = (id: candidate.id, value: candidate.value * weight)
            if chosen.count == count, let last = chosen.last, !self.isBefore(entry, last) { continue }
            let place = chosen.firstIndex { self.isBefore(entry, $0) } ?? chosen.count
            chosen.insert(entry, at: place)
            if chosen.count > count { chosen.removeLast() }
        }
        return chosen.map(\.id)
    }

    private static func isBefore(
        _ one: (id: Int32, value: Double),
        _ other: (id: Int32, value: Double)
    ) -> Bool {
        one.value == other.value ? one.id < other.id : one.value > other.value
    }
}
