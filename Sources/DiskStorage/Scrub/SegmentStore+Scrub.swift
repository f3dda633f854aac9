internal import Foundation
internal import Logging
package import Storage
internal import Synchronization
internal import Telemetry

/// Reads everything stored again, slowly, so that damage is found while another node still holds what it hit.
extension SegmentStore {
    /// A pass begins so long after the one before began, in nanoseconds; it takes longer where there is much to read.
    private static let passInterval: UInt64 = 86_400_000_000_000
    private var scrubPath: String { self.directory.path + "/scrub" }

    /// Reads everything sealed again, now and as fast as the disk goes.
    ///
    /// - Returns: What was found.
    package func scrubAll() async -> ScrubCounts {
        await self.seal()
        let found = Mutex(ScrubCounts())
        await self.merger.run {
            let before = self.state.withLock { $0.counters.scrub }
            for segment in self.state.withLock({ $0.sealed }) where !self.state.withLock({ $0.isEnding }) {
                _ = self.scrub(segment, from: 0, credit: .max)
            }
            self.notePass(at: self.now())
            let after = self.state.withLock { $0.counters.scrub }
            found.withLock { $0 = after - before }
        }
        return found.withLock { $0 }
    }

    /// Reads as much again as is due by now, what readers complained of first; runs on the merge thread.
    func scrubDue() {
        let suspects = self.state.withLock { state in
            let sealed = state.sealed.filter { state.scrub.suspects.contains($0.file.path) }
            // Names of files that were merged since go too; those that are open still wait until they are sealed.
            let open = Set((state.closing + (state.active.map { [$0] } ?? [])).map(\.file.path))
            state.scrub.suspects.formIntersection(open)
            return sealed
        }
        for segment in suspects { _ = self.scrub(segment, from: 0, credit: .max) }
        let (rate, now) = (self.options.scrubBytesPerSecond, self.now())
        guard rate > 0 else { return }
        var scrub = self.state.withLock { $0.scrub }
        scrub.earn(bytesPerSecond: rate, at: now)
        let former = scrub
        while scrub.credit > 0, !self.state.withLock({ $0.isEnding }) {
            guard scrub.segment > 0 || self.beginPass(&scrub, at: now) else { break }
            guard let segment = self.nextSegment(from: scrub.segment) else {
                (scrub.segment, scrub.offset) = (0, 0)
                self.notePass(at: now)
                continue
            }
            let offset = segment.id == scrub.segment ? scrub.offset : 0
            let (next, bytes) = self.scrub(segment, from: offset, credit: scrub.credit)
            scrub.credit -= bytes
            (scrub.segment, scrub.offset) = next.map { (segment.id, $0) } ?? (segment.id + 1, 0)
        }
        let hasMoved = (former.segment, former.offset) != (scrub.segment, scrub.offset)
        self.state.withLock { state in
            scrub.suspects = state.scrub.suspects
            state.scrub = scrub
        }
        // Where it goes on after a restart may be some frames too early.
        if hasMoved { try? File.replace(self.scrubPath, with: Array(scrub.text.utf8)) }
    }

    /// Goes on where an earlier process was.
    func readScrub() {
        let data = FileManager.default.contents(atPath: self.scrubPath) ?? Data()
        var scrub = ScrubState(String(decoding: data.prefix(128), as: UTF8.self))
        // A clock that was ahead would put the next pass off for as long.
        scrub.began = scrub.began.map { min($0, self.now()) }
        self.state.withLock { $0.scrub = scrub }
    }

    /// A reader met bytes that are no frame: the segment is read again soon.
    func suspect(_ file: File) {
        self.state.withLock { state in
            if state.scrub.suspects.count < 1024 { state.scrub.suspects.insert(file.path) }
        }
    }

    private func nextSegment(from id: UInt64) -> SealedSegment? {
        self.state.withLock { $0.sealed.filter { $0.id >= id }.min { $0.id < $1.id } }
    }

    /// Begins a pass where there is something to read and the time has come.
    private func beginPass(_ scrub: inout ScrubState, at now: ClusterTime) -> Bool {
        let due = scrub.began.map { $0.nanoseconds.saturatingAdd(Self.passInterval) } ?? 0
        guard now.nanoseconds >= due, self.state.withLock({ !$0.sealed.isEmpty }) else { return false }
        (scrub.segment, scrub.offset, scrub.began) = (1, 0, now)
        return true
    }

    private func notePass(at now: ClusterTime) {
        self.state.withLock { state in
            state.counters.scrub.passes += 1
            state.counters.scrub.endedAt = now
        }
    }

