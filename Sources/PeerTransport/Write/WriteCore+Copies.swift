internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

extension WriteCore {
    /// Copies that wait for the disk take at most so much memory; it is theirs alone, and they wait for nothing else.
    static let copyBytesMax = 256 << 20

    /// Keeps a copy, and says whether it is held.
    func takeCopy(_ frame: SealedFrame, floor: UInt64, _ connection: PeerConnection, _ request: UInt64) {
        let bytes = frame.bytes.count
        guard self.copyBytes + bytes <= Self.copyBytesMax else {
            return connection.send(
                .outcome,
                request: request,
                Outcome(.refused, "too many copies wait for the disk").encoded
            )
        }
        self.copyBytes += bytes
        let core = NIOLoopBound(self, eventLoop: self.loop)
        let handle = PeerHandle(connection, on: self.loop)
        let loop = self.loop
        self.log.keep(frame, isCopy: true, floor: floor) { outcome in
            loop.execute {
                core.value.copyBytes -= bytes
                core.value.tally.note(outcome, isCopy: true)
                if outcome == .kept { core.value.countForeign(frame) }
                let answer = outcome.answerToCopy.encoded
                handle.perform { $0.send(.outcome, request: request, answer) }
            }
        }
    }

    /// Which of several frames under one name is under way or owed; nil where none is.
    func checksum(of id: FrameID) -> UInt64? {
        if let held = self.held[id] { return held.frame.header.contentChecksum }
        return self.replication?.isOwed(id) == true ? self.owed[id]?.checksum : nil
    }

    /// Whether an answer to a copy is about the frame that has its name now.
    func isCurrent(_ copy: Copying) -> Bool { self.checksum(of: copy.id) == copy.checksum }

    /// Sends a copy of a frame that is on the own disk and nowhere else.
    func copyFromLog(_ id: FrameID, to node: NodeID) {
        let request = self.nextNumber()
        let (core, loop) = (NIOLoopBound(self, eventLoop: self.loop), self.loop)
        guard let owed = self.owed[id] else { return loop.execute { core.value.forgetDebt(of: id) } }
        self.copying[request] = Copying(id: id, node: node, checksum: owed.checksum)
        self.log.read(id, holding: owed.key) { reading in
            loop.execute { core.value.send(reading, as: request) }
        }
    }

    private func send(_ reading: LogReading, as request: UInt64) {
        guard let copy = self.copying[request] else { return }
        switch reading {
        case .frame(let bytes):
            // What is damaged there, or another frame that had the name first, is not what is owed.
            let checksum = (try? SealedFrame(checking: bytes))?.header.contentChecksum
            guard checksum == copy.checksum else { return self.forgetDebt(request) }
            let delivery = Delivery(floor: 0)
            guard self.copies.send(.copy, request, delivery, frame: bytes, to: copy.node) else {
                return self.unanswered(request, by: copy.node)
            }
        case .gone: self.forgetDebt(request)
        case .failed: self.unanswered(request, by: copy.node)
        }
    }

    private func forgetDebt(_ request: UInt64) {
        guard let copy = self.copying.removeValue(forKey: request), self.isCurrent(copy) else { return }
        guard self.held[copy.id] == nil else {
            // It came again meanwhile, and is in memory.
            return self.input { machine, now in machine.refused(copy.id, by: copy.node, at: now) }
        }
        self.forgetDebt(of: copy.id)
    }

    /// A frame that is owed is not on the own disk any more, so that nobody can be paid.
    ///
    /// It never was confirmed: whoever sent it has it still, unless he asks for no more than one copy.
    private func forgetDebt(of id: FrameID) {
        guard self.replication?.isOwed(id) == true else { return }
        self.owed[id] = nil
        self.tally.note(.forgotten)
        self.input { machine, now in machine.vanished(id, at: now) }
        let now = NIODeadline.now()
        if let told = self.toldForgotten, now - told < .seconds(10) { return }
        self.toldForgotten = now
        self.logger.error(
            "a frame of which a copy was owed is not on the disk any more; the debt is forgotten",
            metadata: [
                "frame": "\(id.run.hex)-\(id.sequence)",
                "forgotten": "\(self.tally.counts.events[.forgotten] ?? 0)",
            ]
        )
    }

    /// Tells the machine that a question will not be answered, though not from inside its own step.
    func fail(_ request: UInt64, by node: NodeID) {
        let core = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.execute { core.value.unanswered(request, by: node) }
    }

    /// A connection is gone: nobody waits for its answers.
    func forget(_ connection: PeerConnection) {
        for sender in self.senders.removeValue(forKey: ObjectIdentifier(connection)) ?? [] {
            self.replies[sender] = nil
            self.input { machine, now in machine.forget(sender, at: now) }
        }
    }
}

extension LogOutcome {
    fileprivate var answerToCopy: Outcome {
        if case .failed(let reason) = self { Outcome(.refused, reason) } else { Outcome(.confirmed) }
    }
}
