internal import DiskStorage
internal import Dispatch
internal import Logging
internal import NIOCore
internal import Pipeline
internal import Synchronization
internal import Telemetry

/// Gathers the spool's parts into frames that travel, on a thread of its own.
///
/// What waits is known by name: bytes are read when their turn comes, mostly from the spool's memory, and the next ones only
/// once the last gathering is on the disk. So memory is bounded by ``Pipeline/Gatherer/Limits``, whatever the disk does.
/// May be called from any thread.
final class PartGathering: Sendable {
    private let spool: Spool
    private let timers: any EventLoop
    private let started = ContinuousClock.now
    private let logger: Logger
    private let worker = WorkerThread("neoscope-gather")
    /// Used by the worker alone.
    private let gatherer: Mutex<Gatherer>
    private let groups = Mutex(PartitionGroups.one)
    private let isTimerSet = Mutex(false)

    /// Gathers nothing yet.
    ///
    /// - Parameters:
    ///   - spool: Whose parts they are.
    ///   - gatherer: Empty; its run is nobody else's.
    ///   - timers: Wakes the worker at deadlines, and does no work.
    ///   - logger: Hears of what cannot be gathered.
    init(
        spool: Spool,
        gatherer: consuming sending Gatherer,
        timers: any EventLoop,
        logger: Logger
    ) {
        self.spool = spool
        self.gatherer = Mutex(gatherer)
        self.timers = timers
        self.logger = logger
    }

    deinit { self.worker.stop() }

    /// From now on, chunks of different groups travel in different frames.
    func setGroups(_ groups: PartitionGroups) { self.groups.withLock { $0 = groups } }

    /// Takes parts that the spool holds; returns at once.
    func note(_ parts: [SpoolEntry]) {
        let isTaken = self.worker.enqueue { [self] in
            for part in parts { self.take(part) }
            self.setTimer()
        }
        if !isTaken { self.spool.publish(parts: parts.map(\.id)) }
    }

    /// Gathers everything that was noted, and comes back when it is on the disk; later parts are sent as they are.
    func finish() async {
        await self.worker.run { [self] in
            if let rest = self.gatherer.withLock({ $0.finish() }) { self.write(rest) }
        }
        self.worker.stop()
    }

    // MARK: - On the worker

    /// Since this was made.
    private var now: Duration { self.started.duration(to: .now) }

    private func take(_ part: SpoolEntry) {
        do {
            // Nil where it was let go meanwhile.
            guard let bytes = try self.spool.bytes(of: part) else { return }
            let frame = try Frame(bytes.raw)
            let payload = try frame.payload(bytes.raw)
            let groups = self.groups.withLock { $0 }
            let complete = try self.gatherer.withLock { gatherer in
                gatherer.groups = groups
                return try gatherer.add(frame, payload, at: self.now)
            }
            for gathering in complete { self.write(gathering) }
        } catch {
            self.logger.warning(
                "a frame cannot be gathered with others, and is sent as it is",
                metadata: ["frame": "\(part.id)", "reason": "\(error)"]
            )
            self.spool.publish(parts: [part.id])
        }
    }

    /// Writes a gathering and waits for the disk.
    private func write(_ gathering: Gatherer.Gathering) {
        let isWritten = DispatchSemaphore(value: 0)
        self.spool.append(gathered: gathering.frames, covering: gathering.parts) { [spool] failure in
            // The next start sends them, where this one is over.
            if let failure, failure.code != .closed { spool.publish(parts: gathering.parts) }
            isWritten.signal()
        }
        isWritten.wait()
    }

    private func setTimer() {
        guard let deadline = self.gatherer.withLock({ $0.deadline }),
            self.isTimerSet.withLock({ isSet in
                defer { isSet = true }
                return !isSet
            })
        else { return }
        let wait = TimeAmount(max(deadline - self.now, .zero))
        self.timers.scheduleTask(in: wait + .milliseconds(1)) { [weak self] in self?.wake() }
    }

    private func wake() {
        self.worker.enqueue { [self] in
            self.isTimerSet.withLock { $0 = false }
            if let due = self.gatherer.withLock({ $0.tick(at: self.now) }) { self.write(due) }
            self.setTimer()
        }
    }
}
