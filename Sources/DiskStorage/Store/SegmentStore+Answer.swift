package import Storage
internal import Telemetry

extension SegmentStore {
    /// Answers what another node asks, or this one of itself, so that it can be merged with what others have.
    ///
    /// A frame that cannot be read is counted and logged; the answer lacks what it held.
    package func answer(_ request: ReadRequest) async throws -> ReadAnswer {
        switch request {
        case .trace(let id): return try await self.readers.run { .trace(self.traceChunks(id)) }
        case .search(let query): return .search(try await self.search(query))
        case .traceParts(let ids, let signal, let attributes):
            return try await self.readers.run {
                .traceParts(ids.map { self.traceParts($0, signal, attributes) })
            }
        case .values(let field, let limit): return .values(try await self.values(field, limit: limit))
        case .logs(let query):
            await self.onIndexerIfQuiet()
            return try await self.readers.run { .logs(self.readLogChunks(query)) }
        case .series(let query):
            return try await self.readers.run {
                var survey = SlotSurvey(query)
                self.survey(query, &survey)
                return .series(survey.result)
            }
        case .slots(let query, let buckets):
            return try await self.readers.run {
                var survey = SlotSurvey(query, buckets)
                self.survey(query, &survey)
                return .slots(survey.chunks)
            }
        }
    }

    private func traceChunks(_ id: TraceID) -> TraceChunks {
        var chunks: [TraceChunk] = []
        var damaged = 0
        for (file, offset) in self.places(of: Key(id)) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                let signal = frame.header.signal
                let entries = frame.entries(of: Key(id))
                guard !entries.isEmpty, !frame.header.flags.contains(.journal),
                    signal == .spans || signal == .logs
                else { return }
                let payload = try frame.payload(bytes.raw)
                for (index, entry) in zip(entries.indices, entries) {
                    let data = try payload.encodedItems(of: entry).data
                    let origin = frame.origin(ofEntry: index).frame
                    chunks.append(TraceChunk(frame: origin, signal: signal, data: data))
                }
            }
        }
        return TraceChunks(chunks: chunks, damagedFrames: damaged)
    }

    private func traceParts(
        _ id: TraceID,
        _ signal: Signal,
        _ attributes: [AttributeMatch]
    ) -> TraceParts {
        var parts = TraceParts(trace: id, chunks: [])
        var damaged = 0
        for (file, offset) in self.places(of: Key(id)) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                let entries = frame.entries(of: Key(id))
                guard !entries.isEmpty, frame.header.signal == signal,
                    !frame.header.flags.contains(.journal)
                else { return }
                let payload = attributes.isEmpty ? nil : try frame.payload(bytes.raw)
                for (index, entry) in zip(entries.indices, entries) {
                    var fact = ChunkFact(entry, of: frame.origin(ofEntry: index).frame, in: frame)
                    if let payload {
                        fact.hasAttributes = try AttributeMatch.matches(attributes, payload, entry)
                    }
                    parts.chunks.append(fact)
                }
            }
        }
        return parts
    }
}
