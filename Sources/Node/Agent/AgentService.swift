internal import DiskStorage
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import PeerTransport
internal import ServiceLifecycle

/// Keeps an agent's doors open until shutdown, then makes everything accepted safe, and gives the cluster a moment to
/// confirm it.
struct AgentService: Service {
    let server: OTLPServer
    let gathering: PartGathering
    let spool: Spool
    let courier: CourierLoop
    let groups: [MultiThreadedEventLoopGroup]

    /// Seconds that the cluster has to confirm what the spool holds; what is left is sent after the next start.
    private static let drainSeconds: Int64 = 5

    func run() async throws {
        try? await gracefulShutdown()
        try await self.close()
    }

    /// Does what an end takes.
    func close() async throws {
        await self.server.close()
        await self.gathering.finish()
        await self.courier.drain(within: Self.drainSeconds)
        await self.courier.close()
        await self.spool.close()
        for group in self.groups { try await group.shutdownGracefully() }
    }
}

/// Once a second: what a spool has to do, and what it let go by itself.
struct SpoolService: Service {
    let spool: Spool
    let parcels: SpoolParcels
    let courier: CourierLoop

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await self.spool.maintain()
            let dropped = self.parcels.forgetDropped()
            if !dropped.isEmpty { self.courier.forget(dropped) }
            let stuck = self.parcels.takeStuck()
            if !stuck.isEmpty { self.courier.add(stuck) }
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
        }
    }
}
