internal import NIOCore
internal import NIOHTTP2

/// Closes an HTTP/2 connection that has had no stream and no traffic for the idle time.
///
/// Streams are watched one by one; so a connection with a stream is left alone.
final class IdleConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private var openStreams = 0

    /// Counts a stream until it closes; to be called on the connection's event loop.
    func watch(_ stream: any Channel) {
        self.openStreams += 1
        let bound = NIOLoopBound(self, eventLoop: stream.eventLoop)
        stream.closeFuture.whenComplete { _ in bound.value.openStreams -= 1 }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard self.openStreams == 0 else { return }
        let farewell = HTTP2Frame(
            streamID: .rootStream,
            payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
        )
        context.writeAndFlush(self.wrapOutboundOut(farewell), promise: nil)
        context.close(promise: nil)
    }
}
