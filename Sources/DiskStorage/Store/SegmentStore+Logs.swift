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

    private struct LogPlace {
        var file: File
        var offset: Int
        var ordinal: Int
        var lastEnd: UInt64
    }

    private func readLogs(_ query: LogQuery) -> LogAnswer {
        var assembler = ItemAssembler(.logs)
        let isComplete = self.walkLogs(
            query,
            isEnough: { assembler.itemCount >= query.limit },
            visit: { chunk in
                try assembler.add(chunk.payload, chunk.entry) { record, resource in
                    query.matches(record) && (chunk.resources?.contains(resource) ?? true)
                }
            }
        )
        return LogAnswer(logs: assembler.encoded(), count: assembler.itemCount, isComplete: isComplete)
    }

    /// The same, chunk by chunk.
    func readLogChunks(_ query: LogQuery) -> LogChunks {
        let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
        var result: [LogChunk] = []
        var count = 0
        let isComplete = self.walkLogs(
            query,
            isEnough: { count >= query.limit },
            visit: { chunk in
                let items = try chunk.encodedItems(query, scanner)
                guard items.count > 0 else { return }
                count += items.count
                let id = ChunkID(
                    frame: chunk.frame.origin(ofEntry: chunk.ordinal).frame,
                    key: chunk.entry.key
                )
                result.append(
                    LogChunk(id: id, lastEnd: chunk.entry.lastEnd, count: items.count, data: items.data)
                )
            }
        )
        return LogChunks(chunks: result, isComplete: isComplete)
    }

    /// A chunk of records that is open.
    private struct OpenedLogs {
        var frame: Frame
        var ordinal: Int
        var payload: FramePayload
        /// References of the resources that are wanted; nil for all.
        var resources: Set<UInt32>?

        var entry: ChunkEntry { self.frame.entries[self.ordinal] }

        /// The records that fit, as LogsData.
        func encodedItems(
            _ query: LogQuery,
            _ scanner: Scanner
        ) throws(WireFailure) -> (data: [UInt8], count: Int) {
            var notes: [AttributeNote] = []
            return try self.payload.encodedItems(of: self.entry) { resource, range throws(WireFailure) in
                guard self.resources?.contains(resource) ?? true else { return false }
                var record = ItemRecord()
                notes.removeAll(keepingCapacity: true)
                let reader = WireReader(self.payload.bytes.raw, range)
                try scanner.scanLog(reader, into: &record, notes: &notes)
                return query.matches(record)
            }
        }
    }

    /// Opens the chunks that may hold records that fit, newest first.
    ///
    /// - Parameters:
    ///   - query: What is wanted.
    ///   - isEnough: Asked before each chunk; true leaves it and all older ones unopened.
    ///   - visit: Gets each.
    /// - Returns: Whether all that may fit was visited.
    private func walkLogs(
        _ query: LogQuery,
        isEnough: () -> Bool,
        visit: (OpenedLogs) throws -> Void
    ) -> Bool {
        var damaged = 0
        var (chunks, isWhole) = query.trace.map { (self.logChunks(of: $0), true) } ?? self.logChunks(query)
        chunks.sort { $0.lastEnd > $1.lastEnd }
        for chunk in chunks {
            guard !isEnough() else { return false }
            self.withFrame(chunk.file, chunk.offset, &damaged) { frame, bytes in
                guard chunk.ordinal < frame.entries.count else { return }
                let payload = try frame.payload(bytes.raw)
                try visit(
                    OpenedLogs(
                        frame: frame,
                        ordinal: chunk.ordinal,
                        payload: payload,
                        resources: query.service.map { payload.resources(ofService: $0) }
                    )
                )
            }
        }
        isWhole = isWhole && damaged == 0
        return isWhole
    }

    /// The chunks of a trace's records, which all stand under its key.
    private func logChunks(of trace: TraceID) -> [LogPlace] {
        var result: [LogPlace] = []
        var damaged = 0
        for (file, offset) in self.places(of: Key(trace)) {
            self.withFrame(file, offset, &damaged) { frame, _ in
                guard frame.header.signal == .logs else { return }
                let entries = frame.entries(of: Key(trace))
                for (ordinal, entry) in zip(entries.indices, entries) {
                    result.append(
                        LogPlace(file: file, offset: offset, ordinal: ordinal, lastEnd: entry.lastEnd)
                    )
                }
            }
        }
        return result
    }

    /// The chunks that may hold records of a service and time; false where some could not be listed.
    private func logChunks(_ query: LogQuery) -> ([LogPlace], isWhole: Bool) {
        var terms: [Term] = []
        if let service = query.service { terms.append(Term(.service, service)) }
        let search = SearchQuery(signal: .logs, terms: terms, from: query.from, to: query.to)
        let (sealed, open) = self.snapshot()
        var result: [LogPlace] = []
        var isWhole = true
        for segment in open {
            segment.index.withLock { index in
                let postings = terms.map { index.chunks($0) }
                let rows = search.select(index.rows, postings: postings, limit: Self.logRowsMax)
                isWhole = isWhole && rows.count < Self.logRowsMax
                for row in rows.map({ Int($0) }) {
                    let offset = index.frameOffsets[row]
                    result.append(
                        LogPlace(
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
                guard postings.allSatisfy({ !$0.isEmpty }) else { return [] as [LogPlace] }
                let rows = try self.views.view(of: segment).rows
                return search.select(rows, postings: postings, limit: Self.logRowsMax).compactMap { row in
                    segment.place(of: row).map { line, ordinal in
                        LogPlace(
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
