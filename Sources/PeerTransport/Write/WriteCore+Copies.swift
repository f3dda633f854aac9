internal import Cluster
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

    /// Sends a copy of a frame that is on the own disk and nowhere else.
    func copyFromLog(_ id: FrameID, to node: NodeID) {
        let request = self.nextNumber()
        self.copying[request] = (id, node)
        guard let key = self.owed[id] else { return self.fail(request, by: node) }
        let core = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        self.log.read(id, holding: key) { bytes in
            loop.execute {
                guard let bytes, core.value.copying[request] != nil,
                    core.value.copies.send(.copy, request, Delivery(floor: 0), frame: bytes, to: node)
                else { return core.value.unanswered(request, by: node) }
            }
        }
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