    /// Reads frames of a segment again; writes it anew where one is damaged.
    ///
    /// - Parameters:
    ///   - segment: One of the store's.
    ///   - offset: Where it begins.
    ///   - credit: It ends after so many bytes.
    /// - Returns: Where it goes on, nil at the end; and how much it read.
    private func scrub(_ segment: SealedSegment, from offset: Int, credit: Int) -> (next: Int?, bytes: Int) {
        var bytes = 0
        for (index, line) in segment.frames.enumerated() where line.offset >= offset {
            guard bytes < credit else { return (line.offset, bytes) }
            let next = index + 1 < segment.frames.count ? segment.frames[index + 1].offset : segment.bytes
            bytes += next - line.offset
            self.state.withLock { $0.counters.scrub.bytes += UInt64(max(next - line.offset, 0)) }
            do throws(StorageFailure) {
                guard try !segment.isSound(line, until: next) else { continue }
                self.mend(segment)
            } catch {
                // Where the disk gives its other bytes, those of this frame are lost like any that are damaged.
                if segment.isLost(line, until: next) {
                    self.mend(segment)
                } else {
                    self.noteScrubFailure(segment, "\(error)")
                }
            }
            return (nil, bytes)
        }
        return (nil, bytes)
    }

    /// Sets aside what is damaged of a segment, and takes it out of what counts.
    private func mend(_ segment: SealedSegment) {
        let damaged = segment.damagedLines()
        self.state.withLock { state in
            state.counters.scrub.damagedFrames += UInt64(damaged.count)
            state.counters.scrub.damagedChunks += damaged.reduce(0) { $0 + UInt64($1.chunkCount) }
            state.counters.scrub.damagedItems += damaged.reduce(0) { $0 + UInt64($1.itemCount) }
        }
        self.logger.error(
            "a scrub found damage; what it hit is set aside",
            metadata: [
                "segment": "\(segment.path)", "frames": "\(damaged.count)",
                "items": "\(damaged.reduce(0) { $0 + UInt64($1.itemCount) })",
            ]
        )
        // Nobody is told any more that these chunks are here: neither other nodes, nor whoever sends them again.
        try? segment.resurvey()
        self.known.withLock { $0.doubt(madeBefore: segment.created.upperBound) }
        var policy = SegmentMerger.Policy(now: self.now(), level: segment.facts.level)
        policy.rollup = self.options.rollup
        policy.tail.share = 1
        policy.lost = Set(damaged.map(\.offset))
        do {
            _ = try self.rewrite([segment], policy)
            self.state.withLock { $0.counters.scrub.mendedSegments += 1 }
        } catch {
            self.noteScrubFailure(segment, "\(error)")
        }
    }

    private func noteScrubFailure(_ segment: SealedSegment, _ reason: String) {
        self.state.withLock { state in
            state.counters.scrub.failures += 1
            state.counters.lastTrouble = self.now()
        }
        self.logger.error(
            "a segment could not be scrubbed",
            metadata: ["segment": "\(segment.path)", "reason": "\(reason)"]
        )
    }
}

extension SealedSegment {
    /// A disk is asked so often for bytes that it does not give.
    private static let attempts = 3

    /// Whether a frame is what the index and its own checksum say, as the disk has it now.
    ///
    /// - Throws: Where the disk could not be read: that says nothing about the frame.
    fileprivate func isSound(_ line: FrameLine, until end: Int) throws(StorageFailure) -> Bool {
        // Else it would be read from memory, as it was written.
        self.file.forgetCached(line.offset..<max(end, line.offset))
        let bytes = try self.file.read(at: line.offset, count: end - line.offset)
        do {
            let frame = try Frame(bytes.raw)
            _ = try frame.payload(bytes.raw)
            return frame.header.id == line.id && frame.header.itemCount == line.itemCount
        } catch FrameFailure.unknownVersion {
            // A later program wrote it: nothing says that it is damaged.
            return true
        } catch { return false }
    }

    /// Whether the disk fails to give a frame's bytes again and again, and gives others.
    fileprivate func isLost(_ line: FrameLine, until end: Int) -> Bool {
        for _ in 0..<Self.attempts where (try? self.isSound(line, until: end)) != nil { return false }
        self.file.forgetCached(0..<SegmentHeader.byteCount)
        return (try? self.file.read(at: 0, count: SegmentHeader.byteCount)) != nil
    }

    /// The frames that are damaged, or cannot be read.
    fileprivate func damagedLines() -> [FrameLine] {
        self.frames.enumerated().filter { index, line in
            let next = index + 1 < self.frames.count ? self.frames[index + 1].offset : self.bytes
            return (try? self.isSound(line, until: next)) != true
        }.map(\.element)
    }
}
