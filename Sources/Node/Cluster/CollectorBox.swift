package import PeerTransport
internal import Synchronization

/// The collector, for those who are made before it is.
package final class CollectorBox: Sendable {
    private let state = Mutex<Collector?>(nil)

    /// An empty one.
    package init() {}

    /// Nil until there is one.
    package var value: Collector? { self.state.withLock { $0 } }

    func fill(_ collector: Collector) { self.state.withLock { $0 = collector } }
}
