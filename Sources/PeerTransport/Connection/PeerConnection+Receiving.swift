internal import Cluster
package import NIOCore
internal import Telemetry

extension PeerConnection {
    /// Takes bytes behind TLS, and hands on the messages in them.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whoever was told that it is over may still have things on the way.
        guard !self.isClosed, self.closeReason == nil else { return }
        var bytes = self.unwrapInboundIn(data)
        self.lastReceived = self.loop.now
        if self.inbound.readableBytes == 0 {
            self.inbound = bytes
        } else {
            // Grows to a power of two: a large message is moved a few times, whatever it says of its length.
            self.inbound.writeBuffer(&bytes)
        }
        while let (header, body) = self.nextMessage() {
            self.take(header, body)
            if self.isClosed || self.closeReason != nil {
                self.inbound = ByteBuffer()
                return
            }
        }
        guard !self.isClosed, self.closeReason == nil else { return }
        self.inbound.discardReadBytes()
        self.memory?.hold(self.inbound.readableBytes, for: self)
    }

    private func take(_ header: PeerHeader, _ body: ByteBuffer) {
        switch PeerMessageKind(rawValue: header.kind) {
        case .ping: self.send(.pong, request: header.request)
        case .pong: break
        case .goodbye: self.fail("the other side said: \(ShortText.decoded(body.readableBytesSpan))")
        case .frame, .copy:
            self.window?.take(header.request, bytes: Int(header.bodyBytes))
            self.owner?.received(header, body, on: self)
        default: self.owner?.received(header, body, on: self)
        }
    }

    private func nextMessage() -> (PeerHeader, ByteBuffer)? {
        guard let header = PeerHeader.decoded(self.inbound.readableBytesSpan) else { return nil }
        // Judged by its header, before there is any of its body.
        if let (reason, offence) = self.objection(to: header) {
            self.close(reason, as: offence)
            return nil
        }
        guard self.inbound.readableBytes >= PeerProtocol.headerBytes + Int(header.bodyBytes) else {
            return nil
        }
        self.inbound.moveReaderIndex(forwardBy: PeerProtocol.headerBytes)
        guard let body = self.inbound.readSlice(length: Int(header.bodyBytes)) else { return nil }
        return (header, body)
    }

    private func objection(to header: PeerHeader) -> (String, Rejection.Reason)? {
        let kind = PeerMessageKind(rawValue: header.kind)
        let limit = min(self.bodyBytesMax, kind?.bodyBytesMax ?? self.bodyBytesMax)
        guard Int(header.bodyBytes) <= limit else {
            return ("expected a message of at most \(limit) bytes, not \(header.bodyBytes)", .malformed)
        }
        guard kind == .frame || kind == .copy, let window = self.window,
            !window.allows(header.request, bytes: Int(header.bodyBytes))
        else { return nil }
        return (
            "expected frames of at most \(window.bytes) bytes without an answer, each with a number of its own; "
                + "there are \(window.outstanding), and \(header.bodyBytes) more came",
            .flow
        )
    }
}

extension PeerMessageKind {
    /// The largest body of this kind; nil where only the connection bounds it.
    fileprivate var bodyBytesMax: Int? {
        switch self {
        case .ping, .pong: 0
        case .goodbye, .window, .failure: 4 << 10
        case .summary, .fetch: PeerProtocol.summaryBytesMax
        case .read: PeerProtocol.questionBytesMax
        default: nil
        }
    }
}
