internal import Logging
package import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOPosix
package import Pipeline
package import Telemetry

/// The two OTLP listeners over one set of edges: one edge per event loop.
package final class OTLPServer: Sendable {
    /// Where and how to listen.
    package struct Options: Sendable {
        package var http: SocketAddress
        package var grpc: SocketAddress
        package var limits: IngestLimits
        package var crossOrigin: CrossOrigin

        package init(http: SocketAddress, grpc: SocketAddress, limits: IngestLimits, crossOrigin: CrossOrigin) {
            self.http = http
            self.grpc = grpc
            self.limits = limits
            self.crossOrigin = crossOrigin
        }
    }

    package let gauge = IngestGauge()
    private let doors: [(loop: any EventLoop, door: NIOLoopBound<EdgeDoor>)]
    private let ledgers: [EdgeLedger]
    private let listeners: [any Channel]

    /// The address each listener really has.
    package var httpAddress: SocketAddress? { self.listeners[0].localAddress }
    package var grpcAddress: SocketAddress? { self.listeners[1].localAddress }

    /// Binds both listeners; connections are served from then on.
    ///
    /// - Parameters:
    ///   - group: Each of its event loops gets an edge with the run id that `makeRun` draws.
    ///   - edge: What the edges may do.
    package init(
        options: Options,
        edge: EdgeOptions,
        group: any EventLoopGroup,
        sink: any FrameSink,
        makeRun: @escaping @Sendable () -> RunID,
        now: @escaping @Sendable () -> ClusterTime
    ) async throws {
        var doors: [(loop: any EventLoop, door: NIOLoopBound<EdgeDoor>)] = []
        var ledgers: [EdgeLedger] = []
        for loop in group.makeIterator() {
            let ledger = EdgeLedger()
            ledgers.append(ledger)
            let door = try await loop.submit {
                NIOLoopBound(
                    EdgeDoor(
                        loop: loop,
                        sink: sink,
                        options: edge,
                        run: makeRun(),
                        stagedBytesMax: options.limits.stagedBytesMax,
                        ledger: ledger,
                        now: now
                    ),
                    eventLoop: loop
                )
            }.get()
            doors.append((loop, door))
        }
        self.doors = doors
        self.ledgers = ledgers
        let serve = Acceptor(doors: doors, limits: options.limits, gauge: self.gauge, crossOrigin: options.crossOrigin)
        let http = try await Self.bootstrap(group) { try serve.http($0) }.bind(to: options.http).get()
        do {
            let grpc = try await Self.bootstrap(group) { try serve.grpc($0) }.bind(to: options.grpc).get()
            self.listeners = [http, grpc]
        } catch {
            try? await http.close()
            throw error
        }
    }

    /// The accounts of all edges together.
    package var accounts: EdgeAccounts {
        var sum = EdgeAccounts()
        for ledger in self.ledgers { sum.add(ledger.accounts) }
        return sum
    }

    /// Adds measurements of the host or of the program itself to the first edge's open window.
    package func add(_ values: [(series: Series, value: SlotValue)]) {
        guard let (loop, door) = self.doors.first else { return }
        loop.execute { door.value.add(values) }
    }

    /// Hands slots of an earlier process to the first edge.
    package func recover(_ slots: [Slot]) {
        guard let (loop, door) = self.doors.first, !slots.isEmpty else { return }
        loop.execute { door.value.recover(slots) }
    }

    /// Stops listening, closes all windows, and returns when everything accepted is safe.
    package func close() async {
        for listener in self.listeners { try? await listener.close() }
        for (loop, door) in self.doors {
            await withCheckedContinuation { continuation in
                loop.execute { door.value.finish { continuation.resume() } }
            }
        }
    }

    private static func bootstrap(
        _ group: any EventLoopGroup,
        _ initialise: @escaping @Sendable (any Channel) throws -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16384, maximum: 256 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialise(channel) }
            }
    }
}

/// Sets up accepted connections with the door of their event loop.
private struct Acceptor: Sendable {
    let doors: [(loop: any EventLoop, door: NIOLoopBound<EdgeDoor>)]
    let limits: IngestLimits
    let gauge: IngestGauge
    let crossOrigin: CrossOrigin

    func http(_ channel: any Channel) throws {
        guard let door = try self.admit(channel) else { return }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(self.limits.idleSeconds)))
        try pipeline.addHandler(
            OTLPHTTPHandler(door: door, limits: self.limits, gauge: self.gauge, crossOrigin: self.crossOrigin)
        )
    }

    func grpc(_ channel: any Channel) throws {
        guard let door = try self.admit(channel) else { return }
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
            HTTP2Setting(parameter: .initialWindowSize, value: 4 << 20),
            HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20),
        ]
        connection.targetWindowSize = 16 << 20
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 4 << 20
        let bound = NIOLoopBound(door, eventLoop: channel.eventLoop)
        let limits = self.limits
        let gauge = self.gauge
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: connection,
            streamConfiguration: stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(
                    OTLPGRPCHandler(door: bound.value, limits: limits, gauge: gauge)
                )
            }
        }
    }

    /// Counts the connection and finds its door; closes it where there are too many.
    private func admit(_ channel: any Channel) throws -> EdgeDoor? {
        let gauge = self.gauge
        channel.closeFuture.whenComplete { _ in gauge.close() }
        guard self.gauge.open(limit: self.limits.connectionsMax) else {
            channel.close(promise: nil)
            return nil
        }
        return self.doors.first { $0.loop === channel.eventLoop }?.door.value
    }
}
