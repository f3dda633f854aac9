package import NIOCore
package import Pipeline
package import Telemetry

/// One event loop's edge: stages what connections bring, cuts frames, and pays receipts when they are safe.
///
/// Everything must be called on the event loop. Frames are cut at the end of the loop's turn while
/// the sink is idle, else when it becomes idle or enough is staged: so requests that arrive together share one wait
/// for the disk, and a lone request never waits for a timer.
package final class EdgeDoor {
    private let loop: any EventLoop
    private let sink: any FrameSink
    private let now: @Sendable () -> ClusterTime
    private let stagedBytesMax: Int
    private var edge: Edge
    /// Receipts of requests whose items are staged and not yet cut.
    private var waiting: [HeldReceipt] = []
    private var isCutScheduled = false
    private var commitsInFlight = 0
    private var windowTimer: Scheduled<Void>?
    private var isFinished = false
    /// Hears that everything is safe; set while the door finishes.
    private var finished: (@Sendable () -> Void)?
    private let ledger: EdgeLedger
    /// Frames of earlier processes that nobody confirmed yet.
    private var recovering: Set<FrameID> = []
    /// Hears that there are none any more.
    private var recovered: (@Sendable () -> Void)?

    /// Opens the first window at once.
    ///
    /// - Parameters:
    ///   - loop: The event loop that owns the door.
    ///   - sink: Where frames become safe.
    ///   - options: What the edge may do.
    ///   - run: The origin of its frames.
    ///   - stagedBytesMax: Staged bytes at which a frame is cut without waiting.
    ///   - ledger: Where the accounts are told.
    ///   - now: Cluster time.
    package init(
        loop: any EventLoop,
        sink: any FrameSink,
        options: EdgeOptions,
        run: RunID,
        stagedBytesMax: Int,
        ledger: EdgeLedger,
        now: @escaping @Sendable () -> ClusterTime
    ) {
        self.loop = loop
        self.sink = sink
        self.now = now
        self.stagedBytesMax = stagedBytesMax
        self.ledger = ledger
        self.edge = Edge(options: options, run: run, at: now())
        self.scheduleWindow()
    }

    /// Takes a request; the receipt is paid when everything accepted is safe.
    ///
    /// - Returns: What was accepted and refused item by item; nil where the receipt was already rejected.
    package func receive(_ signal: Signal, _ bytes: RawSpan, _ receipt: consuming Receipt) -> Admission? {
        if let refusal = self.isFinished ? Self.closing : self.sink.refusal {
            receipt.reject(self.refuse(signal, refusal))
            return nil
        }
        let admission: Admission
        do throws(Refusal) {
            let now = self.now()
            switch signal {
            case .spans: admission = try self.edge.receiveTraces(bytes, at: now)
            case .logs: admission = try self.edge.receiveLogs(bytes, at: now)
            case .points, .slots: admission = try self.edge.receiveMetrics(bytes, at: now)
            }
        } catch {
            self.publish()
            receipt.reject(error)
            return nil
        }
        if admission.accepted == 0 {
            self.publish()
            receipt.accept()
            return admission
        }
        self.waiting.append(HeldReceipt(receipt))
        self.scheduleCut()
        return admission
    }

    /// Counts a request that was turned away before it could be scanned.
    package func refuse(_ signal: Signal, _ refusal: Refusal) -> Refusal {
        self.edge.refuse(signal, refusal)
        self.publish()
        return refusal
    }

    /// Adds measurements of the host or of the program itself to the open window.
    package func add(_ values: [(series: Series, value: SlotValue)]) {
        // The last window is closed: nothing would ever carry them.
        guard !self.isFinished else { return }
        let now = self.now()
        for (series, value) in values { self.edge.add(series, value, at: now) }
    }

    /// From now on, chunks of different groups travel in different frames.
    package func setGroups(_ groups: PartitionGroups) { self.edge.groups = groups }

    /// Brings what earlier processes could not bring to its end.
    ///
    /// - Parameters:
    ///   - frames: Of slots, as they were made.
    ///   - slots: That were not made, by their origin.
    ///   - recovered: Called once all of it is confirmed, or will never be taken; not where memory for it ran out.
    package func recover(
        _ frames: [SealedFrame],
        _ slots: [(run: RunID, slots: [Slot])],
        recovered: @escaping @Sendable () -> Void = {}
    ) {
        self.recovering.formUnion(self.edge.resend(frames))
        for (run, slots) in slots {
            self.recovering.formUnion(self.edge.recover(slots, of: run, at: self.now()))
        }
        self.recovered = recovered
        self.scheduleCut()
        self.tellIfRecovered()
    }

    /// Closes the window, cuts everything, and calls back once nothing waits for the sink; later requests are refused.
    package func finish(_ done: @escaping @Sendable () -> Void) {
        self.windowTimer?.cancel()
        self.isFinished = true
        self.finished = done
        self.edge.finish(at: self.now())
        self.cut()
        self.tellIfFinished()
    }

    private func scheduleCut() {
        if self.edge.stagedBytes >= self.stagedBytesMax {
            self.cut()
        } else if self.commitsInFlight == 0, !self.isCutScheduled {
            self.isCutScheduled = true
            // Behind whatever else this turn of the loop has to read: those requests then share the commit.
            let door = NIOLoopBound(self, eventLoop: self.loop)
            self.loop.execute {
                door.value.isCutScheduled = false
                if door.value.commitsInFlight == 0 { door.value.cut() }
            }
        }
    }

    private func cut() {
        let frames = self.edge.cut().filter { self.isWorthBringing($0.header) }
        self.publish()
        self.tellIfRecovered()
        guard !frames.isEmpty else { return self.settle(self.takeWaiting(), nil) }
        self.commitsInFlight += 1
        let batch = NIOLoopBound(self.takeWaiting(), eventLoop: self.loop)
        let door = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        self.sink.append(frames) { refusal in
            loop.execute { door.value.finishCommit(frames, batch.value, refusal) }
        }
    }

    /// Gives slots up that waited until nobody takes them any more: they would have every commit refused for good.
    private func isWorthBringing(_ header: FrameHeader) -> Bool {
        if header.signal != .slots || self.sink.mayTake(header) { return true }
        self.edge.giveUp(header)
        self.recovering.remove(header.id)
        return false
    }

    private func finishCommit(_ frames: [SealedFrame], _ receipts: [HeldReceipt], _ refusal: Refusal?) {
        self.commitsInFlight -= 1
        for frame in frames {
            if refusal == nil {
                self.edge.confirm(frame.header)
                self.recovering.remove(frame.header.id)
            } else {
                self.edge.fail(frame)
            }
        }
        self.tellIfRecovered()
        // Before the senders hear of it, so that whoever then asks for the accounts finds them settled.
        self.publish()
        self.settle(receipts, refusal)
        // Senders that came meanwhile hear at once how it stands, also after a failure: they are tried for themselves.
        if refusal == nil ? self.edge.hasStaged : !self.waiting.isEmpty {
            self.cut()
        } else if refusal != nil, !self.isFinished {
            // Slots wait for a better time; do not spin on a disk that refuses.
            let door = NIOLoopBound(self, eventLoop: self.loop)
            self.loop.scheduleTask(in: .seconds(1)) { door.value.scheduleCut() }
        }
        self.tellIfFinished()
    }

    private func tellIfRecovered() {
        guard self.recovering.isEmpty else { return }
        self.recovered.take()?()
    }

    private func tellIfFinished() {
        guard self.commitsInFlight == 0, let finished = self.finished.take() else { return }
        finished()
    }

    private static let closing = Refusal.unavailable("the process is shutting down", retryAfterSeconds: 5)

    private func settle(_ receipts: [HeldReceipt], _ refusal: Refusal?) {
        for receipt in receipts { receipt.settle(refusal) }
    }

    private func takeWaiting() -> [HeldReceipt] {
        defer { self.waiting.removeAll(keepingCapacity: true) }
        return self.waiting
    }

    private func publish() {
        self.ledger.publish(self.edge.accounts)
    }

    private func scheduleWindow() {
        let wait = Int64(
            clamping: self.edge.deadline.nanoseconds
                &- min(self.now().nanoseconds, self.edge.deadline.nanoseconds)
        )
        let door = NIOLoopBound(self, eventLoop: self.loop)
        self.windowTimer = self.loop.scheduleTask(in: .nanoseconds(wait + 1_000_000)) {
            door.value.edge.tick(at: door.value.now())
            if door.value.edge.hasStaged { door.value.scheduleCut() }
            door.value.scheduleWindow()
        }
    }
}
