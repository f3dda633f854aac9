internal import DiskStorage
internal import ServiceLifecycle

/// Once a second: looks at the disk, seals what is old, removes what has expired.
package struct MaintenanceService: Service {
    let store: SegmentStore

    /// Runs until a graceful shutdown.
    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await self.store.maintain()
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
        }
    }
}
