internal import DiskStorage
internal import ServiceLifecycle
internal import Synchronization

/// Hears first that the process is to end: says so to whoever asks for readiness, and gives up merges.
final class EndingService: Service {
    private let store: SegmentStore?
    private let isEndingState = Mutex(false)

    init(store: SegmentStore?) { self.store = store }

    /// Whether somebody asked the process to end.
    var isEnding: Bool { self.isEndingState.withLock { $0 } }

    /// The process was asked to end.
    func begin() { self.isEndingState.withLock { $0 = true } }

    /// Waits for a graceful shutdown.
    func run() async throws {
        // Cancelled where another service failed: then nobody asked for an end.
        do { try await gracefulShutdown() } catch { return }
        self.begin()
        self.store?.giveUpMerges()
    }
}
