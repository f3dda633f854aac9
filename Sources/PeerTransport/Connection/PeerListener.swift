internal import Cluster
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// Takes connections of peers.
package final class PeerListener: Sendable {
    private let channel: any Channel
    private let gauge: Gauge

    /// Connections that stand.
    package var openConnections: Int { self.gauge.count }
    /// Connections that were closed because there were too many.
    package var refusedConnections: UInt64 { self.gauge.refused }
    /// The address that it really has; nil once it is closed.
    package var localAddress: SocketAddress? { self.channel.localAddress }

    private final class Gauge: Sendable {
        private let state = Mutex<(count: Int, refused: UInt64)>((0, 0))
        let limit: Int

        init(limit: Int) { self.limit = limit }

        var count: Int { self.state.withLock { $0.count } }
        var refused: UInt64 { self.state.withLock { $0.refused } }

        func enter() -> Bool {
            self.state.withLock { state in
                guard state.count < self.limit else {
                    state.refused += 1
                    return false
                }
                state.count += 1
                return true
            }
        }

        func leave() { self.state.withLock { $0.count -= 1 } }
    }

    /// Listens; connections are served on one event loop.
    ///
    /// - Parameters:
    ///   - address: Port 0 lets the system choose.
    ///   - loop: Owns the connections.
    ///   - tls: What is shown, and how peers are judged.
    ///   - connectionsMax: Further ones are closed; a quarter of them, 256 at most, may not have greeted yet.
    ///   - limits: Of each connection.
    ///   - makeOwner: Gives the owner of a new connection, on the loop; it is held weakly.
    /// - Throws: `IOError` where the address cannot be bound.
    package init(
        at address: SocketAddress,
        on loop: any EventLoop,
        tls: PeerTLS,
        connectionsMax: Int,
        limits: PeerConnection.Limits = .init(),
        makeOwner: @escaping @Sendable () -> any PeerConnectionOwner
    ) async throws {
        let gauge = Gauge(limit: connectionsMax)
        self.gauge = gauge
        let lobby = NIOLoopBoundBox.makeBoxSendingValue(
            Lobby<PeerConnection>(connectionsMax: connectionsMax),
            eventLoop: loop
        )
        self.channel = try await ServerBootstrap(group: loop, childGroup: loop)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(PeerSocket.userTimeout, value: PeerSocket.userTimeoutMilliseconds)
            .childChannelOption(.recvAllocator, value: PeerSocket.receiveAllocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard gauge.enter() else {
                        channel.close(promise: nil)
                        return
                    }
                    channel.closeFuture.whenComplete { _ in gauge.leave() }
                    let from = channel.remoteAddress?.description ?? "unknown"
                    let host = channel.remoteAddress?.ipAddress ?? ""
                    let connection = PeerConnection(
                        .server,
                        address: from,
                        on: channel.eventLoop,
                        owner: makeOwner(),
                        limits: limits
                    )
                    try connection.install(on: channel, tls)
                    connection.greeted = { [unowned connection] in lobby.value.leave(connection, from: host) }
                    let bound = NIOLoopBound(connection, eventLoop: loop)
                    channel.closeFuture.whenComplete { _ in lobby.value.leave(bound.value, from: host) }
                    guard let other = lobby.value.enter(connection, from: host) else { return }
                    other.fail("too many connections have not greeted yet", as: .crowded)
                }
            }
            .bind(to: address)
            .get()
    }

    /// Takes no further connections; those that stand stay.
    package func close() async { try? await self.channel.close() }
}
