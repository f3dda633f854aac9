import Logging
import Storage
import Telemetry
import TestSupport
import Workload

@testable import DiskStorage

/// A spool on a folder, silent, on a clock that the test moves.
struct TestSpool {
    let scratch: Scratch
    let clock: TestClock
    let spool: Spool

    init(
        _ scratch: Scratch? = nil,
        clock: TestClock = TestClock(),
        _ change: (inout SpoolOptions) -> Void = { _ in }
    ) throws {
        self.scratch = try scratch ?? Scratch()
        self.clock = clock
        // The operating system's word is enough here: tests do not cut the power.
        var options = SpoolOptions(durability: .os, lowDiskBytes: 0)
        change(&options)
        self.spool = try Spool(
            directory: DataDirectory(self.scratch.path),
            options: options,
            run: RunID(high: 88, low: 88),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock.now }
        )
    }

    /// Appends and waits for the answer.
    @discardableResult
    func append(_ frames: [SealedFrame]) async -> StorageFailure? {
        await Self.append(frames, to: self.spool)
    }

    static func append(_ frames: [SealedFrame], to spool: Spool) async -> StorageFailure? {
        await withCheckedContinuation { continuation in
            spool.append(frames) { continuation.resume(returning: $0) }
        }
    }

    /// Waits for what the writer thread has to do.
    func settle() async { await self.spool.writer.run {} }

    var heldIDs: [FrameID] { self.spool.held.map(\.id) }

    func account(_ signal: Signal = .spans) -> SpoolAccount {
        self.spool.counters.accounts[signal] ?? SpoolAccount()
    }

    /// Bytes of frames in the folder.
    func fileBytes() throws -> Int {
        try self.scratch.spoolFiles.filter { $0.hasSuffix(".spl") }
            .reduce(0) { $0 + (try self.scratch.read("spool/" + $1).count) - SegmentHeader.byteCount }
    }

    /// Frames of one trace each, of about so many bytes more than they need.
    static func frames(
        _ count: Int,
        run: UInt64,
        at now: ClusterTime = TestEdge.epoch,
        noise: Int = 0,
        areParts: Bool = false
    ) throws -> [SealedFrame] {
        var random = SplitMix64(seed: run)
        let edge = TestEdge(run: run, partBytesMax: areParts ? 1 << 20 : 0)
        return try (0..<count).flatMap { _ in
            let id = random.traceID()
            // Noise that does not compress.
            let text = (0..<noise / 8).map { _ in SpanID(random.next()).hex }.joined()
            let spans = (0...random.below(3)).map { _ in
                TestSpan(trace: id, span: random.spanID().bits, attributes: ["noise": text])
            }
            return try edge.spans(spans, at: now)
        }
    }
}
