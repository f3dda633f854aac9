internal import Telemetry

/// What gossip compares and gives.
extension AggregateTable {
    /// Windows that are compared: those that ended a while ago, so that most of their slots are in, and are not below the floor.
    func comparable(endedBefore: ClusterTime) -> Range<UInt64> {
        let end = Window(at: endedBefore).index
        return min(self.floor.index, end)..<end
    }

    /// Number and digest of the entries of each window in which there are some, ascending.
    mutating func summaries(in windows: Range<UInt64>) -> [AggregateMessage.Summary] {
        var result: [AggregateMessage.Summary] = []
        for index in self.byIndex.keys.sorted() where windows.contains(index) {
            guard let summary = self.summary(of: index), summary.count > 0 else { continue }
            result.append(.init(window: index, count: UInt64(summary.count), digest: summary.digest))
        }
        return result
    }

    /// The marks of a window's entries, ascending by the hash of their series.
    mutating func marks(of index: UInt64) -> [AggregateMessage.Mark] {
        let owned = self.owned
        let limits = self.limits
        guard let hashes = self.byIndex[index]?.hashes(owned, limits) else { return [] }
        return hashes.compactMap { hash in
            self.entry(hash, in: index).map { AggregateMessage.Mark(series: hash, mark: $0.mark) }
        }
    }

    /// The entry of a series by its hash.
    func entry(_ hash: UInt64, in index: UInt64) -> AggregateEntry? {
        self.byIndex[index]?.entry(hash, self.owned)
    }

    private mutating func summary(of index: UInt64) -> AggregateWindow.Summary? {
        let owned = self.owned
        let limits = self.limits
        return self.byIndex[index]?.summary(owned, limits)
    }
}
