internal import DiskStorage
package import PeerTransport
package import Telemetry

/// The write path's view of the store.
package struct StoreLog: FrameLog {
    let store: SegmentStore
    let totals: RunningTotals
    /// Hears of frames of slots that were kept, under the names that they have here.
    var slotsKept: @Sendable (SealedFrame) -> Void

    /// Hands a frame to the store's next group commit.
    package func keep(
        _ frame: SealedFrame,
        isCopy: Bool,
        floor: UInt64,
        done: @escaping @Sendable (LogOutcome) -> Void
    ) {
        if let objection = self.objection { return done(.failed(objection)) }
        if floor > 0 { self.store.forget(run: frame.header.id.run, below: floor) }
        self.store.append([Arrival(frame, isCopy ? .copy : .first)]) { outcomes in
            let outcome = outcomes.first.map(LogOutcome.init) ?? .failed("the store did not answer")
            if frame.header.signal == .slots, outcome == .kept || outcome == .clash {
                if !isCopy { self.totals.add(frame) }
                self.slotsKept(outcome == .clash ? frame.renamed(frame.clashName) : frame)
            }
            done(outcome)
        }
    }

    /// Hands a journal copy to the store's next group commit.
    package func journal(_ frame: SealedFrame, done: @escaping @Sendable (LogOutcome) -> Void) {
        if let objection = self.objection { return done(.failed(objection)) }
        self.store.append([Arrival(frame.journalCopy, .journal)]) { outcomes in
            done(outcomes.first.map(LogOutcome.init) ?? .failed("the store did not answer"))
        }
    }

    /// Looks a frame up by its first key.
    package func read(_ id: FrameID, holding key: Key, done: @escaping @Sendable (LogReading) -> Void) {
        Task {
            do throws(StorageFailure) {
                done(try await self.store.frameBytes(id, holding: key).map { .frame($0) } ?? .gone)
            } catch { done(.failed("\(error.code.rawValue): \(error.message)")) }
        }
    }

    /// Why the store takes nothing at the moment.
    package var objection: String? {
        if self.store.isDiskLow { return "the disk is nearly full" }
        return self.store.isBehind ? "the index is behind what was taken in" : nil
    }
}

extension LogOutcome {
    fileprivate init(_ outcome: Arrival.Outcome) {
        switch outcome {
        case .stored: self = .kept
        case .duplicate: self = .known
        case .clash: self = .clash
        case .failed(let failure): self = .failed("\(failure.code.rawValue): \(failure.message)")
        }
    }
}
