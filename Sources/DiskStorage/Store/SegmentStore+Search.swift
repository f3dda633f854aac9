package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// How many candidate traces a search opens at most before it says that it is not complete.
    static let searchBudget = 4096

    /// Traces of which one part and the whole fit; waits for the index where that is nearly done.
    package func search(_ query: SearchQuery) async throws -> SearchAnswer {
        await self.onIndexerIfQuiet()
        return try await self.readers.run { try self.runSearch(query) }
    }

    /// The distinct values of a field over all segments.
    package func values(_ field: Term.Field, limit: Int) async throws -> [String] {
        await self.onIndexerIfQuiet()
        return try await self.readers.run {
            let (sealed, open) = self.snapshot()
            let limit = max(limit, 0)
            var values: Set<String> = []
            for segment in sealed {
                values.formUnion(self.reading(segment) { try segment.values(field, limit: limit) } ?? [])
            }
            for segment in open { values.formUnion(segment.index.withLock { $0.values(field) }) }
            return Array(values.sorted().prefix(limit))
        }
    }

    /// Waits for the index where it is nearly there, so that a search sees what was just acknowledged; under
    /// heavy load it goes on with what the index has.
    func onIndexerIfQuiet() async {
        let behind = self.snapshot().open.reduce(0) { sum, segment in
            sum + segment.state.withLock { $0.unindexed.count - $0.firstUnindexed }
        }
        if behind < 256 { await self.indexer.run {} }
    }

    /// Asks ever more candidates until the hits are proven to be the latest, or the budget ends.
    ///
    /// A trace starts at or before each of its chunks. So hits as many as wanted are proven once the last of them
    /// starts no earlier than the next candidate, and no earlier than any row that was not fetched.
    private func runSearch(_ query: SearchQuery) throws -> SearchAnswer {
        guard query.limit > 0 else { return SearchAnswer(hits: [], isComplete: true) }
        var wanted = min(query.limit, Self.searchBudget) * 4
        var opened: [Key: TraceHit?] = [:]
        var keys = RowKeys()
        while true {
            let found = try self.candidates(query, perSegment: wanted)
            var hits = RankedHits(limit: query.limit)
            var seen: Set<Key> = []
            for candidate in found.rows {
                if hits.prove(candidate.start) { break }
                guard let key = self.key(candidate, &keys), seen.insert(key).inserted else { continue }
                if opened[key] == nil {
                    guard opened.count < Self.searchBudget, keys.reads < Self.searchBudget else {
                        return SearchAnswer(hits: hits.hits, isComplete: false)
                    }
                    let hit = self.hit(key, query.signal)
                    opened[key] = .some(query.fits(hit) && self.hasAttributes(key, query) ? hit : nil)
                }
                if let hit = opened[key] ?? nil { hits.insert(hit) }
            }
            let isProven = found.latestUnfetched.map { hits.prove($0) } ?? true
            if isProven || wanted > Self.searchBudget * 4 {
                return SearchAnswer(hits: hits.hits, isComplete: isProven && found.isWhole)
            }
            wanted *= 4
        }
    }

    /// A row that fits, and how to learn whose it is.
    private struct Candidate {
        enum Source {
            case key(Key)
            case row(UInt32, SealedSegment)
        }

        var start: UInt64
        var source: Source
    }

    private struct Candidates {
        /// Latest start first.
        var rows: [Candidate] = []
        /// No row that fits and is not here starts later; nil where all are here.
        var latestUnfetched: UInt64?
        /// Whether every segment could be asked.
        var isWhole = true

        mutating func noteCut(at start: UInt64) {
            self.latestUnfetched = max(self.latestUnfetched ?? 0, start)
        }
    }

    /// Rows that fit from all segments.
    private func candidates(_ query: SearchQuery, perSegment: Int) throws -> Candidates {
        let (sealed, open) = self.snapshot()
        var result = Candidates()
        for segment in open {
            let found = segment.index.withLock { index in
                let postings = query.terms.map { index.chunks($0) }
                return query.select(index.rows, postings: postings, limit: perSegment).map { row in
                    (index.rows[Int(row)].firstStart, index.keys[Int(row)])
                }
            }
            if found.count == perSegment, let last = found.last { result.noteCut(at: last.0) }
            for (start, key) in found { result.rows.append(Candidate(start: start, source: .key(key))) }
        }
        for segment in sealed {
            let found = self.reading(segment) {
                var postings: [[UInt32]] = []
                for term in query.terms { postings.append(try segment.chunks(term)) }
                guard postings.allSatisfy({ !$0.isEmpty }) else {
                    return [] as [(start: UInt64, row: UInt32)]
                }
                let rows = try self.views.view(of: segment).rows
                return query.select(rows, postings: postings, limit: perSegment).map { row in
                    (rows[Int(row)].firstStart, row)
                }
            }
            guard let found else {
                result.isWhole = false
                continue
            }
            if found.count == perSegment, let last = found.last { result.noteCut(at: last.start) }
            for (start, row) in found {
                result.rows.append(Candidate(start: start, source: .row(row, segment)))
            }
        }
        result.rows.sort { $0.start > $1.start }
        return result
    }

    /// The keys of the frames that a search opened to learn whose a row is.
    private struct RowKeys {
        struct Place: Hashable {
            var segment: UInt64
            var offset: Int
        }

        var frames: [Place: [Key]] = [:]
        /// Frames read so far.
        var reads = 0
    }

    private func key(_ candidate: Candidate, _ keys: inout RowKeys) -> Key? {
        let (row, segment): (UInt32, SealedSegment)
        switch candidate.source {
        case .key(let key): return key
        case .row(let number, let holder): (row, segment) = (number, holder)
        }
        guard let (line, ordinal) = segment.place(of: row) else { return nil }
        let place = RowKeys.Place(segment: segment.id, offset: line.offset)
        var known = keys.frames[place]
        if known == nil {
            var damaged = 0
            keys.reads += 1
            self.withFrame(segment.file, line.offset, &damaged) { frame, _ in known = frame.entries.map(\.key)
            }
            // A large merged frame has some ten thousand chunks.
            if keys.frames.count >= 256 { keys.frames.removeAll() }
            keys.frames[place] = known ?? []
        }
        guard let known, ordinal < known.count else { return nil }
        return known[ordinal]
    }

    /// Everything the frames' indexes know of one trace.
    private func hit(_ key: Key, _ signal: Signal) -> TraceHit {
        var hit = TraceHit(trace: TraceID(high: key.high, low: key.low))
        var damaged = 0
        for (file, offset) in self.places(of: key) {
            self.withFrame(file, offset, &damaged) { frame, _ in
                guard frame.header.signal == signal, !frame.header.flags.contains(.journal) else { return }
                for entry in frame.entries(of: key) { hit.add(entry, in: frame) }
            }
        }
        return hit
    }

    private func hasAttributes(_ key: Key, _ query: SearchQuery) -> Bool {
        guard !query.attributes.isEmpty else { return true }
        var damaged = 0
        var isFound = false
        for (file, offset) in self.places(of: key) where !isFound {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                guard frame.header.signal == query.signal, !frame.header.flags.contains(.journal) else {
                    return
                }
                let payload = try frame.payload(bytes.raw)
                for entry in frame.entries(of: key) where !isFound {
                    isFound = try AttributeMatch.matches(query.attributes, payload, entry)
                }
            }
        }
        return isFound
    }
}
