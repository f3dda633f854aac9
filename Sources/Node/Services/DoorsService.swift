internal import DiskStorage
internal import NIOCore
internal import NIOPosix
internal import OTLPTransport
internal import ServiceLifecycle

/// Keeps the doors open until shutdown, then makes everything accepted safe and closes the store.
struct DoorsService: Service {
    let server: OTLPServer
    let store: SegmentStore
    let group: MultiThreadedEventLoopGroup

    func run() async throws {
        try? await gracefulShutdown()
        await self.server.close()
        await self.store.close()
        try await self.group.shutdownGracefully()
    }
}
