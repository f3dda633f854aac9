internal import Cluster
internal import NIOCore
internal import Telemetry

/// A frame of the own door: its sender is told that it is confirmed once the own log has it too, as itself or as a
/// journal copy, so that no crash of this node leaves its window short.
///
/// Points are kept so where they are refused too: they were counted when they came, and when their sender brings them again
/// they say nothing new.
///
/// Belongs to the peers' event loop.
final class DoorFrame {
    /// What the own log has of it.
    private enum Journal {
        /// Nothing that is known of.
        case none
        /// A journal copy is on its way to the disk.
        case underWay
        /// Itself, or a journal copy.
        case there
        /// The disk did not take the journal copy.
        case failed(String)
    }

    let frame: SealedFrame
    private var journal = Journal.none
    /// What the cluster said; nil until it does.
    private var outcome: Outcome?
    private var done: ((Outcome) -> Void)?

    init(_ frame: SealedFrame, done: @escaping (Outcome) -> Void) {
        self.frame = frame
        self.done = done
    }

    /// The own log has the frame itself.
    func isLogged() { self.journal = .there }

    /// Whether a journal copy is to be written now.
    func beginJournal() -> Bool {
        guard case .none = self.journal else { return false }
        self.journal = .underWay
        return true
    }

    /// The disk answered about the journal copy.
    func journaled(_ outcome: LogOutcome) {
        // Meanwhile the frame itself may have been kept.
        guard case .underWay = self.journal else { return }
        if case .failed(let reason) = outcome {
            self.journal = .failed(reason)
        } else {
            self.journal = .there
        }
        self.conclude()
    }

    /// The cluster answered.
    ///
    /// - Returns: Whether the sender waits for a journal copy that nobody has begun.
    func answered(_ outcome: Outcome) -> Bool {
        if self.outcome == nil { self.outcome = outcome }
        self.conclude()
        if case .none = self.journal { return self.done != nil }
        return false
    }

    private func conclude() {
        guard var outcome = self.outcome else { return }
        let isTaken = outcome.verdict == .confirmed || outcome.verdict == .accepted
        if isTaken || self.frame.header.signal == .points {
            switch self.journal {
            case .failed(let reason) where isTaken:
                outcome = Outcome(.refused, "the own disk did not take it: \(reason)")
            case .none, .underWay: return
            case .there, .failed: break
            }
        }
        self.done.take()?(outcome)
    }
}

extension WriteCore {
    /// Brings a frame of the own door to its owners.
    ///
    /// Nobody hears of slots before their journal copy is on the own disk: a start after a crash then knows that they
    /// were made, and sends the very same frame again.
    func bring(_ frame: SealedFrame, done: @escaping (Outcome) -> Void) {
        let door = DoorFrame(frame, done: done)
        guard frame.header.signal == .slots else {
            return self.take(frame, floor: 0, isForwarded: false, .door(door))
        }
        self.journal(door) { core, outcome in
            if case .failed(let reason) = outcome {
                return core.answer(.door(door), Outcome(.refused, "the own disk did not take it: \(reason)"))
            }
            core.take(frame, floor: 0, isForwarded: false, .door(door))
        }
    }

    /// Writes the journal copy of a frame of the own door, unless that has begun.
    func journal(_ door: DoorFrame, then next: ((WriteCore, LogOutcome) -> Void)? = nil) {
        guard door.beginJournal() else { return }
        let bound = NIOLoopBound((core: self, door: door, next: next), eventLoop: self.loop)
        let loop = self.loop
        self.log.journal(door.frame) { outcome in
            loop.execute {
                let (core, door, next) = bound.value
                door.journaled(outcome)
                next?(core, outcome)
            }
        }
    }

    /// Tells the own door what became of its frame, once the own log has it.
    func answer(_ door: DoorFrame, _ outcome: Outcome) {
        if door.answered(outcome) { self.journal(door) }
    }
}
