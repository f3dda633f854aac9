internal import Cluster
internal import DiskStorage
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// Measures what comes in and what it costs: looks at counters every five seconds, and tells their pace.
final class LoadMeter: Service {
    private static let interval = Duration.seconds(5)
    private static let span = Duration.seconds(30)

    private let store: SegmentStore
    private let started = ContinuousClock.now
    private let window = Mutex(RateWindow(over: LoadMeter.span))

    init(store: SegmentStore) { self.store = store }

    /// The pace of each signal.
    var load: [NodeFigures.Load] {
        let rates = self.window.withLock { $0.rates }
        return Signal.allCases.enumerated().compactMap { index, signal in
            guard rates.count > 2 * index + 2 else { return nil }
            return NodeFigures.Load(signal: signal, taken: rates[2 * index + 1], copied: rates[2 * index + 2])
        }
    }

    /// Cores that worked for this process.
    var cpuCores: Double { self.window.withLock { $0.rates.first ?? 0 } }

    /// Looks until a graceful shutdown.
    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            self.look()
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.interval) }
        }
    }

    private func look() {
        let accounts = self.store.accounts
        var counts = [ProcessMetrics.cpuSeconds ?? 0]
        for signal in Signal.allCases {
            let account = accounts[signal] ?? StoreAccount()
            counts += [Double(account.received), Double(account.copy)]
        }
        let now = self.started.duration(to: .now)
        self.window.withLock { $0.add(counts, at: now) }
    }
}
