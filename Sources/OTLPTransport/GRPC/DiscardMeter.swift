internal import NIOCore

/// Counts the bytes of a connection that no call takes, and closes it where they become too many.
///
/// They are what a sender still sends of calls that were refused, which the HTTP/2 handler drops, and the little that
/// frames and headers need. A new call begins the count anew, as over HTTP: so only a sender that goes on regardless
/// is cut off. Stands before the HTTP/2 handler; everything happens on the connection's event loop.
final class DiscardMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limitBytes: Int
    private(set) var discardedBytes = 0

    /// - Parameter limitBytes: More than so many, and the connection is closed.
    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Notes bytes that a call took.
    func take(_ count: Int) { self.discardedBytes = max(0, self.discardedBytes - count) }

    /// Notes that a call began.
    func begin() { self.discardedBytes = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.discardedBytes += self.unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Streams get what was read now; what they take is no longer counted after it.
        context.fireChannelReadComplete()
        if self.discardedBytes > self.limitBytes { context.close(promise: nil) }
    }
}
