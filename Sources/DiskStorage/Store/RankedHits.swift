internal import Storage

/// The best hits of a search so far: the latest starts, as many as wanted.
struct RankedHits {
    private let limit: Int
    /// Latest start first; of equal starts the one that came first.
    private(set) var hits: [TraceHit] = []

    /// - Parameter limit: At least 1.
    init(limit: Int) { self.limit = max(limit, 1) }

    /// Whether the hits are final if all traces still to come start at this time at the latest.
    func prove(_ start: UInt64) -> Bool {
        guard self.hits.count >= self.limit, let last = self.hits.last else { return false }
        return last.start >= start
    }

    mutating func insert(_ hit: TraceHit) {
        let place = self.hits.firstIndex { $0.start < hit.start } ?? self.hits.count
        guard place < self.limit else { return }
        self.hits.insert(hit, at: place)
        if self.hits.count > self.limit { self.hits.removeLast() }
    }
}
