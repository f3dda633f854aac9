internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Origins of which clashes are told apart in the log.
    private static let clashingRunsMax = 1024
    /// Chunks of a frame that are looked for at most: some may have been purged or thinned away.
    private static let chunksAsked = 8

    /// Decides for each frame whether it is new, and notes the new ones; runs on the writer thread.
    func judge(_ batch: [Append]) -> Commit {
        var commit = Commit()
        for append in batch {
            var request = Commit.Request(done: append.done)
            request.lines.reserveCapacity(append.arrivals.count)
            for arrival in append.arrivals {
                self.takeBack(arrival.frame.frame)
                let line =
                    arrival.kind == .repair
                    ? self.judgeRepair(arrival, in: commit) : self.judge(arrival, in: commit)
                commit.note(line)
                request.lines.append(line)
            }
            commit.requests.append(request)
        }
        return commit
    }

    private func judge(_ arrival: Arrival, in commit: Commit) -> Commit.Line {
        let header = arrival.frame.header
        var line = Commit.Line(arrival: arrival, verdict: .new, frame: arrival.frame)
        var answer = self.known.withLock { known in
            arrival.kind == .fresh ? .new : known.answer(header)
        }
        // Two frames of one name may both be on the disk, of which memory has the later.
        var lacking: [Int] = []
        if answer != .new, answer != .known {
            (answer, lacking) = self.lookUp(arrival.frame, answer, in: commit)
        }
        switch answer {
        case .partial:
            // Its other chunks are here: only these are written, so that none is here twice.
            self.known.withLock { $0.insert(header) }
            line.frame = self.part(of: arrival.frame, lacking) ?? arrival.frame
        case .new, .earlier, .forgotten:
            self.known.withLock { $0.insert(header) }
            if let kept = self.unpurged(arrival.frame.frame), !header.flags.contains(.journal) {
                guard !kept.isEmpty, let part = self.part(of: arrival.frame, kept) else {
                    line.verdict = .known
                    return line
                }
                line.frame = part
            }
        case .known: line.verdict = .known
        case .clash:
            self.known.withLock { $0.insertRenamed(header) }
            let renamed = arrival.frame.renamed(arrival.frame.clashName)
            let lacking = self.lacking(of: renamed, in: commit)
            guard !lacking.isEmpty, let part = self.part(of: renamed, lacking) else {
                line.verdict = .known
                return line
            }
            line.verdict = .renamed
            line.frame = part
            self.noteClash(header)
        }
        return line
    }

    private func noteClash(_ header: FrameHeader) {
        let isNew = self.state.withLock { state in
            state.counters.clashes += 1
            guard state.clashingRuns.count < Self.clashingRunsMax else { return false }
            return state.clashingRuns.insert(header.id.run).inserted
        }
        guard isNew else { return }
        self.logger.error(
            "two frames of one name differ; is a data directory in use twice? Both are kept",
            metadata: ["run": "\(header.id.run.hex)", "sequence": "\(header.id.sequence)"]
        )
    }

    /// Looks for a frame in the segments of its time, whole or chunk by chunk.
    ///
    /// - Parameters:
    ///   - frame: What is looked for.
    ///   - first: What memory says of it.
    ///   - commit: What is written together with it.
    /// - Returns: New, known, clash or partial; then the numbers of the chunks that are not here.
    private func lookUp(
        _ frame: SealedFrame,
        _ first: KnownFrames.Answer,
        in commit: Commit
    ) -> (KnownFrames.Answer, lacking: [Int]) {
        if first != .partial {
            let answer = self.lookUpWhole(frame, first)
            // What is here may be but a part of it, which repair brought; old ones may have been thinned or rolled up.
            guard answer != .clash, self.mayBePartial(frame.header) else { return (answer, []) }
        }
        let lacking = self.lacking(of: frame, in: commit)
        if lacking.isEmpty { return (.known, []) }
        // Of a new frame too what was purged is left out.
        return lacking.count == frame.frame.entries.count ? (.new, []) : (.partial, lacking)
    }

    /// The numbers of a frame's chunks that are neither on the disk nor in a commit.
    private func lacking(of frame: SealedFrame, in commit: Commit) -> [Int] {
        frame.frame.entries.indices.filter { index in
            let name = frame.frame.chunkName(ofEntry: index)
            return !self.isPurged(name) && !commit.chunks.contains(name) && !self.holds(name)
        }
    }

    /// Looks for a frame in the segments of its time.
    private func lookUpWhole(_ frame: SealedFrame, _ first: KnownFrames.Answer) -> KnownFrames.Answer {
        let (sealed, open) = self.snapshot()
        // Slots are neither purged by key nor thinned, and their keys are everywhere.
        let asked = frame.header.signal == .slots || frame.header.signal == .points ? 1 : Self.chunksAsked
        var answer = first == .clash ? first : .new
        for entry in frame.frame.entries.prefix(asked) {
            // What this process writes is in memory, unless it was forgotten.
            for segment in open where segment.isRecovered || first != .earlier {
                for place in segment.framePlaces(of: entry.key, named: frame.header.id) {
                    guard let found = self.compare(frame, entry, segment.file, place) else { continue }
                    if found == .known { return found }
                    answer = found
                }
            }
            for segment in sealed where segment.mayHold(made: frame.header.created) {
                for line in segment.frameLines(of: entry.key) where line.mayHold(frame.header) {
                    let place = FramePlace(offset: line.offset, isMerged: line.flags.contains(.merged))
                    guard let found = self.compare(frame, entry, segment.file, place) else { continue }
                    if found == .known { return found }
                    answer = found
                }
            }
        }
        return answer
    }

    /// Compares a frame with one that may be it, or that it may have been merged into; nil where neither is so.
    private func compare(
        _ frame: SealedFrame,
        _ entry: ChunkEntry,
        _ file: File,
        _ place: FramePlace
    ) -> KnownFrames.Answer? {
        var answer: KnownFrames.Answer?
        var damaged = 0
        if !place.isMerged, let header = place.header {
            guard header.id == frame.header.id else { return nil }
            return header.contentChecksum == frame.header.contentChecksum ? .known : .clash
        }
        self.withFrame(file, place.offset, &damaged) { other, _ in
            guard place.isMerged else {
                guard other.header.id == frame.header.id else { return }
                answer = other.header.contentChecksum == frame.header.contentChecksum ? .known : .clash
                return
            }
            let entries = other.entries(of: entry.key)
            for (index, merged) in zip(entries.indices, entries)
            where other.origin(ofEntry: index).frame == frame.header.id {
                let isSame =
                    frame.header.signal == .slots
                    || merged.itemCount == entry.itemCount && merged.errorCount == entry.errorCount
                        && merged.firstStart == entry.firstStart && merged.lastEnd == entry.lastEnd
                answer = isSame && other.header.signal == frame.header.signal ? .known : .clash
            }
        }
        return answer
    }
}

