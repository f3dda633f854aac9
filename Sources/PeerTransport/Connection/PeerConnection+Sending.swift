package import Cluster
internal import NIOCore
internal import Telemetry

extension PeerConnection {
    /// Of answers in parts so much is written ahead of the other side.
    private static var partsAheadMax: Int { 4 << 20 }

    /// Sends a message; nothing where the connection is closed.
    package func send(_ kind: PeerMessageKind, request: UInt64 = 0, flags: UInt8 = 0, _ body: [UInt8] = []) {
        if kind == .outcome { self.window?.settle(request) }
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

    /// Sends an answer in parts, as fast as the other side reads them; other messages go in between.
    ///
    /// - Parameters:
    ///   - bytes: The whole answer.
    ///   - request: The question's.
    ///   - done: Called once all of it is written; not where the connection closes before.
    package func sendParts(_ bytes: [UInt8], request: UInt64, done: @escaping () -> Void) {
        guard !self.isClosed, self.closeReason == nil else { return }
        self.parts.add(bytes, request, done)
        self.pumpParts()
    }

    /// Closes the connection, and tells the other side why.
    package func close(
        _ reason: String,
        saying kind: PeerMessageKind = .goodbye,
        _ body: [UInt8]? = nil,
        as offence: Rejection.Reason? = nil
    ) {
        guard !self.isClosed, self.closeReason == nil else { return }
        guard self.context != nil else {
            self.closeReason = reason
            return self.neverStood(reason)
        }
        self.send(kind, body ?? ShortText.encoded(reason))
        self.flush()
        self.fail(reason, as: offence)
    }

    private func write(_ header: PeerHeader, _ body: (inout ByteBuffer) -> Void) {
        guard !self.isClosed, self.closeReason == nil, self.context != nil else { return }
        var head = ByteWriter(reserving: PeerProtocol.headerBytes)
        header.encode(into: &head)
        self.outbound.reserveCapacity(
            minimumWritableBytes: PeerProtocol.headerBytes + Int(header.bodyBytes)
        )
        self.outbound.writeBytes(head.bytes)
        body(&self.outbound)
        self.lastSent = self.loop.now
        if self.outbound.readableBytes >= 256 << 10 { return self.flush() }
        guard !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        // Behind whatever else this turn of the loop has to say: one record of TLS for all of it.
        let connection = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.execute {
            connection.value.isFlushScheduled = false
            connection.value.flush()
        }
    }

    private func flush() {
        guard let context = self.context, self.outbound.readableBytes > 0 else { return }
        let bytes = self.outbound
        self.outbound = context.channel.allocator.buffer(capacity: 4096)
        let count = bytes.readableBytes
        self.pendingBytes += count
        guard self.pendingBytes <= self.limits.pendingBytesMax else {
            return self.fail("the other side does not read what it is sent", as: .slow)
        }
        let connection = NIOLoopBound(self, eventLoop: self.loop)
        context.writeAndFlush(self.wrapOutboundOut(bytes)).whenComplete { _ in
            connection.value.written(count)
        }
    }

    private func written(_ count: Int) {
        self.pendingBytes -= count
        self.pumpParts()
    }

    private func pumpParts() {
        // What is written at once comes back here before it returns.
        guard !self.isPumping else { return }
        self.isPumping = true
        defer { self.isPumping = false }
        while !self.isClosed, self.closeReason == nil, self.pendingBytes < Self.partsAheadMax,
            let part = self.parts.next()
        {
            self.send(.part, request: part.request, flags: part.isLast ? PeerHeader.lastPart : 0, part.bytes)
            self.flush()
            part.done?()
        }
    }
}

/// Answers that go in parts: one part of each in turn.
struct PartQueue {
    struct Part {
        var request: UInt64
        var bytes: [UInt8]
        var isLast: Bool
        /// With the last part.
        var done: (() -> Void)?
    }

    private struct Answer {
        var bytes: [UInt8]
        var offset = 0
        var request: UInt64
        var done: () -> Void
    }

    /// A part has so many bytes at most.
    static let partBytes = 1 << 20

    private var answers: [Answer] = []

    mutating func add(_ bytes: [UInt8], _ request: UInt64, _ done: @escaping () -> Void) {
        self.answers.append(Answer(bytes: bytes, request: request, done: done))
    }

    mutating func next() -> Part? {
        guard !self.answers.isEmpty else { return nil }
        var answer = self.answers.removeFirst()
        let end = min(answer.offset + Self.partBytes, answer.bytes.count)
        let isLast = end == answer.bytes.count
        let part = Part(
            request: answer.request,
            bytes: Array(answer.bytes[answer.offset..<end]),
            isLast: isLast,
            done: isLast ? answer.done : nil
        )
        answer.offset = end
        if !isLast { self.answers.append(answer) }
        return part
    }
}
