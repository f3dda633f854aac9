import Synchronization
import Telemetry
import TestSupport

/// Cluster time as a test wants it.
final class TestClock: Sendable {
    private let time: Mutex<UInt64>

    init(_ time: ClusterTime = TestEdge.epoch) { self.time = Mutex(time.nanoseconds) }

    var now: ClusterTime { ClusterTime(nanoseconds: self.time.withLock { $0 }) }

    func advance(seconds: UInt64) { self.time.withLock { $0 += seconds * 1_000_000_000 } }

    /// Puts it forward, or back where negative.
    func step(seconds: Int64) { self.time.withLock { $0 &+= UInt64(bitPattern: seconds * 1_000_000_000) } }
}
