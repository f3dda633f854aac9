internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import NIOPosix

/// OTLP over gRPC: one HTTP/2 connection, a stream per request.
struct GRPCLoadConnection: LoadConnection {
    private let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let address: LoadRoute.Address

    /// Connects; `group` lends the event loop, and `tls` encrypts where there is one (prior knowledge otherwise).
    init(to address: LoadRoute.Address, tls: LoadTLS?, group: any EventLoopGroup) async throws {
        self.address = address
        // The pipeline must stand before the first byte of the server arrives.
        let (channel, multiplexer, isSecured) = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let isSecured = try tls?.install(on: channel, to: address)
                    let multiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                        mode: .client,
                        connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration(),
                        streamConfiguration: NIOHTTP2Handler.StreamConfiguration(),
                        inboundStreamInitializer: { $0.close() }
                    )
                    return (channel, multiplexer, isSecured)
                }
            }
        (self.channel, self.multiplexer) = (channel, multiplexer)
        try await isSecured?.get()
    }

    func send(_ request: LoadRequest) async throws -> LoadOutcome {
        let promise = self.channel.eventLoop.makePromise(of: LoadOutcome.self)
        let stream = self.channel.eventLoop.makePromise(of: (any Channel).self)
        self.multiplexer.createStreamChannel(promise: stream) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(GRPCLoadHandler(promise))
            }
        }
        let channel: any Channel
        do { channel = try await stream.futureResult.get() } catch {
            promise.fail(error)
            throw error
        }
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": self.address.isSecure ? "https" : "http",
            ":path": request.signal.grpcPath,
            ":authority": self.address.description,
        ]
        headers.add(contentsOf: request.route.headers.map { ($0.name, $0.value) })
        // What says how the message is to be read is not the user's to change.
        headers.replaceOrAdd(name: "content-type", value: "application/grpc")
        headers.replaceOrAdd(name: "te", value: "trailers")
        headers.remove(name: "grpc-encoding")
        if request.isCompressed { headers.add(name: "grpc-encoding", value: "gzip") }
        var message = channel.allocator.buffer(capacity: 5 + request.body.readableBytes)
        message.writeInteger(UInt8(request.isCompressed ? 1 : 0))
        message.writeInteger(UInt32(request.body.readableBytes))
        message.writeImmutableBuffer(request.body)
        channel.write(HTTP2Frame.FramePayload.headers(.init(headers: headers)), promise: nil)
        channel.writeAndFlush(
            HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(message), endStream: true)),
            promise: nil
        )
        return try await promise.futureResult.get()
    }

    func close() async { try? await self.channel.close() }
}

/// Reads the trailers of one call.
private final class GRPCLoadHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload

    private var promise: EventLoopPromise<LoadOutcome>?

    init(_ promise: EventLoopPromise<LoadOutcome>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(let payload) = self.unwrapInboundIn(data),
            let status = payload.headers.first(name: "grpc-status")
        else { return }
        // UNAVAILABLE asks to come back (OTLP specification, "Failures").
        self.finish(
            .success(
                status == "0" ? .accepted : .refused(status: "gRPC \(status)", isRetryable: status == "14")
            )
        )
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish(.failure(LoadFailure.closed))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish(.failure(error))
        context.close(promise: nil)
    }

    private func finish(_ result: Result<LoadOutcome, any Error>) {
        self.promise?.completeWith(result)
        self.promise = nil
    }
}
