internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Writes everything queued, waits for the disk once, and answers. Runs on the writer thread.
    func commit() {
        let (batch, active) = self.state.withLock { state in
            defer {
                state.queue.removeAll()
                state.queuedBytes = 0
                state.isCommitScheduled = false
            }
            return (state.queue, state.active)
        }
        guard !batch.isEmpty else { return }
        guard let active else { return self.fail(batch, StorageFailure(.closed, "there is no open log")) }
        if self.options.durability == .always {
            for append in batch { self.write([append], to: self.state.withLock { $0.active } ?? active) }
        } else {
            self.write(batch, to: active)
        }
    }

    private func write(_ batch: [Append], to segment: OpenSegment) {
        let start = segment.state.withLock { $0.end }
        var end = start
        var frames: [OpenSegment.Pending] = []
        do {
            for append in batch {
                for frame in append.frames {
                    try segment.file.write(frame.bytes, at: end)
                    frames.append(OpenSegment.Pending(frame: frame.frame, offset: end))
                    end += frame.bytes.count
                }
            }
        } catch {
            // What was partly written is cut off, so that later frames follow the last whole one.
            try? segment.file.truncate(to: start)
            return self.fail(batch, error)
        }
        if self.options.durability != .os {
            do { try segment.file.synchronise() } catch {
                // After a failed fsync the kernel may have dropped the pages: the file is not to be trusted or
                // synchronised again. What it held before is durable; this batch is refused; a new file follows.
                try? segment.file.truncate(to: start)
                self.fail(batch, error)
                return self.rotate()
            }
        }
        segment.publish(frames, end: end)
        self.state.withLock { state in
            state.counters.commits += 1
            state.counters.committedBytes += UInt64(end - start)
            for pending in frames {
                let count = UInt64(pending.frame.header.itemCount)
                state.accounts[pending.frame.header.signal, default: StoreAccount()].held -= count
                state.accounts[pending.frame.header.signal, default: StoreAccount()].out += count
            }
        }
        for append in batch { append.done(nil) }
        self.indexer.enqueue { [self] in self.index(segment) }
        if end >= self.options.segmentBytesMax { self.rotate() }
    }

    private func fail(_ batch: [Append], _ failure: StorageFailure) {
        self.logger.error("a commit failed; its senders were told", metadata: ["reason": "\(failure)"])
        self.state.withLock { state in
            state.counters.failedCommits += 1
            if failure.code == .diskFull { state.isDiskLow = true }
            for frame in batch.flatMap(\.frames) {
                let count = UInt64(frame.header.itemCount)
                state.accounts[frame.header.signal, default: StoreAccount()].held -= count
                state.accounts[frame.header.signal, default: StoreAccount()].writeFailed += count
            }
        }
        for append in batch { append.done(failure) }
    }

    /// Starts a new log and hands the old one to the indexer for sealing. Runs on the writer thread.
    func rotate() {
        let isClosed = self.state.withLock { $0.isClosed }
        let old = self.state.withLock { $0.active }
        guard let old, isClosed || old.state.withLock({ $0.end }) > SegmentHeader.byteCount else { return }
        var next: OpenSegment?
        if !isClosed {
            do { next = try self.makeSegment() } catch {
                self.logger.error("no new log could be opened", metadata: ["reason": "\(error)"])
                return
            }
        }
        self.state.withLock { state in
            state.active = next
            state.closing.append(old)
        }
        self.indexer.enqueue { [self] in self.seal(old) }
    }

    /// Brings a segment's index up to date. Runs on the index thread.
    private func index(_ segment: OpenSegment) {
        let damaged = segment.catchUp()
        if damaged > 0 { self.state.withLock { $0.counters.damagedFrames += UInt64(damaged) } }
    }

    /// Writes a closed segment's index files and puts the sealed segment in its place. Runs on the index thread.
    func seal(_ segment: OpenSegment) {
        self.index(segment)
        let path = self.path(segment.id)
        let index = segment.index.withLock { $0 }
        do {
            if index.frames.isEmpty {
                try File.remove(path + ".seg")
                self.state.withLock { state in state.closing.removeAll { $0 === segment } }
                return
            }
            try segment.file.synchronise()
            try Self.writeIndex(index, path: path)
            let sealed = try SealedSegment(path: path, id: segment.id)
            self.state.withLock { state in
                state.closing.removeAll { $0 === segment }
                state.sealed.append(sealed)
                state.sealed.sort { $0.id < $1.id }
                state.counters.sealedSegments += 1
            }
        } catch {
            // It stays readable through its index in memory, and is sealed at the next start.
            self.logger.error("a segment could not be sealed", metadata: ["segment": "\(path)", "reason": "\(error)"])
        }
    }

    /// Writes key table and search index of a segment, whole or not at all.
    ///
    /// - Parameters:
    ///   - level: 0 as written, 1 an hour's, 2 a day's.
    ///   - replaces: Segments whose place this one takes; a start removes what is left of them.
    static func writeIndex(_ index: SegmentIndex, path: String, level: Int = 0, replaces: [UInt64] = []) throws {
        let keys = KeyTable.encode(zip(index.keys, index.frameOffsets).map { ($0, $1) })
        try File.remove(path + ".sqlite.tmp")
        try SearchDatabase.write(index, to: path + ".sqlite.tmp", level: level, replaces: replaces)
        try File(path + ".sqlite.tmp", flags: O_RDWR).synchronise()
        try File.move(path + ".sqlite.tmp", to: path + ".sqlite")
        try File.replace(path + ".keys", with: keys)
    }
}
