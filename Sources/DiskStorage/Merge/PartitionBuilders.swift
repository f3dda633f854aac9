internal import Storage
internal import Telemetry

/// One builder per part of the key space.
struct PartitionBuilders: ~Copyable {
    private let signal: Signal
    private var builders: [Box] = []

    /// Arrays cannot hold what cannot be copied; a box can.
    private final class Box {
        var builder: MergedFrameBuilder
        init(_ signal: Signal) { self.builder = MergedFrameBuilder(signal: signal) }
    }

    init(signal: Signal, count: Int) {
        self.signal = signal
        self.builders = (0..<count).map { _ in Box(signal) }
    }

    func isEmpty(_ index: Int) -> Bool { self.builders[index].builder.isEmpty }

    /// Adds a chunk; gives the part's raw bytes.
    func add(_ index: Int, _ chunk: MergeChunk, _ payload: FramePayload) throws(WireFailure) -> Int {
        try self.builders[index].builder.add(chunk, payload)
        return self.builders[index].builder.rawBytes
    }

    func seal(_ index: Int, _ id: FrameID, _ compressor: borrowing ZstdCompressor) -> SealedFrame {
        self.builders[index].builder.seal(id, compressor)
    }
}
