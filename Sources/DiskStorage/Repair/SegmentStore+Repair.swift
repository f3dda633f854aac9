internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// Keeps chunks that other nodes hold; those that are here already are passed over.
    ///
    /// - Parameters:
    ///   - frame: A merged frame, as ``chunkFrames(of:bytesMax:)`` makes it; nothing of it is believed unchecked.
    ///   - asked: What is wanted of it; the rest is let go. nil: all of it.
    /// - Returns: What became of it, and the frame with what was wanted.
    /// - Throws: ``FrameFailure`` where the bytes are none, or hold nothing that is wanted.
    package func keepChunks(
        _ frame: [UInt8],
        of asked: Set<ChunkName>? = nil
    ) async throws -> (outcome: Arrival.Outcome, frame: SealedFrame) {
        let whole = try SealedFrame(repair: frame)
        let wanted = whole.frame.entries.indices.filter { index in
            asked?.contains(whole.frame.chunkName(ofEntry: index)) ?? true
        }
        guard !wanted.isEmpty, let part = self.part(of: whole, wanted) else {
            throw FrameFailure.damaged(atByte: 0)
        }
        return (await self.keep(part), part)
    }

    private func keep(_ sealed: SealedFrame) async -> Arrival.Outcome {
        await withCheckedContinuation { continuation in
            self.append([Arrival(sealed, .repair)]) { outcomes in
                continuation.resume(
                    returning: outcomes.first ?? .failed(StorageFailure(.closed, "no answer"))
                )
            }
        }
    }

    /// Decides which chunks of a merged frame are new; runs on the writer thread.
    func judgeRepair(_ arrival: Arrival, in commit: Commit) -> Commit.Line {
        var line = Commit.Line(arrival: arrival, verdict: .new, frame: arrival.frame)
        let frame = arrival.frame.frame
        let floor = UInt64(self.floorMinute)
        var judged: Set<ChunkName> = []
        let lacking = frame.entries.indices.filter { index in
            let name = frame.chunkName(ofEntry: index)
            return name.created.minute >= floor && !self.isPurged(name) && judged.insert(name).inserted
                && !commit.frames.contains(name.id.frame) && !commit.chunks.contains(name)
                && !self.holds(name)
        }
        guard !lacking.isEmpty, let part = self.part(of: arrival.frame, lacking) else {
            line.verdict = .known
            return line
        }
        line.frame = part
        self.known.withLock { known in
            for index in lacking {
                let origin = frame.origin(ofEntry: index)
                known.insertPartial(origin.frame, created: origin.created)
            }
        }
        return line
    }

    /// A merged frame of some chunks of a frame; nil where it cannot be opened.
    func part(of frame: SealedFrame, _ indices: [Int]) -> SealedFrame? {
        if indices.count == frame.frame.entries.count { return frame }
        guard let payload = try? frame.frame.payload(frame.bytes.raw) else { return nil }
        var builder = MergedFrameBuilder(signal: frame.header.signal)
        let chunks = indices.map { MergeChunk(frame.frame, entry: $0) }
        for chunk in chunks.sorted(by: MergeChunk.precedes) {
            do throws(WireFailure) { try builder.add(chunk, payload) } catch { return nil }
        }
        return builder.seal(frame.header.id, ZstdCompressor(level: 1))
    }

    /// Whether a frame is young enough that all its chunks must be here if one is.
    func mayBePartial(_ header: FrameHeader) -> Bool {
        guard !header.flags.contains(.journal) else { return false }
        let age = self.now().nanoseconds - min(header.created.nanoseconds, self.now().nanoseconds)
        if header.signal == .slots { return age < self.options.rollup.tenSecondsAge }
        return self.options.tail.keepsAll || age < self.options.tail.after
    }

    /// Whether a chunk is here, on the disk.
    func holds(_ name: ChunkName) -> Bool {
        let (sealed, open) = self.snapshot()
        var isHeld = false
        var damaged = 0
        func look(_ file: File, _ offset: Int) {
            self.withFrame(file, offset, &damaged) { frame, _ in
                guard !frame.header.flags.contains(.journal) else { return }
                let entries = frame.entries(of: name.id.key)
                isHeld = isHeld || entries.indices.contains { frame.chunkName(ofEntry: $0) == name }
            }
        }
        for segment in open {
            for place in segment.framePlaces(of: name.id.key, named: name.id.frame) {
                if !place.isMerged, place.header?.flags.contains(.journal) == false { return true }
                if place.isMerged { look(segment.file, place.offset) }
                if isHeld { return true }
            }
        }
        for segment in sealed where segment.mayHold(made: name.created) {
            for line in segment.frameLines(of: name.id.key) where line.mayHold(made: name.created) {
                let isMerged = line.flags.contains(.merged)
                guard isMerged || line.id == name.id.frame else { continue }
                // It may be damaged, which only the disk knows.
                look(segment.file, line.offset)
                if isHeld { return true }
            }
        }
        return false
    }
}

extension SealedFrame {
    /// Takes a merged frame that came from another node.
    ///
    /// - Throws: ``FrameFailure`` where the bytes are not one whole merged frame whose chunks can all be read.
    init(repair bytes: [UInt8]) throws(FrameFailure) {
        let frame = try Frame(bytes.raw)
        guard bytes.count == frame.header.frameBytes, !frame.entries.isEmpty,
            frame.header.flags.contains(.merged), !frame.header.flags.contains(.journal)
        else { throw .damaged(atByte: 0) }
        let payload = try frame.payload(bytes.raw)
        do throws(WireFailure) {
            for entry in frame.entries {
                try payload.forEachItem(of: entry) { _, _, _ throws(WireFailure) in }
            }
        } catch { throw .damaged(atByte: 0) }
        self.init(whole: bytes, frame)
    }
}
