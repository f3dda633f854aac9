internal import DiskStorage
internal import Logging
internal import PeerTransport
internal import ServiceLifecycle

/// Once a second: follows the wall clock, looks at the disk, seals what is old, removes what has expired.
package struct MaintenanceService: Service {
    let store: SegmentStore
    let clock: ClusterClock
    /// Nil for a process without a cluster; the nodes of one have the same time.
    let collector: Collector?
    let logger: Logger

    /// Runs until a graceful shutdown.
    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let before = self.clock.now()
            if self.collector?.hasCompany == true { self.clock.joinCluster() }
            let step = self.clock.adjust()
            if step > 0 {
                self.store.noteClockStep(at: before, nanoseconds: step)
                self.logger.warning(
                    "the wall clock was ahead, and cluster time follows it",
                    metadata: ["seconds": "\(step / 1_000_000_000)"]
                )
            }
            await self.store.maintain()
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
        }
    }
}
