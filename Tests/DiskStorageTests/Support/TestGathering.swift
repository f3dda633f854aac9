import Pipeline
import Telemetry
import TestSupport

@testable import DiskStorage

/// Parts as an edge cuts them, and the frames that a gatherer makes of them.
struct TestGathering {
    let parts: [SealedFrame]
    let frames: [SealedFrame]

    /// Parts of one trace each, and at most so many frames.
    init(
        _ count: Int,
        run: UInt64,
        at now: ClusterTime = TestEdge.epoch,
        noise: Int = 0,
        groups: Int = 3
    ) throws {
        let parts = try TestSpool.frames(count, run: run, at: now, noise: noise, areParts: true)
        try self.init(parts, run: run, groups: groups)
    }

    /// Frames that are made of these parts.
    init(_ parts: [SealedFrame], run: UInt64, groups: Int = 3) throws {
        self.parts = parts
        var gatherer = Gatherer(run: RunID(high: run, low: 99), compressionLevel: 1)
        gatherer.groups = PartitionGroups { $0 % groups }
        for part in parts { _ = try gatherer.add(part.frame, part.frame.payload(part.bytes.raw), at: .zero) }
        self.frames = gatherer.finish()?.frames ?? []
    }

    var partIDs: [FrameID] { self.parts.map(\.header.id) }
    var frameIDs: [FrameID] { self.frames.map(\.header.id) }
    var itemCount: UInt64 { self.parts.reduce(0) { $0 + UInt64($1.header.itemCount) } }
}

extension TestSpool {
    /// Appends gathered frames in the place of their parts, and waits for the answer.
    @discardableResult
    func gather(_ gathering: TestGathering) async -> StorageFailure? {
        await withCheckedContinuation { continuation in
            self.spool.append(gathered: gathering.frames, covering: gathering.partIDs) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// The names of what a window would be computed from.
    var walkedIDs: [FrameID] {
        var ids: [FrameID] = []
        self.spool.forEachFrame(since: ClusterTime(nanoseconds: 0)) { frame, _ in ids.append(frame.header.id)
        }
        return ids
    }
}
