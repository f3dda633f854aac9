internal import Storage
internal import Synchronization

/// Keeps the rows of the segments that were searched last, and no more rows than a limit.
final class SearchViewCache: Sendable {
    fileprivate struct Entry {
        var view: SealedSegment.SearchView
        var lastUse: UInt64
    }

    fileprivate struct State {
        var entries: [UInt64: Entry] = [:]
        var rowCount = 0
        var uses: UInt64 = 0
    }

    private let rowsMax: Int
    private let state = Mutex(State())

    /// - Parameter rowsMax: How many rows of about 40 bytes are kept; the segment in use is kept beyond it.
    init(rowsMax: Int = 2 << 20) { self.rowsMax = rowsMax }

    /// Rows in memory.
    var rowCount: Int { self.state.withLock { $0.rowCount } }

    /// The view of a segment, read where it is not there.
    func view(of segment: SealedSegment) throws -> SealedSegment.SearchView {
        let known = self.state.withLock { state in
            state.uses += 1
            state.entries[segment.id]?.lastUse = state.uses
            return state.entries[segment.id]?.view
        }
        if let known { return known }
        let view = try segment.searchView()
        self.state.withLock { state in
            state.remove(segment.id)
            state.uses += 1
            state.entries[segment.id] = Entry(view: view, lastUse: state.uses)
            state.rowCount += view.rows.count
            while state.rowCount > self.rowsMax, state.entries.count > 1,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.remove(oldest.key)
            }
        }
        return view
    }

    /// Gives back the memory of a segment that is gone.
    func forget(_ id: UInt64) { self.state.withLock { $0.remove(id) } }
}

extension SearchViewCache.State {
    fileprivate mutating func remove(_ id: UInt64) {
        guard let entry = self.entries.removeValue(forKey: id) else { return }
        self.rowCount -= entry.view.rows.count
    }
}
