package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Rows of one segment that are looked at for a search of logs.
    private static let logRowsMax = 1 << 20

    /// Log records that fit; waits for the index where that is nearly done.
    package func logs(_ query: LogQuery) async throws -> LogAnswer {
        await self.onIndexerIfQuiet()
        return try await self.readers.run { self.readLogs(query) }
    }

    private struct LogChunk {
        var file: File
        var offset: Int
        var ordinal: Int
        var lastEnd: UInt64
    }

    private func readLogs(_ query: LogQuery) -> LogAnswer {
        var assembler = ItemAssembler(.logs)
        var damaged = 0
        var (chunks, isWhole) = query.trace.map { (self.logChunks(of: $0), true) } ?? self.logChunks(query)
        chunks.sort { $0.lastEnd > $1.lastEnd }
        for chunk in chunks {
            // Chunks come newest first: once there are enough records, older chunks are not opened.
            guard assembler.itemCount < query.limit else {
                return LogAnswer(logs: assembler.encoded(), count: assembler.itemCount, isComplete: false)
            }
            self.withFrame(chunk.file, chunk.offset, &damaged) { frame, bytes in
                guard chunk.ordinal < frame.entries.count else { return }
                let payload = try frame.payload(bytes.raw)
                let services = query.service.map { payload.resources(ofService: $0) }
                try assembler.add(payload, frame.entries[chunk.ordinal]) { record, resource in
                    record.start >= query.from && record.start <= query.to && record.kind >= query.minSeverity
                        && (query.trace == nil || record.trace == query.trace)
                        && (services?.contains(resource) ?? true)
                }
            }
        }
        isWhole = isWhole && damaged == 0
        return LogAnswer(logs: assembler.encoded(), count: assembler.itemCount, isComplete: isWhole)
    }

    /// The chunks of a trace's records, which all stand under its key.
    private func logChunks(of trace: TraceID) -> [LogChunk] {
        var result: [LogChunk] = []
        var damaged = 0
        for (file, offset) in self.places(of: Key(trace)) {
            self.withFrame(file, offset, &damaged) { frame, _ in
                guard frame.header.signal == .logs else { return }
                let entries = frame.entries(of: Key(trace))
                for (ordinal, entry) in zip(entries.indices, entries) {
                    result.append(
                        LogChunk(file: file, offset: offset, ordinal: ordinal, lastEnd: entry.lastEnd)
                    )
                }
            }
        }
        return result
    }

    /// The chunks that may hold records of a service and time; false where some could not be listed.
    private func logChunks(_ query: LogQuery) -> ([LogChunk], isWhole: Bool) {
        var terms: [Term] = []
        if let service = query.service { terms.append(Term(.service, service)) }
        let search = SearchQuery(signal: .logs, terms: terms, from: query.from, to: query.to)
        let (sealed, open) = self.snapshot()
        var result: [LogChunk] = []
        var isWhole = true
        for segment in open {
            segment.index.withLock { index in
                let postings = terms.map { index.chunks($0) }
                let rows = search.select(index.rows, postings: postings, limit: Self.logRowsMax)
                isWhole = isWhole && rows.count < Self.logRowsMax
                for row in rows.map({ Int($0) }) {
                    let offset = index.frameOffsets[row]
                    result.append(
                        LogChunk(
                            file: segment.file,
                            offset: offset,
                            ordinal: row
                                - Self.firstRow(ofFrameAt: offset, before: row, in: index.frameOffsets),
                            lastEnd: index.rows[row].lastEnd
                        )
                    )
                }
            }
        }
        for segment in sealed {
            let found = self.reading(segment) {
                var postings: [[UInt32]] = []
                for term in terms { postings.append(try segment.chunks(term)) }
                guard postings.allSatisfy({ !$0.isEmpty }) else { return [] as [LogChunk] }
                let rows = try self.views.view(of: segment).rows
                return search.select(rows, postings: postings, limit: Self.logRowsMax).compactMap { row in
                    segment.place(of: row).map { line, ordinal in
                        LogChunk(
                            file: segment.file,
                            offset: line.offset,
                            ordinal: ordinal,
                            lastEnd: rows[Int(row)].lastEnd
                        )
                    }
                }
            }
            isWhole = isWhole && (found.map { $0.count < Self.logRowsMax } ?? false)
            result.append(contentsOf: found ?? [])
        }
        return (result, isWhole)
    }

    /// The first row of a frame; the places of frames rise with their rows.
    private static func firstRow(ofFrameAt offset: Int, before row: Int, in offsets: [Int]) -> Int {
        var low = 0
        var high = row
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension FramePayload {
    /// References of the resources that belong to a service; contains 0, "no resource", for the unknown one.
    fileprivate func resources(ofService wanted: String) -> Set<UInt32> {
        let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
        var result: Set<UInt32> = wanted == SegmentIndex.unknownService ? [0] : []
        for (index, table) in self.tables.enumerated() where table.role == .resource {
            let service = scanner.resource(WireReader(self.bytes.raw, table.range)).service
            if service == wanted { result.insert(UInt32(truncatingIfNeeded: index + 1)) }
        }
        return result
    }
}
