internal import Cluster
internal import DiskStorage
internal import Logging
internal import PeerTransport
internal import Synchronization
internal import Telemetry

/// The courier's view of the spool: what there is to bring, and what became of it.
final class SpoolParcels: ParcelStore {
    /// A frame whose time is no further from the present is not made anew: it would have the same time again.
    private static let presentNanoseconds: UInt64 = 60_000_000_000

    private struct State {
        var entries: [FrameID: SpoolEntry] = [:]
        var sequence: UInt64 = 0
        /// Frames that the spool had let go by itself when it was looked at last.
        var droppedBySpool: UInt64 = 0
        /// To be made anew, which did not succeed.
        var stuck: [FrameID] = []
    }

    private let spool: Spool
    /// The origin of frames that are made anew with another time.
    private let run: RunID
    private let now: @Sendable () -> ClusterTime
    private let logger: Logger
    private let state = Mutex(State())

    init(spool: Spool, run: RunID, now: @escaping @Sendable () -> ClusterTime, logger: Logger) {
        self.spool = spool
        self.run = run
        self.now = now
        self.logger = logger
    }

    /// Notes what the spool holds; gives it as the courier wants it.
    func note(_ entries: [SpoolEntry]) -> [Courier.Parcel] {
        self.state.withLock { state in
            for entry in entries { state.entries[entry.id] = entry }
        }
        return entries.map { Courier.Parcel(id: $0.id, partition: $0.partition, bytes: $0.byteCount) }
    }

    /// Notes that are held no longer than the spool holds the frames; gives those that it let go by itself.
    func forgetDropped() -> [FrameID] {
        let dropped = self.spool.counters.droppedFrames
        // What is known first, then what is held: a frame that comes meanwhile is in the second, and nobody misses it.
        let known = self.state.withLock { state -> [FrameID] in
            guard state.droppedBySpool != dropped else { return [] }
            state.droppedBySpool = dropped
            return Array(state.entries.keys)
        }
        guard !known.isEmpty else { return [] }
        let held = Set(self.spool.held.map(\.id))
        let gone = known.filter { !held.contains($0) }
        self.state.withLock { state in for id in gone { state.entries[id] = nil } }
        return gone
    }

    func bytes(of id: FrameID) throws -> [UInt8]? {
        guard let entry = self.state.withLock({ $0.entries[id] }) else { return nil }
        return try self.spool.bytes(of: entry)
    }

    /// Frames that were to be made anew and could not, and are held still: to be brought again as they are.
    func takeStuck() -> [Courier.Parcel] {
        let entries = self.state.withLock { state in
            defer { state.stuck = [] }
            return state.stuck.compactMap { state.entries[$0] }
        }
        return entries.map { Courier.Parcel(id: $0.id, partition: $0.partition, bytes: $0.byteCount) }
    }

    func canMakeAnew(_ id: FrameID) -> Bool {
        guard let created = self.state.withLock({ $0.entries[id]?.created.nanoseconds }) else { return true }
        let now = self.now().nanoseconds
        return max(created, now) - min(created, now) > Self.presentNanoseconds
    }

    func release(_ frames: [(id: FrameID, verdict: Outcome.Verdict)]) {
        var confirmed: [FrameID] = []
        var refused: [FrameID] = []
        for (id, verdict) in frames {
            switch verdict {
            // A replay was settled before, though the answer was lost.
            case .confirmed, .replay: confirmed.append(id)
            case .restamp: self.makeAnew(id)
            default: refused.append(id)
            }
        }
        if !confirmed.isEmpty { self.spool.confirm(confirmed) }
        if !refused.isEmpty { self.spool.drop(refused, as: .refused) }
        self.state.withLock { state in
            for (id, verdict) in frames where verdict != .restamp { state.entries[id] = nil }
        }
    }

    /// Makes a frame with the present time and a name of its own, which takes the old one's place once it is safe.
    ///
    /// As gathered frames do, it says what it was made of: a window that is computed again counts the old one alone.
    private func makeAnew(_ id: FrameID) {
        guard let bytes = try? self.bytes(of: id), let frame = try? SealedFrame(checking: bytes) else {
            return self.state.withLock { $0.stuck.append(id) }
        }
        let sequence = self.state.withLock { state in
            state.sequence += 1
            return state.sequence
        }
        let anew = frame.madeAnew(FrameID(run: self.run, sequence: sequence), created: self.now())
        self.logger.warning(
            "a frame is made anew, for the cluster's time is another",
            metadata: ["frame": "\(id)"]
        )
        self.spool.append(gathered: [anew], covering: [id]) { failure in
            self.state.withLock { state in
                if failure == nil { state.entries[id] = nil } else { state.stuck.append(id) }
            }
        }
    }
}
