internal import Logging
internal import Synchronization
internal import Telemetry

extension Spool {
    /// What has to be done once a second: drops what is too old, deletes finished files, looks at the disk.
    ///
    /// Comes back when it is done, behind the commits that are queued. What earlier processes left of their open
    /// windows must be read (``forEachFrame(since:_:)``) and their slots appended within a minute of the start.
    package func maintain() async {
        await self.writer.run {
            self.expire()
            self.writeConfirmations()
            self.synchroniseConfirmations()
            let finished = self.state.withLock { $0.takeFinished(at: self.now(), started: self.started) }
            self.removeFiles(finished.map(\.id))
            self.refreshDiskSpace()
        }
    }

    /// Looks at the disk behind everything that is queued for it; where the disk hangs, the job is never done.
    ///
    /// - Parameter job: Done afterwards, on the writer thread; dropped once the spool is closed.
    package func touch(_ job: @escaping @Sendable () -> Void) {
        self.writer.enqueue { [self] in
            _ = self.directory.space()
            job()
        }
    }

    /// Moves cluster time: what is held becomes neither older nor younger by it.
    ///
    /// - Parameters:
    ///   - nanoseconds: How far, back where negative.
    ///   - move: Moves it; gives whether it did.
    package func moveClock(by nanoseconds: Int64, _ move: () -> Bool) {
        self.state.withLock { if move() { $0.moveClock(by: nanoseconds) } }
    }

    private func expire() {
        let count = self.state.withLock { state in
            // Under the lock: cluster time moves under it too.
            let now = self.now().nanoseconds
            return state.expire(
                before: ClusterTime(nanoseconds: now - min(now, self.options.ageMaxNanoseconds))
            )
        }
        guard count > 0 else { return }
        self.logger.error(
            "frames were dropped that no collector confirmed in time",
            metadata: ["frames": "\(count)", "age_max": "\(self.options.ageMax)"]
        )
    }

    /// Deletes the files of segments that are out of the list; runs on the writer thread.
    ///
    /// Confirmations go last, so that a crash between does not bring confirmed frames back.
    func removeFiles(_ segments: [UInt64]) {
        for segment in segments {
            do throws(StorageFailure) {
                for suffix in [".spl", ".ack"] { try File.remove(self.path(segment) + suffix) }
            } catch {
                self.logger.error(
                    "a file of the spool could not be removed",
                    metadata: ["reason": "\(error)"]
                )
            }
        }
    }

    /// Looks how full the disk is.
    func refreshDiskSpace() {
        let space = self.directory.space()
        let isLow = space.total > 0 && space.free < self.options.lowDiskBytes
        let isChanged = self.state.withLock { state in
            defer { state.isDiskLow = isLow }
            return state.isDiskLow != isLow
        }
        guard isChanged else { return }
        self.logger.warning(
            isLow ? "the disk is low; nothing is taken until space is freed" : "the disk has space again",
            metadata: ["free_bytes": "\(space.free)", "limit_bytes": "\(self.options.lowDiskBytes)"]
        )
    }
}
