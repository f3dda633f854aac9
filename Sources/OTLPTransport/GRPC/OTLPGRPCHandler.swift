internal import Compression
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import OTLP
internal import Pipeline
internal import Telemetry

/// One unary gRPC call of the OTLP door, on its own HTTP/2 stream.
///
/// gRPC over HTTP/2 protocol: a five-byte prefix (compressed flag, length) before the one message; the answer is
/// headers, one message, trailers with `grpc-status`. Refusals carry a `google.rpc.Status` with RetryInfo.
final class OTLPGRPCHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private static let prefixBytes = 5

    private let door: EdgeDoor
    private let caller: Caller
    private let limits: IngestLimits
    private let gauge: IngestGauge
    private let meter: DiscardMeter
    private var signal: (Signal, OTLPSignal)?
    private var compression: String?
    private var body = ByteBuffer()
    private var reserved = 0
    private var isBegun = false
    /// Whether the sender has said everything.
    private var isRequestEnded = false
    private var isAwaitingDisk = false
    private var isAnswered = false

    /// Memory that is kept for the body; zero once the call is answered.
    var heldBytes: Int { self.body.capacity }

    init(
        door: EdgeDoor,
        caller: Caller,
        limits: IngestLimits,
        gauge: IngestGauge,
        meter: DiscardMeter
    ) {
        self.door = door
        self.caller = caller
        self.limits = limits
        self.gauge = gauge
        self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .headers(let headers):
            self.isRequestEnded = headers.endStream
            // A second block of headers is trailers, which say nothing to us.
            if !self.isBegun { self.begin(headers.headers, context) }
            if headers.endStream { self.end(context) }
        case .data(let data):
            self.isRequestEnded = data.endStream
            if case .byteBuffer(let part) = data.data { self.take(part, context) }
            if data.endStream { self.end(context) }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.release()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // A sender that stalls in the middle of a message gives its room up; one that waits for the disk stays.
        if !self.isAwaitingDisk { context.close(promise: nil) }
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        self.isBegun = true
        self.meter.begin()
        self.signal =
            switch headers.first(name: ":path") {
            case "/opentelemetry.proto.collector.trace.v1.TraceService/Export": (.spans, .traces)
            case "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": (.points, .metrics)
            case "/opentelemetry.proto.collector.logs.v1.LogsService/Export": (.logs, .logs)
            default: nil
            }
        self.compression = headers.first(name: "grpc-encoding")
        guard headers.first(name: "content-type")?.hasPrefix("application/grpc") ?? false else {
            return self.turnAway(context)
        }
        if let refusal = self.caller.refusal(authorization: headers.first(name: "authorization")) {
            return self.fail(refusal, context)
        }
        guard self.signal != nil else {
            return self.fail(
                OTLPRefusal(
                    .unimplemented,
                    "no such method; expected Export of the trace, metrics or logs service"
                ),
                context
            )
        }
        if let compression = self.compression, compression != "gzip", compression != "identity" {
            self.fail(
                OTLPRefusal(.unimplemented, "grpc-encoding \(compression) is not gzip or identity"),
                context
            )
        }
    }

    /// Answers what is no gRPC at all (gRPC over HTTP/2, "Requests": 415 for another content type).
    private func turnAway(_ context: ChannelHandlerContext) {
        self.isAnswered = true
        self.finish([":status": "415"], context)
    }

    private func take(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !self.isAnswered, let (signal, _) = self.signal else { return }
        let count = part.readableBytes
        guard self.body.readableBytes + count <= self.limits.requestBytesMax + Self.prefixBytes else {
            return self.refuse(.tooLarge(limitBytes: self.limits.requestBytesMax), signal, context)
        }
        guard self.gauge.reserve(count, limit: self.limits.inFlightBytesMax) else {
            return self.refuse(.overloaded(retryAfterSeconds: 1), signal, context)
        }
        self.meter.take(count)
        self.reserved += count
        if self.body.capacity == 0, let length = part.messageLength, length <= self.limits.requestBytesMax {
            // The prefix tells how long the message is: one allocation, no growing by copying.
            self.body.reserveCapacity(Self.prefixBytes + length)
        }
        self.body.writeImmutableBuffer(part)
    }

    private func end(_ context: ChannelHandlerContext) {
        guard !self.isAnswered, let (signal, otlpSignal) = self.signal else { return }
        do throws(Refusal) {
            let message = try self.message(context)
            self.isAwaitingDisk = true
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let pending = NIOLoopBound(PendingAnswer(), eventLoop: context.eventLoop)
            // What waits for the disk still counts as in flight, whether or not its sender is still there.
            let held = self.reserved
            self.reserved = 0
            let receipt = Receipt { refusal in
                let (handler, context) = bound.value
                handler.gauge.release(held)
                handler.isAwaitingDisk = false
                pending.value.settle(refusal)
                handler.answerIfReady(pending.value, otlpSignal, context)
            }
            pending.value.note(self.door.receive(signal, message.readableBytesSpan, receipt))
            self.answerIfReady(pending.value, otlpSignal, context)
        } catch {
            self.refuse(error, signal, context)
        }
    }

    /// The message without its prefix, decompressed.
    private func message(_ context: ChannelHandlerContext) throws(Refusal) -> ByteBuffer {
        var body = ByteBuffer()
        swap(&body, &self.body)
        guard let flag: UInt8 = body.readInteger(), let length: UInt32 = body.readInteger(),
            Int(length) == body.readableBytes, flag <= 1
        else { throw .malformed("expected one gRPC message with a five-byte prefix") }
        guard flag == 1 else { return body }
        guard self.compression == "gzip" else {
            throw .malformed("the message is marked compressed but grpc-encoding names no gzip")
        }
        do throws(Gzip.Failure) {
            return try Gzip.decompress(
                body,
                limit: self.limits.requestBytesMax,
                allocator: context.channel.allocator
            )
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge(limitBytes: self.limits.requestBytesMax)
            case .damaged: throw .malformed("the message is not a whole gzip stream")
            }
        }
    }

    private func answerIfReady(
        _ pending: PendingAnswer,
        _ signal: OTLPSignal,
        _ context: ChannelHandlerContext
    ) {
        guard let outcome = pending.take() else { return }
        switch outcome {
        case .refused(let refusal): self.fail(refusal.status, context)
        case .accepted(let admission): self.succeed(admission.acceptance(signal).body(as: .protobuf), context)
        }
    }

    private func refuse(_ refusal: Refusal, _ signal: Signal, _ context: ChannelHandlerContext) {
        self.fail(self.door.refuse(signal, refusal).status, context)
    }

    private func succeed(_ body: [UInt8], _ context: ChannelHandlerContext) {
        guard !self.isAnswered else { return }
        self.isAnswered = true
        var message = context.channel.allocator.buffer(capacity: Self.prefixBytes + body.count)
        message.writeInteger(UInt8(0))
        message.writeInteger(UInt32(truncatingIfNeeded: body.count))
        message.writeBytes(body)
        self.write(.headers(.init(headers: Self.head)), context)
        self.write(.data(.init(data: .byteBuffer(message))), context)
        self.write(.headers(.init(headers: ["grpc-status": "0"], endStream: true)), context)
        context.flush()
    }

    private func fail(_ refusal: OTLPRefusal, _ context: ChannelHandlerContext) {
        guard !self.isAnswered else { return }
        self.isAnswered = true
        var headers = Self.head
        headers.add(name: "grpc-status", value: String(refusal.code.rawValue))
        headers.add(name: "grpc-message", value: Self.percentEncoded(refusal.message))
        var details: [UInt8] = []
        Base64.encode(refusal.body(as: .protobuf), into: &details)
        headers.add(name: "grpc-status-details-bin", value: String(decoding: details, as: UTF8.self))
        self.finish(headers, context)
    }

    /// Writes headers that end the stream, and asks a sender that has not said everything to stop.
    ///
    /// RFC 9113, section 8.1: RST_STREAM with NO_ERROR after a complete answer. The stream is gone with it: what still
    /// arrives is dropped by the HTTP/2 handler before it is buffered, and counted by the connection's meter.
    private func finish(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        self.release()
        self.write(.headers(.init(headers: headers, endStream: true)), context)
        if !self.isRequestEnded { self.write(.rstStream(.noError), context) }
        context.flush()
    }

    private func write(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(payload), promise: nil)
    }

    /// Gives up the body and its room.
    private func release() {
        self.body = ByteBuffer()
        self.gauge.release(self.reserved)
        self.reserved = 0
    }

    private static let head: HPACKHeaders = [
        ":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip",
    ]

    /// Text for `grpc-message`: printable ASCII, the rest percent-encoded.
    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "%") {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + Hex.text(UInt64(byte)).suffix(2).uppercased()
            }
        }
        return result
    }
}

extension ByteBuffer {
    /// The length that a gRPC prefix at the front states; nil where the prefix is not whole.
    fileprivate var messageLength: Int? {
        self.getInteger(at: self.readerIndex + 1, as: UInt32.self).map { Int($0) }
    }
}
