import Synchronization
import Telemetry

/// Cluster time that stands still until the test moves it.
final class TestClock: Sendable {
    private let nanoseconds = Mutex<UInt64>(1_700_000_000_000_000_000)

    var now: ClusterTime { ClusterTime(nanoseconds: self.nanoseconds.withLock { $0 }) }

    func advance(seconds: UInt64) { self.nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }
}
