internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Encrypts connections of load: checks the server's certificate and name, shows the own certificate where there is one.
struct LoadTLS: Sendable {
    private let context: NIOSSLContext

    /// - Parameters:
    ///   - credentials: What is shown and trusted.
    ///   - isGRPC: Whether HTTP/2 is spoken inside.
    /// - Throws: `CommandFailure` where files cannot be read or do not fit together.
    init(_ credentials: ClientCredentials, isGRPC: Bool) throws {
        var configuration = try credentials.tls()
        configuration.applicationProtocols = [isGRPC ? "h2" : "http/1.1"]
        self.context = try NIOSSLContext(configuration: configuration)
    }

    /// Puts TLS at the head of a connection's handlers.
    ///
    /// - Returns: Done once the server is known to be the one that was meant.
    func install(on channel: any Channel, to address: LoadRoute.Address) throws -> EventLoopFuture<Void> {
        // An address is no name that a handshake may ask for; it is looked for in the certificate all the same.
        let isAddress = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        let watch = HandshakeWatch(channel.eventLoop.makePromise())
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOSSLClientHandler(context: self.context, serverHostname: isAddress ? nil : address.host)
        )
        try pipeline.addHandler(watch)
        return watch.done.futureResult
    }
}

/// Waits for the end of the handshake, good or bad.
private final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let done: EventLoopPromise<Void>

    init(_ done: EventLoopPromise<Void>) { self.done = done }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { self.done.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.done.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.done.fail(LoadFailure.closed)
        context.fireChannelInactive()
    }

    // Where nothing listens, the connection ends without ever having begun.
    func handlerRemoved(context: ChannelHandlerContext) { self.done.fail(LoadFailure.closed) }
}
