package import Cluster
package import NIOCore
internal import NIOTLS
internal import Telemetry

/// What a connection tells whoever owns it; everything on the connection's event loop.
package protocol PeerConnectionOwner: AnyObject {
    /// TLS stands; a caller says hello now.
    func secured(_ connection: PeerConnection)

    /// A message came, other than the signs of life.
    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection)

    /// The connection is closed; called once, also where it never stood.
    func closed(_ connection: PeerConnection, because reason: String)
}

/// One connection of the peer protocol: frames messages, bounds them, and keeps the connection alive.
///
/// Belongs to its event loop.
package final class PeerConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Bounds and times of every connection.
    package struct Limits: Sendable {
        /// From the connection's begin to its welcome.
        package var greetingTimeout = TimeAmount.seconds(10)
        /// A side that has nothing to say shows so often that it lives.
        package var pingInterval = TimeAmount.seconds(2)
        /// A side that showed nothing for so long is given up.
        package var silenceMax = TimeAmount.seconds(10)
        /// A side that does not read gets no more than so many bytes ahead.
        package var pendingBytesMax = 256 << 20

        /// The bounds of the product.
        package init() {}
    }

    /// Who it was called by, or calls: as text for logs.
    package let address: String
    /// Whether this side called.
    package let side: PeerSide
    /// What the other side may send in one message; rises with the greeting.
    package var bodyBytesMax = PeerProtocol.greetingBytesMax
    /// What the certificate says; nil before TLS stands.
    package var certificate: PeerCertificate? { self.box.certificate }
    /// Whether both sides have greeted.
    package private(set) var isOpen = false

    private let limits: Limits
    private let box = PeerBox()
    private weak var owner: (any PeerConnectionOwner)?
    private var context: ChannelHandlerContext?
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var isFlushScheduled = false
    private var isClosed = false
    private var closeReason: String?
    private var pendingBytes = 0
    private var lastReceived = NIODeadline.now()
    private var lastSent = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(_ side: PeerSide, address: String, owner: any PeerConnectionOwner, limits: Limits) {
        self.side = side
        self.address = address
        self.owner = owner
        self.limits = limits
    }

    /// Puts TLS and the connection into a channel that is about to begin; on its event loop.
    func install(on channel: any Channel, _ tls: PeerTLS) throws {
        try tls.install(on: channel, as: self.side, self.box)
        try channel.pipeline.syncOperations.addHandler(self)
    }

    // MARK: - Sending

    /// Sends a message; nothing where the connection is closed.
    package func send(_ kind: PeerMessageKind, request: UInt64 = 0, flags: UInt8 = 0, _ body: [UInt8] = []) {
        self.write(PeerHeader(kind, bodyBytes: body.count, request: request, flags: flags)) { buffer in
            buffer.writeBytes(body)
        }
    }

    /// Sends a frame; nothing where the connection is closed.
    package func send(
        _ kind: PeerMessageKind,
        request: UInt64,
        _ delivery: Delivery,
        frame: [UInt8]
    ) {
        var front = ByteWriter(reserving: 16)
        delivery.encode(into: &front)
        let header = PeerHeader(kind, bodyBytes: front.bytes.count + frame.count, request: request)
        self.write(header) { buffer in
            buffer.writeBytes(front.bytes)
            buffer.writeBytes(frame)
        }
    }

    /// Both sides have greeted: only messages of the purpose's size are taken from now on.
    package func open(for purpose: ConnectionPurpose) {
        self.isOpen = true
        self.bodyBytesMax = purpose.bodyBytesMax
    }

    /// Closes the connection, and tells the other side why.
    package func close(_ reason: String, saying kind: PeerMessageKind = .goodbye, _ body: [UInt8]? = nil) {
        guard !self.isClosed, self.closeReason == nil else { return }
        self.send(kind, body ?? ShortText.encoded(reason))
        self.closeReason = reason
        self.flush()
        self.context?.close(promise: nil)
    }

    private func write(_ header: PeerHeader, _ body: (inout ByteBuffer) -> Void) {
        guard !self.isClosed, self.closeReason == nil, self.context != nil else { return }
        var head = ByteWriter(reserving: PeerProtocol.headerBytes)
        header.encode(into: &head)
        self.outbound.writeBytes(head.bytes)
        body(&self.outbound)
        self.lastSent = .now()
        if self.outbound.readableBytes >= 256 << 10 { return self.flush() }
        guard !self.isFlushScheduled, let context = self.context else { return }
        self.isFlushScheduled = true
        // Behind whatever else this turn of the loop has to say: one record of TLS for all of it.
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { connection.value.flush() }
    }

    private func flush() {
        self.isFlushScheduled = false
        guard let context = self.context, self.outbound.readableBytes > 0 else { return }
        let bytes = self.outbound
        self.outbound = context.channel.allocator.buffer(capacity: 4096)
        self.pendingBytes += bytes.readableBytes
        let count = bytes.readableBytes
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(bytes)).whenComplete { _ in
            connection.value.pendingBytes -= count
        }
        if self.pendingBytes > self.limits.pendingBytesMax {
            self.fail("the other side does not read what it is sent", context)
        }
    }

    // MARK: - Receiving

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.scheduleCheck(context, after: self.limits.greetingTimeout)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.end("the connection ended") }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            // A session that was resumed brings no certificate along: nobody resumes here.
            guard self.certificate != nil else {
                return self.fail("the peer showed no certificate", context)
            }
            self.owner?.secured(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        self.lastReceived = .now()
        if self.inbound.readableBytes == 0 {
            self.inbound = bytes
        } else {
            self.inbound.writeBuffer(&bytes)
        }
        while let (header, body) = self.nextMessage(context) {
            switch PeerMessageKind(rawValue: header.kind) {
            case .ping: self.send(.pong, request: header.request)
            case .pong: break
            case .goodbye:
                self.closeReason = "the other side said: \(ShortText.decoded(body.readableBytesSpan))"
                context.close(promise: nil)
            default: self.owner?.received(header, body, on: self)
            }
            if self.isClosed || self.closeReason != nil { return }
        }
        self.inbound.discardReadBytes()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.end("the connection ended")
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(self.box.objection.map { "certificate refused: \($0)" } ?? "\(error)", context)
    }

    private func nextMessage(_ context: ChannelHandlerContext) -> (PeerHeader, ByteBuffer)? {
        guard let header = PeerHeader.decoded(self.inbound.readableBytesSpan) else { return nil }
        guard Int(header.bodyBytes) <= self.bodyBytesMax else {
            let limit = self.bodyBytesMax
            self.close("expected a message of at most \(limit) bytes, not \(header.bodyBytes)")
            return nil
        }
        let length = PeerProtocol.headerBytes + Int(header.bodyBytes)
        guard self.inbound.readableBytes >= length else {
            self.inbound.reserveCapacity(minimumWritableBytes: length - self.inbound.readableBytes)
            return nil
        }
        self.inbound.moveReaderIndex(forwardBy: PeerProtocol.headerBytes)
        guard let body = self.inbound.readSlice(length: Int(header.bodyBytes)) else { return nil }
        return (header, body)
    }

    // MARK: - Life

    private func scheduleCheck(_ context: ChannelHandlerContext, after delay: TimeAmount) {
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(in: delay) { connection.value.check() }
    }

    private func check() {
        guard !self.isClosed, let context = self.context else { return }
        guard self.isOpen else { return self.fail("no greeting within the time for it", context) }
        let now = NIODeadline.now()
        guard now - self.lastReceived < self.limits.silenceMax else {
            return self.fail("the other side shows no sign of life", context)
        }
        if now - self.lastSent >= self.limits.pingInterval { self.send(.ping) }
        self.scheduleCheck(context, after: self.limits.pingInterval)
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        if self.closeReason == nil { self.closeReason = reason }
        context.close(promise: nil)
    }

    /// Tells the owner that the connection could not even be tried.
    func neverStood(_ reason: String, on loop: any EventLoop) {
        let connection = NIOLoopBound(self, eventLoop: loop)
        loop.execute { connection.value.end(reason) }
    }

    private func end(_ reason: String) {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.timer?.cancel()
        self.context = nil
        self.owner?.closed(self, because: self.closeReason ?? reason)
        self.owner = nil
    }
}
