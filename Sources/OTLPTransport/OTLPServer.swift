package import Access
package import NIOCore
internal import NIOPosix
package import Pipeline
package import Telemetry

/// The two OTLP listeners over one set of edges: one edge per event loop.
package final class OTLPServer: Sendable {
    /// Where and how to listen.
    package struct Options: Sendable {
        /// Address of the HTTP door; port 0 lets the system choose.
        package var http: SocketAddress
        /// Address of the gRPC door; port 0 lets the system choose.
        package var grpc: SocketAddress
        /// What guards the HTTP door.
        package var httpGate: Gate
        /// What guards the gRPC door.
        package var grpcGate: Gate
        /// What both doors take together.
        package var limits: IngestLimits
        /// Web pages that may send over HTTP.
        package var crossOrigin: CrossOrigin

        /// What both doors need to know; without gates, that they are open to this machine.
        package init(
            http: SocketAddress,
            grpc: SocketAddress,
            httpGate: Gate = .openLoopback,
            grpcGate: Gate = .openLoopback,
            limits: IngestLimits,
            crossOrigin: CrossOrigin
        ) {
            self.http = http
            self.grpc = grpc
            self.httpGate = httpGate
            self.grpcGate = grpcGate
            self.limits = limits
            self.crossOrigin = crossOrigin
        }
    }

    /// What all connections hold together.
    package let gauge = IngestGauge()
    private let doors: [(loop: any EventLoop, door: NIOLoopBound<EdgeDoor>)]
    private let ledgers: [EdgeLedger]
    private let listeners: [any Channel]

    /// The address that the HTTP listener really has; nil once it is closed.
    package var httpAddress: SocketAddress? { self.listeners[0].localAddress }

    /// The address that the gRPC listener really has; nil once it is closed.
    package var grpcAddress: SocketAddress? { self.listeners[1].localAddress }

    /// Whether both doors take connections.
    package var isListening: Bool { self.listeners.allSatisfy(\.isActive) }

    /// Binds both listeners; connections are served from then on.
    ///
    /// - Parameters:
    ///   - options: Where and how to listen.
    ///   - edge: What the edges may do.
    ///   - group: Each of its event loops gets an edge of its own.
    ///   - sink: Where frames become safe.
    ///   - makeRun: Draws the run id of each edge.
    ///   - now: Cluster time.
    /// - Throws: `IOError` where an address cannot be bound; nothing listens then.
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
        let serve = Acceptor(
            doors: doors,
            httpGate: options.httpGate,
            grpcGate: options.grpcGate,
            limits: options.limits,
            gauge: self.gauge,
            crossOrigin: options.crossOrigin
        )
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

    /// From now on, chunks of different groups travel in different frames.
    package func setGroups(_ groups: PartitionGroups) {
        for (loop, door) in self.doors { loop.execute { door.value.setGroups(groups) } }
    }

    /// Hands what earlier processes could not bring to its end to the first edge.
    ///
    /// - Parameters:
    ///   - frames: Of slots, to be brought again as they are.
    ///   - slots: That were not made, by their origin.
    ///   - recovered: Called once, on an event loop, when all of it is confirmed or will never be taken.
    package func recover(
        _ frames: [SealedFrame],
        _ slots: [(run: RunID, slots: [Slot])],
        recovered: @escaping @Sendable () -> Void = {}
    ) {
        guard let (loop, door) = self.doors.first else { return }
        loop.execute { door.value.recover(frames, slots, recovered: recovered) }
    }

    /// Stops listening, closes all windows, and returns when everything accepted is safe.
    ///
    /// Connections that are still open are told to come back.
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
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
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
