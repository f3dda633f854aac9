import OTLPTransport
import Pipeline
import Synchronization
import Telemetry
import Testing

/// A store that answers when the test says, and that refuses what no door may do.
final class FakeSink: FrameSink {
    private struct Commit: Sendable {
        var frames: [SealedFrame]
        var done: @Sendable (Refusal?) -> Void
    }

    private struct State: Sendable {
        var pending: [Commit] = []
        var commitCount = 0
        var refusal: Refusal?
        var kept: [SealedFrame] = []
        /// What becomes of a commit at once; nil where the test decides later.
        var answersAtOnce = false
        var isClosed = false
        /// Slots that were made before are taken nowhere.
        var slotsFrom = ClusterTime(nanoseconds: 0)
    }

    private let state = Mutex(State())
    /// Tells of each commit as it comes, for tests that wait for a real server.
    let commits: AsyncStream<Void>
    private let commitContinuation: AsyncStream<Void>.Continuation

    init(answersAtOnce: Bool = false) {
        (self.commits, self.commitContinuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(64)
        )
        self.state.withLock { $0.answersAtOnce = answersAtOnce }
    }

    var refusal: Refusal? { self.state.withLock { $0.refusal } }

    /// Commits that wait for ``settle(_:)``.
    var pendingCount: Int { self.state.withLock { $0.pending.count } }

    /// Commits there ever were.
    var commitCount: Int { self.state.withLock { $0.commitCount } }

    /// Every frame that was confirmed.
    var kept: [SealedFrame] { self.state.withLock { $0.kept } }

    /// Items of one signal in confirmed frames.
    func keptItems(_ signal: Signal) -> Int {
        self.kept.filter { $0.header.signal == signal }.reduce(0) { $0 + Int($1.header.itemCount) }
    }

    /// Turns every request away from now on; nil ends that.
    func refuse(_ refusal: Refusal?) { self.state.withLock { $0.refusal = refusal } }

    /// Slots that were made before an instant are taken nowhere from now on.
    func takeSlots(from instant: ClusterTime) { self.state.withLock { $0.slotsFrom = instant } }

    func mayTake(_ header: FrameHeader) -> Bool { self.state.withLock { header.created >= $0.slotsFrom } }

    /// Nothing may be appended from now on.
    func close() { self.state.withLock { $0.isClosed = true } }

    func append(_ frames: [SealedFrame], done: @escaping @Sendable (Refusal?) -> Void) {
        let isAnsweredAtOnce = self.state.withLock { state in
            if frames.isEmpty { Issue.record("a commit without frames") }
            if state.isClosed { Issue.record("a commit after the end") }
            let known = Set(
                state.kept.map(\.header.id) + state.pending.flatMap { $0.frames.map(\.header.id) }
            )
            for frame in frames where known.contains(frame.header.id) {
                Issue.record("frame \(frame.header.id) came twice")
            }
            state.commitCount += 1
            guard state.answersAtOnce else {
                state.pending.append(Commit(frames: frames, done: done))
                return false
            }
            state.kept.append(contentsOf: frames)
            return true
        }
        self.commitContinuation.yield()
        if isAnsweredAtOnce { done(nil) }
    }

    /// Answers the oldest commit that waits; false where none does.
    @discardableResult
    func settle(_ refusal: Refusal? = nil) -> Bool { self.settle(at: 0, refusal) }

    /// Answers one of the commits that wait.
    @discardableResult
    func settle(at index: Int, _ refusal: Refusal? = nil) -> Bool {
        let commit = self.state.withLock { state -> Commit? in
            guard state.pending.indices.contains(index) else { return nil }
            let commit = state.pending.remove(at: index)
            if refusal == nil { state.kept.append(contentsOf: commit.frames) }
            return commit
        }
        commit?.done(refusal)
        return commit != nil
    }
}
