internal import Cluster
internal import DiskStorage
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import PeerTransport
internal import ServiceLifecycle

/// Keeps the doors open until shutdown, then makes everything accepted safe, takes leave of the cluster, and closes the
/// store.
struct DoorsService: Service {
    let server: OTLPServer
    let store: SegmentStore
    let cluster: ClusterParts?
    let groups: [MultiThreadedEventLoopGroup]

    func run() async throws {
        try? await gracefulShutdown()
        try await self.close()
    }

    /// Does what an end takes.
    func close() async throws {
        let collector = self.cluster?.collector
        // As when it handed over; what failed brings a process here too.
        if let collector, collector.hasCompany { collector.leave() }
        await self.server.close()
        await collector?.drain(within: PeerProtocol.drainSeconds)
        await collector?.close()
        await self.store.close()
        for group in self.groups { try await group.shutdownGracefully() }
    }
}
