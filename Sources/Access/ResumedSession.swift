internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Judges the certificate of a session that is taken up again (RFC 8446, section 2.2).
///
/// Its handshake shows none: the certificate is that of the first handshake, and nobody has judged it since. Stands
/// behind the TLS handler, until the handshake is over.
final class ResumedSession: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let tls: NIOSSLServerHandler
    private let connection: DoorConnection
    private let isGood: ([NIOSSLCertificate]) -> Bool

    init(
        _ tls: NIOSSLServerHandler,
        _ connection: DoorConnection,
        isGood: @escaping ([NIOSSLCertificate]) -> Bool
    ) {
        self.tls = tls
        self.connection = connection
        self.isGood = isGood
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        if self.connection.identity == nil, let certificate = self.tls.peerCertificate {
            // The authority signs all certificates itself, so that one makes a chain.
            guard self.isGood([certificate]) else { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
