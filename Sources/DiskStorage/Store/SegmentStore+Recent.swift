internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// When the newest frame was made; zero where there is none.
    package var newest: ClusterTime {
        let (sealed, open) = self.snapshot()
        var newest = sealed.map(\.created.upperBound).max() ?? ClusterTime(nanoseconds: 0)
        for segment in open {
            let indexed = segment.index.withLock { $0.frames.last?.header.created }
            let tail = segment.state.withLock { $0.unindexed.last?.frame.header.created }
            newest = max(newest, indexed ?? newest, tail ?? newest)
        }
        return newest
    }

    /// Walks the frames of slots that were made at a time or later.
    package func forEachSlotFrame(since from: ClusterTime, _ body: (Frame, FramePayload) -> Void) {
        var damaged = 0
        for (file, offset) in self.framePlaces(.slots, from: from.nanoseconds, to: .max) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                body(frame, try frame.payload(bytes.raw))
            }
        }
    }

    /// Walks the frames of which some chunk was made at a time or later; journal frames too.
    ///
    /// Meant for the start, before anything new is appended: what an earlier process left of its open windows.
    ///
    /// - Parameters:
    ///   - from: When.
    ///   - signals: Of these.
    ///   - runs: Only frames of these origins, and merged ones, which may hold chunks of any; nil for all.
    ///   - body: Hears of journal copies before all else of their signal.
    package func forEachFrame(
        since from: ClusterTime,
        of signals: [Signal] = Signal.allCases,
        runs: Set<RunID>? = nil,
        _ body: (Frame, FramePayload) -> Void
    ) {
        var damaged = 0
        for signal in signals {
            for isJournalCopy in [true, false] {
                let places = self.framePlaces(signal, from: from.nanoseconds, to: .max, withJournal: true) {
                    $0.isJournalCopy($1) == isJournalCopy
                        && (runs?.contains($0.run) ?? true || $1.contains(.merged))
                }
                for (file, offset) in places {
                    self.withFrame(file, offset, &damaged) { frame, bytes in
                        body(frame, try frame.payload(bytes.raw))
                    }
                }
            }
        }
    }

    /// When the newest frame of each of some origins was made that is here as it was made, or as a journal copy.
    ///
    /// - Parameters:
    ///   - runs: The origins.
    ///   - isWanted: Frames of other names are passed over.
    /// - Returns: The times; an origin that has no frame here is left out.
    package func newest(
        of runs: Set<RunID>,
        where isWanted: (FrameID) -> Bool = { _ in true }
    ) -> [RunID: ClusterTime] {
        let (sealed, open) = self.snapshot()
        var newest: [RunID: ClusterTime] = [:]
        func note(_ id: FrameID, _ created: ClusterTime) {
            guard runs.contains(id.run), isWanted(id) else { return }
            newest[id.run] = max(newest[id.run] ?? created, created)
        }
        for line in sealed.lazy.flatMap(\.frames) { note(line.id, line.created) }
        for segment in open {
            let tail = segment.state.withLock { state in
                state.unindexed[state.firstUnindexed...].map(\.frame.header)
            }
            let indexed = segment.index.withLock { $0.frames.map(\.header) }
            for header in tail + indexed { note(header.id, header.created) }
        }
        return newest
    }

    /// The journal copies of slots of some origins that were made at a time or later, each once, by their names.
    ///
    /// Meant for the start, before anything new is appended.
    package func journaledSlots(of runs: Set<RunID>, since from: ClusterTime) -> [SealedFrame] {
        var damaged = 0
        var frames: [SealedFrame] = []
        let places = self.framePlaces(.slots, from: from.nanoseconds, to: .max, withJournal: true) {
            $0.isJournalCopy($1) && runs.contains($0.run)
        }
        for (file, offset) in places {
            self.withFrame(file, offset, &damaged) { _, bytes in
                frames.append(try SealedFrame(checking: bytes))
            }
        }
        // A start that brings them again writes them again.
        var names: Set<FrameID> = []
        return frames.filter { names.insert($0.header.id).inserted }.sorted { $0.header.id < $1.header.id }
    }
}
