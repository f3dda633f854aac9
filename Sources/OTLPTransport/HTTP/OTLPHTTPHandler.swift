internal import Compression
internal import NIOCore
internal import NIOHTTP1
internal import OTLP
internal import Pipeline
internal import Telemetry

/// One HTTP/1.1 connection of the OTLP door: gathers a body, hands it to the edge, answers when it is safe.
///
/// OTLP specification 1.x, "OTLP/HTTP": `POST /v1/{traces,metrics,logs}`, protobuf or JSON by Content-Type, gzip by
/// Content-Encoding, answers in the request's encoding.
final class OTLPHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between two requests.
        case idle
        /// A body is coming in.
        case receiving(Exchange, ByteBuffer)
        /// The request was answered already; what is left of its body is thrown away.
        case discarding
        /// The answer waits for the disk.
        case answering
    }

    private let door: EdgeDoor
    private let caller: Caller
    private let limits: IngestLimits
    private let gauge: IngestGauge
    private let crossOrigin: CrossOrigin
    private var state = State.idle
    private var reserved = 0
    /// Bytes of an answered request's body that were thrown away.
    private var discardedBytes = 0
    /// Whether the connection ends with the request that is being discarded.
    private var closesAfterRequest = false
    private var isInputClosed = false

    init(
        door: EdgeDoor,
        caller: Caller,
        limits: IngestLimits,
        gauge: IngestGauge,
        crossOrigin: CrossOrigin
    ) {
        self.door = door
        self.caller = caller
        self.limits = limits
        self.gauge = gauge
        self.crossOrigin = crossOrigin
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.begin(head, context)
        case .body(let part): self.take(part, context)
        case .end: self.end(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.release()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            // A sender that stalls in the middle of a body, or says nothing at all, gives its place up. One whose
            // answer waits for the disk stays.
            if case .answering = self.state { return }
            context.close(promise: nil)
        } else if case .inputClosed = event as? ChannelEvent {
            // The sender has said all it will; one that waits for an answer still gets it.
            self.isInputClosed = true
            if case .answering = self.state { return }
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that breaks its protocol is closed; what was accepted from it stays.
        context.close(promise: nil)
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let exchange = Exchange(head, self.crossOrigin)
        self.state = .discarding
        self.discardedBytes = 0
        guard !exchange.isForeign else {
            return self.answer(
                exchange.failure(.forbidden, .permissionDenied, "this origin is not among otlp.cors_origins"),
                context
            )
        }
        if head.method == .OPTIONS, exchange.origin != nil {
            return self.answer(exchange.preflight(), context)
        }
        let authorization = head.headers.first(name: "authorization")
        if let refusal = self.caller.refusal(authorization: authorization) {
            return self.answer(exchange.failure(refusal), context)
        }
        guard let signal = exchange.signal else {
            return self.answer(
                exchange.failure(
                    .notFound,
                    .notFound,
                    "no such path: POST to /v1/traces, /v1/metrics or /v1/logs"
                ),
                context
            )
        }
        guard head.method == .POST else {
            return self.answer(
                exchange.failure(
                    .methodNotAllowed,
                    .unimplemented,
                    "expected POST, not \(head.method.rawValue)"
                ),
                context
            )
        }
        guard exchange.encoding != nil else {
            return self.refuse(
                .unsupported("expected Content-Type application/x-protobuf or application/json"),
                exchange,
                signal,
                context
            )
        }
        guard exchange.compression != .unknown else {
            return self.refuse(
                .unsupported("expected Content-Encoding gzip or none"),
                exchange,
                signal,
                context
            )
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= self.limits.requestBytesMax else {
            return self.refuse(.tooLarge(limitBytes: self.limits.requestBytesMax), exchange, signal, context)
        }
        self.state = .receiving(exchange, context.channel.allocator.buffer(capacity: min(length, 1 << 20)))
        if exchange.awaitsContinue {
            let interim = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(self.wrapOutboundOut(.head(interim)), promise: nil)
        }
    }

    private func take(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .receiving(let exchange, var body) = self.state, let signal = exchange.signal else {
            return self.discard(part.readableBytes, context)
        }
        // The buffer is moved out of the state, so that appending does not copy it.
        self.state = .discarding
        let count = part.readableBytes
        guard body.readableBytes + count <= self.limits.requestBytesMax else {
            return self.refuse(.tooLarge(limitBytes: self.limits.requestBytesMax), exchange, signal, context)
        }
        guard self.gauge.reserve(count, limit: self.limits.inFlightBytesMax) else {
            return self.refuse(.overloaded(retryAfterSeconds: 1), exchange, signal, context)
        }
        self.reserved += count
        body.writeImmutableBuffer(part)
        self.state = .receiving(exchange, body)
    }

    private func end(_ context: ChannelHandlerContext) {
        guard case .receiving(let exchange, let body) = self.state, let signal = exchange.signal else {
            if case .discarding = self.state { self.state = .idle }
            if self.closesAfterRequest { context.close(promise: nil) }
            return
        }
        self.state = .answering
        do throws(Refusal) {
            self.deliver(try self.protobuf(body, exchange, signal, context), exchange, signal, context)
        } catch {
            self.release()
            self.answer(exchange.refusal(self.door.refuse(signal, error)), context)
            self.state = .idle
        }
    }

    /// Throws away what a sender still sends of a request that was answered, so that it gets to read the answer; one
    /// that sends without end is cut off.
    private func discard(_ count: Int, _ context: ChannelHandlerContext) {
        self.discardedBytes += count
        if self.discardedBytes > self.limits.discardedBytesMax { context.close(promise: nil) }
    }

    private func protobuf(
        _ body: ByteBuffer,
        _ exchange: Exchange,
        _ signal: Signal,
        _ context: ChannelHandlerContext
    ) throws(Refusal) -> ByteBuffer {
        var body = body
        if exchange.compression == .gzip {
            do throws(Gzip.Failure) {
                body = try Gzip.decompress(
                    body,
                    limit: self.limits.requestBytesMax,
                    allocator: context.channel.allocator
                )
            } catch {
                switch error {
                case .tooLarge: throw .tooLarge(limitBytes: self.limits.requestBytesMax)
                case .damaged: throw .malformed("the body is not a whole gzip stream")
                }
            }
        }
        guard exchange.encoding == .json else { return body }
        do throws(JSONFailure) {
            let json = Array(buffer: body)
            return ByteBuffer(bytes: try OTLPJSON.protobuf(from: json, as: exchange.otlpSignal))
        } catch { throw .malformed(String(describing: error)) }
    }

    private func deliver(
        _ body: ByteBuffer,
        _ exchange: Exchange,
        _ signal: Signal,
        _ context: ChannelHandlerContext
    ) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let pending = NIOLoopBound(PendingAnswer(), eventLoop: context.eventLoop)
        // What waits for the disk still counts as in flight, whether or not its sender is still there.
        let held = self.reserved
        self.reserved = 0
        let receipt = Receipt { refusal in
            let (handler, context) = bound.value
            handler.gauge.release(held)
            pending.value.settle(refusal)
            handler.answerIfReady(pending.value, exchange, context)
        }
        // A receipt may be paid inside the call: the answer leaves when both, fate and admission, are known.
        pending.value.note(self.door.receive(signal, body.readableBytesSpan, receipt))
        self.answerIfReady(pending.value, exchange, context)
    }

    private func answerIfReady(
        _ pending: PendingAnswer,
        _ exchange: Exchange,
        _ context: ChannelHandlerContext
    ) {
        guard let outcome = pending.take() else { return }
        switch outcome {
        case .refused(let refusal): self.answer(exchange.refusal(refusal), context)
        case .accepted(let admission): self.answer(exchange.acceptance(admission), context)
        }
        if case .answering = self.state { self.state = .idle }
    }

    private func refuse(
        _ refusal: Refusal,
        _ exchange: Exchange,
        _ signal: Signal,
        _ context: ChannelHandlerContext
    ) {
        self.release()
        // Too much at once is no reason to lose the connection; a body beyond the limit is.
        let closing = if case .tooLarge = refusal { true } else { false }
        self.answer(exchange.refusal(self.door.refuse(signal, refusal), closing: closing), context)
    }

    private func answer(_ answer: HTTPAnswer, _ context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(.head(answer.head)), promise: nil)
        if !answer.body.isEmpty {
            context.write(
                self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))),
                promise: nil
            )
        }
        let channel = context.channel
        // Closing while the sender still sends would reset the connection, and the answer might be lost with it.
        if answer.closes, case .discarding = self.state { self.closesAfterRequest = true }
        let closes = self.isInputClosed || answer.closes && !self.closesAfterRequest
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            if closes { channel.close(promise: nil) }
        }
    }

    private func release() {
        self.gauge.release(self.reserved)
        self.reserved = 0
    }
}
