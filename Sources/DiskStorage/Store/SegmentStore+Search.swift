package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// How many candidate traces a search opens at most before it says that it is not complete.
    static let searchBudget = 4096

    package func search(_ query: SearchQuery) async throws -> SearchAnswer {
        await self.onIndexerIfQuiet()
        return try await self.readers.run { try self.runSearch(query) }
    }

    package func values(_ field: Term.Field, limit: Int) async throws -> [String] {
        await self.onIndexerIfQuiet()
        return try await self.readers.run {
            let (sealed, open) = self.snapshot()
            var values: Set<String> = []
            for segment in sealed { values.formUnion(try segment.values(field, limit: limit)) }
            for segment in open { values.formUnion(segment.index.withLock { $0.values(field) }) }
            return Array(values.sorted().prefix(limit))
        }
    }

    /// Waits for the index where it is nearly there, so that a search sees what was just acknowledged; under
    /// heavy load it goes on with what the index has.
    private func onIndexerIfQuiet() async {
        let behind = self.snapshot().open.reduce(0) { sum, segment in
            sum + segment.state.withLock { $0.unindexed.count - $0.firstUnindexed }
        }
        if behind < 256 { await self.onIndexer {} }
    }

    private func runSearch(_ query: SearchQuery) throws -> SearchAnswer {
        var wanted = max(query.limit, 1) * 4
        while true {
            let (candidates, isExhausted) = try self.candidates(query, perSegment: wanted)
            var hits: [TraceHit] = []
            var seen: Set<Key> = []
            for candidate in candidates {
                guard let key = candidate.key(), seen.insert(key).inserted else { continue }
                let hit = self.hit(key, query.signal)
                guard Self.fits(hit, query), self.hasAttributes(key, query) else { continue }
                hits.append(hit)
                if hits.count == query.limit { return SearchAnswer(hits: hits, isComplete: true) }
            }
            if isExhausted { return SearchAnswer(hits: hits, isComplete: true) }
            guard wanted < Self.searchBudget else { return SearchAnswer(hits: hits, isComplete: false) }
            wanted *= 4
        }
    }

    /// A row that fits, and how to learn whose it is.
    private struct Candidate {
        var start: UInt64
        var key: () -> Key?
    }

    /// Rows that fit from all segments, latest first; exhausted means that there are no others.
    private func candidates(_ query: SearchQuery, perSegment: Int) throws -> ([Candidate], isExhausted: Bool) {
        let (sealed, open) = self.snapshot()
        var result: [Candidate] = []
        var isExhausted = true
        for segment in open {
            let found = segment.index.withLock { index in
                let postings = query.terms.map { index.chunks($0) }
                return query.select(index.rows, postings: postings, limit: perSegment).map { row in
                    (index.rows[Int(row)].firstStart, index.keys[Int(row)])
                }
            }
            if found.count == perSegment { isExhausted = false }
            for (start, key) in found { result.append(Candidate(start: start) { key }) }
        }
        for segment in sealed {
            var postings: [[UInt32]] = []
            for term in query.terms { postings.append(try segment.chunks(term)) }
            guard query.terms.isEmpty || postings.allSatisfy({ !$0.isEmpty }) else { continue }
            let view = try segment.searchView()
            let rows = query.select(view.rows, postings: postings, limit: perSegment)
            if rows.count == perSegment { isExhausted = false }
            for row in rows {
                result.append(Candidate(start: view.rows[Int(row)].firstStart) { self.key(segment, row) })
            }
        }
        result.sort { $0.start > $1.start }
        return (result, isExhausted)
    }

    private func key(_ segment: SealedSegment, _ row: UInt32) -> Key? {
        guard let (line, ordinal) = segment.place(of: row) else { return nil }
        var damaged = 0
        var key: Key?
        self.withFrame(segment.file, line.offset, &damaged) { frame, _ in
            if ordinal < frame.entries.count { key = frame.entries[ordinal].key }
        }
        return key
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
                guard frame.header.signal == query.signal else { return }
                let payload = try frame.payload(bytes.raw)
                for entry in frame.entries(of: key) where !isFound {
                    isFound = try AttributeMatch.matches(query.attributes, payload, entry)
                }
            }
        }
        return isFound
    }

    private static func fits(_ hit: TraceHit, _ query: SearchQuery) -> Bool {
        hit.start <= query.to && hit.end >= query.from && hit.duration >= query.minDuration
            && hit.duration <= query.maxDuration && (!query.onlyErrors || hit.errorCount > 0)
    }
}
