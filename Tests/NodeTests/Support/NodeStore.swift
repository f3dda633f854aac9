import DiskStorage
import Foundation
import Logging
import Synchronization
import Telemetry
import TestSupport

/// Cluster time as a test wants it.
final class NodeTime: Sendable {
    private let time: Mutex<ClusterTime>

    init(_ now: ClusterTime = TestEdge.epoch) { self.time = Mutex(now) }

    var now: ClusterTime { self.time.withLock { $0 } }

    func advance(seconds: Int64) {
        self.time.withLock { $0 = $0.advanced(byNanoseconds: seconds * 1_000_000_000) }
    }
}

/// A store on a folder, silent, at a time that the test sets.
struct NodeStore {
    let time: NodeTime
    let store: SegmentStore

    init(_ folder: TemporaryFolder, _ time: NodeTime = NodeTime()) throws {
        self.time = time
        self.store = try SegmentStore(
            directory: DataDirectory(folder.url.path),
            options: StoreOptions(durability: .os, retentionBytesMax: 1 << 40, lowDiskBytes: 0),
            run: RunID(high: 77, low: 77),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { time.now }
        )
    }

    /// Appends what doors made, or what came from elsewhere.
    @discardableResult
    func append(_ arrivals: [Arrival]) async -> [Arrival.Outcome] {
        await withCheckedContinuation { continuation in
            self.store.append(arrivals) { continuation.resume(returning: $0) }
        }
    }
}
