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
                let answer = outcome.answerToCopy.encoded
                handle.perform { $0.send(.outcome, request: request, answer) }
            }
        }
    }

    /// A connection is gone: nobody waits for its answers.
    func forget(_ connection: PeerConnection) {
        for sender in self.senders.removeValue(forKey: ObjectIdentifier(connection)) ?? [] {
            self.replies[sender] = nil
            self.replication?.forget(sender)
        }
    }
}

extension LogOutcome {
    fileprivate var answerToCopy: Outcome {
        if case .failed(let reason) = self { Outcome(.refused, reason) } else { Outcome(.confirmed) }
    }
}
