import Logging
import Storage
import Telemetry
import TestSupport

@testable import DiskStorage

/// A store on a folder, silent, on a clock that the test moves.
struct TestStore {
    let scratch: Scratch
    let clock: TestClock
    let store: SegmentStore

    init(
        _ scratch: Scratch? = nil,
        clock: TestClock = TestClock(),
        _ change: (inout StoreOptions) -> Void = { _ in }
    ) throws {
        self.scratch = try scratch ?? Scratch()
        self.clock = clock
        // The operating system's word is enough here: tests do not cut the power.
        var options = StoreOptions(durability: .os, retentionBytesMax: 1 << 40, lowDiskBytes: 0)
        change(&options)
        self.store = try SegmentStore(
            directory: DataDirectory(self.scratch.path),
            options: options,
            run: RunID(high: 77, low: 77),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock.now }
        )
    }

    /// Appends and waits for the answer.
    @discardableResult
    func append(_ frames: [SealedFrame]) async -> StorageFailure? {
        await withCheckedContinuation { continuation in
            self.store.append(frames) { continuation.resume(returning: $0) }
        }
    }

    /// Appends what came from elsewhere and waits for the answers.
    func append(_ arrivals: [Arrival]) async -> [Arrival.Outcome] {
        await withCheckedContinuation { continuation in
            self.store.append(arrivals) { continuation.resume(returning: $0) }
        }
    }

    /// All items of all segments as the files have them, journal frames aside.
    func items() throws -> [FrameItem] { try Self.items(in: self.scratch) }

    static func items(in scratch: Scratch, withJournal: Bool = false) throws -> [FrameItem] {
        var items: [FrameItem] = []
        for name in scratch.segmentFiles where name.hasSuffix(".seg") {
            let bytes = try scratch.read("segments/" + name)
            var walk = SegmentWalk(bytes.raw)
            while let step = walk.next() {
                guard case .frame(let frame, let offset) = step else { continue }
                guard withJournal || !frame.header.flags.contains(.journal) else { continue }
                items += try FrameItem.items(of: bytes, at: offset)
            }
        }
        return items.sorted()
    }
}
