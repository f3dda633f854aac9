internal import Logging
internal import Synchronization
internal import Telemetry

extension Spool {
    /// Writes everything queued, waits for the disk once, and answers; runs on the writer thread.
    func commit() {
        let batch = self.state.withLock { state in
            defer {
                state.queue.removeAll()
                state.isCommitScheduled = false
            }
            return state.queue
        }
        if self.options.durability == .always {
            for append in batch { self.write([append]) }
            return
        }
        // Gathered frames are a commit of their own: what does not fit must not take what clients wait for with it.
        let new = batch.filter { $0.covered == nil }
        if !new.isEmpty { self.write(new) }
        for append in batch where append.covered != nil { self.write([append]) }
    }

    private func write(_ batch: [SpoolState.Append]) {
        if self.options.dropsOldest { self.makeRoom() }
        let stale = self.state.withLock { $0.takeStale(batch) }
        guard stale.isEmpty else {
            let failure = StorageFailure(
                .stale,
                "what was gathered is not held any more, or not all of it came"
            )
            for append in stale { append.done(failure) }
            return
        }
        let (new, known) = self.state.withLock { $0.unknown(in: batch) }
        let active: SpoolState.Active
        do {
            active = try self.activeSegment()
            try self.write(new, to: active)
        } catch { return self.fail(batch, error) }
        let (published, handler, partsHandler) = self.state.withLock { state in
            let published = state.publish(batch, new: new, known: known, in: active.id, at: self.now())
            state.counters.commits += 1
            state.counters.committedBytes += UInt64(new.reduce(0) { $0 + $1.bytes.count })
            let isLong = (state.segments.last?.byteCount ?? 0) >= self.options.segmentBytesLimit
            if isLong { state.active = nil }
            if batch.contains(where: { $0.covered != nil }) { self.scheduleConfirmations(&state) }
            return (published, state.handler, state.partsHandler)
        }
        if !published.frames.isEmpty { handler?(published.frames) }
        if !published.parts.isEmpty { partsHandler?(published.parts) }
        for append in batch { append.done(nil) }
    }

    /// Writes frames behind the last whole one and waits for the disk; what was partly written is cut off.
    private func write(_ frames: [SealedFrame], to active: SpoolState.Active) throws(StorageFailure) {
        guard !frames.isEmpty else { return }
        let start = self.state.withLock { state in
            state.index(of: active.id).map { state.segments[$0].end }
        }
        guard let start else { return }
        var end = start
        do throws(StorageFailure) {
            for frame in frames {
                try active.file.write(frame.bytes, at: end)
                end += frame.bytes.count
            }
        } catch {
            let isCut = (try? active.file.truncate(to: start)) != nil
            // Whole frames of a refused batch would otherwise stand behind the next one and be found again.
            if !isCut { self.state.withLock { $0.active = nil } }
            throw error
        }
        guard self.options.durability != .os else { return }
        do throws(StorageFailure) { try active.file.synchronise() } catch {
            // After a failed fsync the kernel may have dropped the pages: the file is not to be trusted or
            // synchronised again. What it held before is durable; this batch is refused; a new file follows.
            try? active.file.truncate(to: start)
            self.state.withLock { $0.active = nil }
            throw error
        }
    }

    private func fail(_ batch: [SpoolState.Append], _ failure: StorageFailure) {
        self.logger.error("a commit failed; its senders were told", metadata: ["reason": "\(failure)"])
        self.state.withLock { state in
            state.fail(batch)
            state.counters.failedCommits += 1
            state.counters.lastTrouble = self.now()
            if failure.code == .diskFull { state.isDiskLow = true }
        }
        for append in batch { append.done(failure) }
    }

    /// Drops the oldest files until what is queued fits.
    private func makeRoom() {
        var (segments, frames) = ([UInt64](), 0)
        while true {
            let taken = self.state.withLock { state in
                state.fits(bytes: 0, frames: 0, self.options) ? nil : state.takeOldest()
            }
            guard let taken else { break }
            segments.append(taken.segment.id)
            frames += taken.frames
        }
        self.removeFiles(segments)
        guard frames > 0 else { return }
        self.logger.error(
            "the spool is full; its oldest frames were dropped",
            metadata: ["frames": "\(frames)", "limit_bytes": "\(self.options.bytesMax)"]
        )
    }
}
