internal import Glibc
internal import Storage
internal import Synchronization
internal import Telemetry

/// A segment that is being written, or waits to be sealed: its file, and its index in memory.
///
/// The writer thread appends; the index thread follows behind; readers ask both. What the index has not reached yet
/// is found through `unindexed`, so that whatever was acknowledged can be read at once by its key.
final class OpenSegment: Sendable {
    struct Pending: Sendable {
        var frame: Frame
        var offset: Int
    }

    struct State: Sendable {
        /// Bytes of whole frames, the header included.
        var end: Int
        /// Set after a failed fsync: the file is not written or synchronised again.
        var isDamaged = false
        var unindexed: [Pending] = []
        var firstUnindexed = 0
    }

    let id: UInt64
    let file: File
    let created: ClusterTime
    /// What it is sealed with.
    let facts: SegmentFacts
    /// Whether an earlier process left it; then it says nothing about how far the index thread is behind.
    let isRecovered: Bool
    let state: Mutex<State>
    let index = Mutex(SegmentIndex())

    /// Creates a new file, or continues to describe one that was recovered up to `end`.
    init(
        id: UInt64,
        file: File,
        created: ClusterTime,
        end: Int,
        facts: SegmentFacts = SegmentFacts(),
        isRecovered: Bool = false
    ) {
        self.facts = facts
        self.isRecovered = isRecovered
        self.id = id
        self.file = file
        self.created = created
        self.state = Mutex(State(end: end))
    }

    /// Notes frames that are durable, for the index thread and for readers.
    func publish(_ frames: [Pending], end: Int) {
        self.state.withLock { state in
            state.unindexed.append(contentsOf: frames)
            state.end = end
        }
    }

    /// Brings the index up to what is durable.
    ///
    /// - Returns: Frames whose payload could not be read; they stay findable by key only.
    func catchUp() -> Int {
        var damaged = 0
        while let pending = self.nextPending() {
            var payload: FramePayload?
            let signal = pending.frame.header.signal
            if pending.frame.header.flags.contains(.journal) {
                payload = nil
            } else if signal == .spans || signal == .logs {
                payload = try? self.payload(pending)
                if payload == nil { damaged += 1 }
            } else {
                payload = FramePayload.empty
            }
            self.index.withLock { $0.add(pending.frame, offset: pending.offset, payload: payload) }
            self.state.withLock { state in
                state.firstUnindexed += 1
                if state.firstUnindexed == state.unindexed.count {
                    state.unindexed.removeAll(keepingCapacity: true)
                    state.firstUnindexed = 0
                }
            }
        }
        return damaged
    }

    /// Places of the frames that hold a key.
    func frameOffsets(of key: Key) -> [Int] {
        // The unindexed tail is asked first: a frame that moves into the index in between is then found twice, and
        // the duplicates are dropped, instead of being missed.
        let tail = self.state.withLock { state in
            state.unindexed[state.firstUnindexed...].filter { !$0.frame.entries(of: key).isEmpty }.map(
                \.offset
            )
        }
        let indexed = self.index.withLock { index in
            index.rows(of: key).map { index.frameOffsets[Int($0)] }
        }
        return Array(Set(indexed + tail)).sorted()
    }

    /// What it holds, bucket by bucket, as of now.
    var buckets: BucketTable.Builder {
        var (builder, tail) = self.withIndex { $0.buckets }
        for frame in tail where !frame.header.flags.contains(.journal) {
            for entry in frame.entries.indices { builder.add(frame.chunkName(ofEntry: entry)) }
        }
        return builder
    }

    /// Places of frames by their headers and the partitions that they reach over; and those that the index lacks, whatever they are.
    func frames(_ isWanted: (FrameHeader, ClosedRange<Int>) -> Bool) -> (places: [Int], tail: [Frame]) {
        self.withIndex { index in
            index.frames.filter { isWanted($0.header, $0.partitions) }.map(\.offset)
        }
    }

    /// What the index says, and the frames that it has not reached by then: each frame is on one side.
    private func withIndex<Value: Sendable>(
        _ body: (SegmentIndex) -> Value
    ) -> (Value, tail: [Frame]) {
        // The tail first: what moves into the index in between is told by its place.
        let tail = self.state.withLock { Array($0.unindexed[$0.firstUnindexed...]) }
        let (value, last) = self.index.withLock { (body($0), $0.frames.last?.offset ?? 0) }
        return (value, tail.filter { $0.offset > last }.map(\.frame))
    }

    /// The frame of a name, and merged ones that hold a key, with their headers.
    ///
    /// - Parameters:
    ///   - key: One that the frame holds.
    ///   - id: The frame's name.
    /// - Returns: Frames that are it, or that its chunks may have been merged into.
    func framePlaces(of key: Key, named id: FrameID) -> [FramePlace] {
        func place(_ offset: Int, _ header: FrameHeader) -> FramePlace? {
            let isMerged = header.flags.contains(.merged)
            guard isMerged || header.id == id else { return nil }
            return FramePlace(offset: offset, isMerged: isMerged, header: header)
        }
        let tail = self.state.withLock { state in
            // By the key too, so that the answer does not depend on how far the index has come.
            state.unindexed[state.firstUnindexed...].compactMap { pending in
                pending.frame.entries(of: key).isEmpty ? nil : place(pending.offset, pending.frame.header)
            }
        }
        return tail
            + self.index.withLock { index in
                index.rows(of: key).compactMap { row in
                    index.frame(at: index.frameOffsets[Int(row)]).flatMap { place($0.offset, $0.header) }
                }
            }
    }

    /// Whether a key has spans here.
    func holdsSpans(of key: Key) -> Bool {
        let isInTail = self.state.withLock { state in
            state.unindexed[state.firstUnindexed...].contains { pending in
                pending.frame.header.signal == .spans && !pending.frame.header.flags.contains(.journal)
                    && !pending.frame.entries(of: key).isEmpty
            }
        }
        return isInTail
            || self.index.withLock { index in
                index.rows(of: key).contains { index.rows[Int($0)].signal == .spans }
            }
    }

    private func nextPending() -> Pending? {
        self.state.withLock { state in
            state.firstUnindexed < state.unindexed.count ? state.unindexed[state.firstUnindexed] : nil
        }
    }

    private func payload(_ pending: Pending) throws -> FramePayload {
        let bytes = try self.file.read(at: pending.offset, count: pending.frame.header.frameBytes)
        return try pending.frame.payload(bytes.raw)
    }
}
