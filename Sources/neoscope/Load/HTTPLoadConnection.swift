internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// OTLP over HTTP/1.1 on one kept-alive connection.
struct HTTPLoadConnection: LoadConnection {
    private let channel: any Channel
    private let address: LoadRoute.Address

    /// Connects; `group` lends the event loop, and `tls` encrypts where there is one.
    init(to address: LoadRoute.Address, tls: LoadTLS?, group: any EventLoopGroup) async throws {
        self.address = address
        let (channel, isSecured) = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let isSecured = try tls?.install(on: channel, to: address)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(HTTPLoadHandler())
                    return (channel, isSecured)
                }
            }
        self.channel = channel
        try await isSecured?.get()
    }

    func send(_ request: LoadRequest) async throws -> LoadOutcome {
        // What says how the body is to be read is not the user's to change.
        var headers = HTTPHeaders(request.route.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "host", value: self.address.description)
        headers.replaceOrAdd(name: "content-length", value: String(request.body.readableBytes))
        headers.replaceOrAdd(
            name: "content-type",
            value: request.isJSON ? "application/json" : "application/x-protobuf"
        )
        headers.remove(name: "content-encoding")
        if request.isCompressed { headers.add(name: "content-encoding", value: "gzip") }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: request.route.path,
            headers: headers
        )
        let promise = self.channel.eventLoop.makePromise(of: LoadOutcome.self)
        // A connection that ended before this request has no handler any more that could fail the promise.
        self.channel.writeAndFlush(
            HTTPLoadHandler.Exchange(head: head, body: request.body, promise: promise)
        ).whenFailure { promise.fail($0) }
        return try await promise.futureResult.get()
    }

    func close() async { try? await self.channel.close() }
}

/// Writes a request and completes its promise with the answer.
private final class HTTPLoadHandler: ChannelDuplexHandler {
    struct Exchange: Sendable {
        var head: HTTPRequestHead
        var body: ByteBuffer
        var promise: EventLoopPromise<LoadOutcome>
    }

    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    private var promise: EventLoopPromise<LoadOutcome>?
    private var outcome = LoadOutcome.accepted

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = self.unwrapOutboundIn(data)
        self.promise = exchange.promise
        context.write(self.wrapOutboundOut(.head(exchange.head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(exchange.body))), promise: nil)
        context.write(self.wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            let code = Int(head.status.code)
            self.outcome =
                code == 200
                ? .accepted
                : .refused(status: "HTTP \(code)", isRetryable: [429, 502, 503, 504].contains(code))
        case .body: break
        case .end: self.finish(.success(self.outcome))
        }
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
