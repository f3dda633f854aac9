internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Writes everything queued, waits for the disk once, and answers; runs on the writer thread.
    func commit() {
        let batch = self.state.withLock { state in
            defer {
                state.queue.removeAll()
                state.queuedBytes = 0
                state.isCommitScheduled = false
            }
            return state.queue
        }
        guard !batch.isEmpty else { return }
        if self.options.durability == .always {
            for append in batch { self.write(self.judge([append])) }
        } else {
            self.write(self.judge(batch))
        }
    }

    /// The log that is written to; a new one where the last attempt to open one failed.
    private func activeSegment() throws(StorageFailure) -> OpenSegment {
        let (active, isClosed) = self.state.withLock { ($0.active, $0.isClosed) }
        if let active { return active }
        // A closing store has sealed its log, or is about to: what came later would not be in the index.
        guard !isClosed else { throw StorageFailure(.closed, "the store is shutting down") }
        let next = try self.makeSegment()
        self.state.withLock { $0.active = next }
        return next
    }

    private func write(_ commit: Commit) {
        guard !commit.isEmpty else { return self.settle(commit) }
        let segment: OpenSegment
        do { segment = try self.activeSegment() } catch { return self.fail(commit, error) }
        let start = segment.state.withLock { $0.end }
        var end = start
        var frames: [OpenSegment.Pending] = []
        do {
            for request in commit.requests {
                for line in request.lines where line.verdict != .known {
                    try segment.file.write(line.frame.bytes, at: end)
                    frames.append(OpenSegment.Pending(frame: line.frame.frame, offset: end))
                    end += line.frame.bytes.count
                }
            }
        } catch {
            // What was partly written is cut off, so that later frames follow the last whole one.
            let isCut = (try? segment.file.truncate(to: start)) != nil
            self.fail(commit, error)
            // Whole frames of a refused batch would otherwise stand behind the next one and be found again.
            if !isCut { self.rotate(isDamaged: true) }
            return
        }
        if self.options.durability != .os {
            do { try segment.file.synchronise() } catch {
                // After a failed fsync the kernel may have dropped the pages: the file is not to be trusted or
                // synchronised again. What it held before is durable; this batch is refused; a new file follows.
                try? segment.file.truncate(to: start)
                self.fail(commit, error)
                return self.rotate(isDamaged: true)
            }
        }
        segment.publish(frames, end: end)
        self.state.withLock { state in
            state.counters.commits += 1
            state.counters.committedBytes += UInt64(end - start)
        }
        // Before the answers, so that whoever searches after one finds the index thread busy with it.
        self.indexer.enqueue { [self] in self.index(segment) }
        self.settle(commit)
        if end >= self.options.segmentBytesMax { self.rotate() }
    }

    private func fail(_ commit: Commit, _ failure: StorageFailure) {
        self.logger.error("a commit failed; its senders were told", metadata: ["reason": "\(failure)"])
        self.state.withLock { state in
            state.counters.failedCommits += 1
            state.counters.lastTrouble = self.now()
            if failure.code == .diskFull { state.isDiskLow = true }
        }
        self.settle(commit, failure)
    }

    /// Counts what became of a commit's frames, and answers.
    ///
    /// - Parameters:
    ///   - commit: What was to be written.
    ///   - failure: nil where the disk took it.
    private func settle(_ commit: Commit, _ failure: StorageFailure? = nil) {
        var refused: Set<FrameID> = []
        if failure != nil {
            self.known.withLock { known in
                for line in commit.requests.lazy.flatMap(\.lines) where line.verdict != .known {
                    refused.insert(line.arrival.frame.header.id)
                    known.remove(line.arrival.frame.header)
                    // A frame whose chunks all stood in one that came by repair was taken for known.
                    let frame = line.frame.frame
                    guard frame.header.flags.contains(.merged) else { continue }
                    refused.formUnion(frame.entries.indices.lazy.map { frame.origin(ofEntry: $0).frame })
                }
            }
        }
        let outcomes = commit.requests.map { request in
            request.lines.map { commit.outcome($0, failure, refused: refused) }
        }
        self.state.withLock { state in
            for (request, outcomes) in zip(commit.requests, outcomes) {
                for (line, outcome) in zip(request.lines, outcomes) {
                    state.accounts[line.arrival.frame.header.signal, default: StoreAccount()]
                        .settle(line.arrival, outcome)
                }
            }
        }
        for (request, outcomes) in zip(commit.requests, outcomes) { request.done(outcomes) }
    }

    /// Starts a new log and hands the old one to the indexer for sealing; runs on the writer thread.
    ///
    /// - Parameter isDamaged: Whether the old log is not to be trusted any more: it is given up even where no new
    ///   one can be opened, and never synchronised again.
    func rotate(isDamaged: Bool = false) {
        let (old, isClosed) = self.state.withLock { ($0.active, $0.isClosed) }
        guard let old else { return }
        let isEmpty = old.state.withLock { state in
            state.isDamaged = state.isDamaged || isDamaged
            return state.end <= SegmentHeader.byteCount
        }
        guard isClosed || isDamaged || !isEmpty else { return }
        var next: OpenSegment?
        if !isClosed {
            do { next = try self.makeSegment() } catch {
                self.logger.error("no new log could be opened", metadata: ["reason": "\(error)"])
                // A sound log goes on beyond its size; the next commit tries again to replace a damaged one.
                guard isDamaged else { return }
            }
        }
        self.state.withLock { state in
            state.active = next
            state.closing.append(old)
        }
        self.indexer.enqueue { [self] in self.seal(old) }
    }

    /// Brings a segment's index up to date; runs on the index thread.
    private func index(_ segment: OpenSegment) {
        let damaged = segment.catchUp()
        guard damaged > 0 else { return }
        self.state.withLock { state in
            state.counters.damagedFrames += UInt64(damaged)
            state.counters.lastTrouble = self.now()
        }
    }

    /// Writes a closed segment's index files and puts the sealed segment in its place; runs on the index thread.
    func seal(_ segment: OpenSegment) {
        // A job of maintenance may have come first.
        guard self.state.withLock({ $0.closing.contains { $0 === segment } }) else { return }
        self.index(segment)
        let path = self.path(segment.id)
        let index = segment.index.withLock { $0 }
        do {
            if index.frames.isEmpty {
                try File.remove(path + ".seg")
                self.state.withLock { state in state.closing.removeAll { $0 === segment } }
                return
            }
            try self.synchroniseOnce(segment)
            try Self.writeIndex(index, path: path, facts: segment.facts)
            let sealed = try SealedSegment(path: path, id: segment.id)
            self.state.withLock { state in
                state.closing.removeAll { $0 === segment }
                state.insert(sealed)
                state.counters.sealedSegments += 1
            }
        } catch {
            // It stays readable through its index in memory; maintenance tries again.
            self.logger.error(
                "a segment could not be sealed",
                metadata: ["segment": "\(path)", "reason": "\(error)"]
            )
        }
    }

    /// Tries again what failed before, on a full disk for one; runs on the index thread.
    func sealLeftOver() {
        for segment in self.state.withLock({ $0.closing }) { self.seal(segment) }
    }

    /// Synchronises a log before its index says that it is whole; a failure is not tried again, for the kernel may
    /// have dropped what it could not write.
    private func synchroniseOnce(_ segment: OpenSegment) throws(StorageFailure) {
        guard !segment.state.withLock({ $0.isDamaged }) else { return }
        do { try segment.file.synchronise() } catch {
            segment.state.withLock { $0.isDamaged = true }
            throw error
        }
    }

    /// Writes key table and search index of a segment, whole or not at all.
    static func writeIndex(_ index: SegmentIndex, path: String, facts: SegmentFacts) throws {
        try File.remove(path + ".sqlite.tmp")
        try SearchDatabase.write(index, to: path + ".sqlite.tmp", facts: facts)
        let search = try File(path + ".sqlite.tmp", flags: O_RDWR)
        try search.synchronise()
        let checksum = try MappedFile(search).withBytes { ContentHash.hash64($0) }
        try File.move(path + ".sqlite.tmp", to: path + ".sqlite")
        let entries = zip(index.keys, index.frameOffsets).map { (key: $0, frameOffset: $1) }
        try File.replace(path + ".keys", with: KeyTable.encode(entries, searchChecksum: checksum))
    }
}
