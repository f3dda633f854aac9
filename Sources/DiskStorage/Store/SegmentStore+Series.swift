package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Slots of all origins and parts, merged per series and step.
    package func series(_ query: SeriesQuery) async throws -> [SeriesLine] {
        try await self.readers.run {
            var merger = SeriesMerger(query)
            self.forEachSlot(query) { merger.add($0) }
            return merger.result
        }
    }

    /// Surveys the chunks that may hold slots that fit.
    func survey(_ query: SeriesQuery, _ survey: inout SlotSurvey) {
        var damaged = 0
        for (file, offset) in self.framePlaces(.slots, from: query.from, to: query.to) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                let wanted = frame.entries.indices.filter { survey.wants(frame, $0) }
                guard !wanted.isEmpty else { return }
                let payload = try frame.payload(bytes.raw)
                for index in wanted { try survey.add(frame, index, payload) }
            }
        }
    }

    /// Walks the slots whose chunks may hold some that fit.
    private func forEachSlot(_ query: SeriesQuery, _ body: (Slot) -> Void) {
        var damaged = 0
        for (file, offset) in self.framePlaces(.slots, from: query.from, to: query.to) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                guard frame.entries.contains(where: { query.mayMatch($0) }) else { return }
                let payload = try frame.payload(bytes.raw)
                for entry in frame.entries where query.mayMatch(entry) {
                    try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                        var reader = WireReader(payload.bytes.raw, range)
                        body(try Slot(from: &reader))
                    }
                }
            }
        }
    }

    /// Frames of a signal that were made in a range of cluster time, or soon enough after it to be about it.
    func framePlaces(
        _ signal: Signal,
        from: UInt64,
        to: UInt64,
        withJournal: Bool = false,
        where isWanted: (FrameID, FrameHeader.Flags) -> Bool = { _, _ in true }
    ) -> [(file: File, offset: Int)] {
        // A slot's frame is made when its window closes, or when a crashed window is recovered: never before.
        let earliest = ClusterTime(nanoseconds: from)
        let (sealed, open) = self.snapshot()
        var result: [(file: File, offset: Int)] = []
        func fits(_ header: FrameHeader) -> Bool {
            header.signal == signal && header.created >= earliest
                && (withJournal || !header.flags.contains(.journal)) && isWanted(header.id, header.flags)
        }
        for segment in sealed where segment.created.upperBound >= earliest {
            for frame in segment.frames
            where frame.signal == signal && frame.created >= earliest
                && (withJournal || !frame.flags.contains(.journal)) && isWanted(frame.id, frame.flags)
            {
                result.append((segment.file, frame.offset))
            }
        }
        for segment in open {
            // The tail first: a frame that moves into the index in between is then found twice, and counts once.
            let tail = segment.state.withLock { state in
                state.unindexed[state.firstUnindexed...].filter { fits($0.frame.header) }.map(\.offset)
            }
            let indexed = segment.index.withLock { index in
                index.frames.filter { fits($0.header) }.map(\.offset)
            }
            for offset in Set(indexed + tail).sorted() { result.append((segment.file, offset)) }
        }
        return result
    }
}