/// Where a frame stands that may be one that is looked for.
struct FramePlace {
    var offset: Int
    var isMerged: Bool
    /// Where it is in memory.
    var header: FrameHeader?
}

extension FrameLine {
    /// Whether this is the frame of a header, or a merged one that may hold its chunks.
    fileprivate func mayHold(_ header: FrameHeader) -> Bool {
        self.flags.contains(.merged) ? self.mayHold(made: header.created) : self.id == header.id
    }

    /// Whether chunks that were made at a time may be in it; journal frames hold none that count.
    func mayHold(made created: ClusterTime) -> Bool {
        // Merging keeps milliseconds.
        let time = created.nanoseconds / 1_000_000
        return !self.flags.contains(.journal) && self.oldest.nanoseconds / 1_000_000 <= time
            && time <= self.created.nanoseconds / 1_000_000
    }
}

extension SegmentStore {
    /// The bytes of a frame as it was made.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - key: That of its first chunk.
    /// - Returns: The whole frame; nil where it is not here any more, or was merged.
    /// - Throws: Where it is here and cannot be read for now.
    @concurrent package func frameBytes(
        _ id: FrameID,
        holding key: Key
    ) async throws(StorageFailure) -> [UInt8]? {
        let (sealed, open) = self.snapshot()
        for segment in open {
            for place in segment.framePlaces(of: key, named: id) where place.header?.id == id {
                guard let header = place.header else { continue }
                return try segment.file.read(at: place.offset, count: header.frameBytes)
            }
        }
        for segment in sealed {
            for line in segment.frameLines(of: key) where line.id == id && !line.flags.contains(.merged) {
                let head = try segment.file.read(at: line.offset, count: FrameHeader.byteCount)
                guard let bytes = Self.frameBytes(head) else { continue }
                return try segment.file.read(at: line.offset, count: bytes)
            }
        }
        return nil
    }

    private static func frameBytes(_ head: [UInt8]) -> Int? {
        var reader = WireReader(head.raw)
        do throws(FrameFailure) { return try FrameHeader(from: &reader).frameBytes } catch { return nil }
    }
}
