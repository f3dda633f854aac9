import Cluster
import PeerTransport
import Synchronization
import Telemetry
import Testing

/// Frames of one chunk.
enum TestFrame {
    /// A time that all clocks of the tests show.
    static let now = ClusterTime(nanoseconds: 1_700_000_000_000_000_000)

    /// A frame of about so many bytes; another `content` makes another frame of the same name.
    static func make(
        _ sequence: UInt64,
        run: UInt64 = 1,
        key: UInt64 = 0,
        bytes: Int = 200,
        content: UInt64 = 0,
        created: ClusterTime = Self.now,
        signal: Signal = .spans
    ) -> SealedFrame {
        var random = SplitMix64(seed: sequence << 8 ^ run ^ content << 32)
        var payload: [UInt8] = []
        payload.reserveCapacity(bytes + 8)
        while payload.count < bytes {
            let word = random.next()
            for shift in 0..<8 { payload.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        payload.removeLast(payload.count - bytes)
        var entry = ChunkEntry(key: Key(TraceID(high: key, low: key &+ sequence)))
        entry.length = UInt32(payload.count)
        entry.itemCount = 1
        let header = FrameHeader(
            signal: signal,
            flags: [],
            id: FrameID(run: RunID(high: run, low: run), sequence: sequence),
            created: created,
            itemCount: 1,
            chunkCount: 1,
            tableCount: 0
        )
        return SealedFrame(header, [entry], [], payload: payload, ZstdCompressor(level: 1))
    }
}

/// A disk that is none: frames by name.
final class MemoryLog: FrameLog {
    private struct State {
        var frames: [FrameID: SealedFrame] = [:]
        var copies: Set<FrameID> = []
        var floors: [RunID: UInt64] = [:]
        var objection: String?
        var held: [@Sendable () -> Void]?
        var journal: [FrameID: SealedFrame] = [:]
        var journalFailure: String?
    }

    private let state = Mutex(State())

    var ids: Set<FrameID> { self.state.withLock { Set($0.frames.keys) } }
    var copies: Set<FrameID> { self.state.withLock { $0.copies } }
    func floor(of run: RunID) -> UInt64? { self.state.withLock { $0.floors[run] } }
    func bytes(of id: FrameID) -> [UInt8]? { self.state.withLock { $0.frames[id]?.bytes } }

    var objection: String? { self.state.withLock { $0.objection } }
    func object(_ reason: String?) { self.state.withLock { $0.objection = reason } }

    /// Frames of which journal copies are kept, by their own names.
    var journaled: Set<FrameID> { self.state.withLock { Set($0.journal.keys) } }
    /// Takes no journal copies from now on.
    func refuseJournal(_ reason: String?) { self.state.withLock { $0.journalFailure = reason } }

    func journal(_ frame: SealedFrame, done: @escaping @Sendable (LogOutcome) -> Void) {
        done(
            self.state.withLock { state in
                if let failure = state.journalFailure { return .failed(failure) }
                return state.journal.updateValue(frame, forKey: frame.header.id) == nil ? .kept : .known
            }
        )
    }

    /// Answers nobody from now on, until it is told to.
    func hold() { self.state.withLock { $0.held = $0.held ?? [] } }

    func letGo() {
        let held = self.state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for answer in held { answer() }
    }

    func keep(
        _ frame: SealedFrame,
        isCopy: Bool,
        floor: UInt64,
        done: @escaping @Sendable (LogOutcome) -> Void
    ) {
        let outcome: LogOutcome = self.state.withLock { state in
            let id = frame.header.id
            if let objection = state.objection { return .failed(objection) }
            state.floors[id.run] = max(state.floors[id.run] ?? 0, floor)
            if let known = state.frames[id] {
                return known.header.contentChecksum == frame.header.contentChecksum ? .known : .clash
            }
            state.frames[id] = frame
            if isCopy { state.copies.insert(id) }
            return .kept
        }
        let isHeld = self.state.withLock { state in
            state.held?.append { done(outcome) }
            return state.held != nil
        }
        if !isHeld { done(outcome) }
    }

    /// Forgets a frame, or has another one in its place.
    func replace(_ id: FrameID, by frame: SealedFrame?) { self.state.withLock { $0.frames[id] = frame } }

    func read(_ id: FrameID, holding key: Key, done: @escaping @Sendable (LogReading) -> Void) {
        done(self.bytes(of: id).map { .frame($0) } ?? .gone)
    }
}

/// A spool that is none.
final class MemoryStore: ParcelStore {
    private struct State {
        var frames: [FrameID: [UInt8]] = [:]
        var unreadable: Set<FrameID> = []
    }

    struct Unreadable: Error {}

    private let state = Mutex(State())
    /// Frames that were let go of, as they are.
    let released = Events<(id: FrameID, verdict: Outcome.Verdict)>()

    var heldCount: Int { self.state.withLock { $0.frames.count } }

    func keep(_ frames: [SealedFrame]) -> [Courier.Parcel] {
        self.state.withLock { state in for frame in frames { state.frames[frame.header.id] = frame.bytes } }
        return frames.map {
            Courier.Parcel(id: $0.header.id, partition: $0.partition, bytes: $0.bytes.count)
        }
    }

    func drop(_ id: FrameID) { self.state.withLock { $0.frames[id] = nil } }
    func spoil(_ id: FrameID) { self.state.withLock { _ = $0.unreadable.insert(id) } }

    /// The first time a spoilt frame is read it cannot be.
    func bytes(of id: FrameID) throws -> [UInt8]? {
        try self.state.withLock { state in
            if state.unreadable.remove(id) != nil { throw Unreadable() }
            return state.frames[id]
        }
    }

    func release(_ frames: [(id: FrameID, verdict: Outcome.Verdict)]) {
        self.state.withLock { state in for frame in frames { state.frames[frame.id] = nil } }
        for frame in frames { self.released.add(frame) }
    }
}
