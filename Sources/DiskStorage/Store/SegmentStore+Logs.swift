package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    package func logs(_ query: LogQuery) async throws -> LogAnswer {
        await self.onIndexer {}
        return try await self.readers.run { try self.readLogs(query) }
    }

    private struct LogChunk {
        var file: File
        var offset: Int
        var ordinal: Int
        var lastEnd: UInt64
    }

    private func readLogs(_ query: LogQuery) throws -> LogAnswer {
        var assembler = ItemAssembler(.logs)
        var damaged = 0
        let isWanted: (ItemRecord) -> Bool = { record in
            record.start >= query.from && record.start <= query.to && record.kind >= query.minSeverity
                && (query.trace == nil || record.trace == query.trace)
        }
        let chunks = try self.logChunks(query).sorted { $0.lastEnd > $1.lastEnd }
        for chunk in chunks {
            // Chunks come newest first: once enough records are there, older chunks cannot add newer ones.
            guard assembler.itemCount < query.limit else {
                return LogAnswer(logs: assembler.encoded(), count: assembler.itemCount, isComplete: false)
            }
            self.withFrame(chunk.file, chunk.offset, &damaged) { frame, bytes in
                guard chunk.ordinal < frame.entries.count else { return }
                try assembler.add(try frame.payload(bytes.raw), frame.entries[chunk.ordinal], isWanted: isWanted)
            }
        }
        return LogAnswer(logs: assembler.encoded(), count: assembler.itemCount, isComplete: true)
    }

    private func logChunks(_ query: LogQuery) throws -> [LogChunk] {
        var terms: [Term] = []
        if let service = query.service { terms.append(Term(.service, service)) }
        let search = SearchQuery(signal: .logs, terms: terms, from: query.from, to: query.to, limit: .max / 4)
        let (sealed, open) = self.snapshot()
        var result: [LogChunk] = []
        for segment in open {
            segment.index.withLock { index in
                for row in search.select(index.rows, postings: terms.map { index.chunks($0) }, limit: 1 << 20) {
                    let offset = index.frameOffsets[Int(row)]
                    if let trace = query.trace, index.keys[Int(row)] != Key(trace) { continue }
                    var first = Int(row)
                    while first > 0, index.frameOffsets[first - 1] == offset { first -= 1 }
                    result.append(
                        LogChunk(
                            file: segment.file,
                            offset: offset,
                            ordinal: Int(row) - first,
                            lastEnd: index.rows[Int(row)].lastEnd
                        )
                    )
                }
            }
        }
        for segment in sealed {
            if let trace = query.trace, segment.frameOffsets(of: Key(trace)).isEmpty { continue }
            var postings: [[UInt32]] = []
            for term in terms { postings.append(try segment.chunks(term)) }
            let view = try segment.searchView()
            for row in search.select(view.rows, postings: postings, limit: 1 << 20) {
                guard let (line, ordinal) = segment.place(of: row) else { continue }
                result.append(
                    LogChunk(
                        file: segment.file,
                        offset: line.offset,
                        ordinal: ordinal,
                        lastEnd: view.rows[Int(row)].lastEnd
                    )
                )
            }
        }
        return result
    }
}
