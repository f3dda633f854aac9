import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2

@testable import OTLPTransport

/// A client's end of one embedded gRPC stream.
final class GRPCStream {
    static let tracePath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

    struct Answer {
        var heads: [HPACKHeaders] = []
        var message: [UInt8] = []
        var isEnded = false
        /// Why the server reset the stream; nil where it did not.
        var reset: HTTP2ErrorCode?

        /// `grpc-status` of whichever block carries it.
        var status: Int? { self.heads.last?.first(name: "grpc-status").flatMap { Int($0) } }
        var text: String? { self.heads.last?.first(name: "grpc-message") }
    }

    let channel: EmbeddedChannel
    private let handler: OTLPGRPCHandler

    /// Memory that the door has for the call's body.
    var heldBytes: Int { self.handler.heldBytes }

    init(_ loop: EmbeddedEventLoop, _ handler: OTLPGRPCHandler) throws {
        self.channel = EmbeddedChannel(loop: loop)
        self.handler = handler
        try self.channel.pipeline.syncOperations.addHandler(handler)
        self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 4317), promise: nil)
    }

    /// A message with its five-byte prefix.
    static func framed(_ message: [UInt8], isCompressed: UInt8 = 0, length: Int? = nil) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(isCompressed)
        buffer.writeInteger(UInt32(length ?? message.count))
        buffer.writeBytes(message)
        return Array(buffer: buffer)
    }

    func begin(
        _ path: String = GRPCStream.tracePath,
        contentType: String? = "application/grpc",
        encoding: String? = nil,
        ends: Bool = false
    ) throws {
        var headers: HPACKHeaders = [":method": "POST", ":path": path, ":scheme": "http", "te": "trailers"]
        if let contentType { headers.add(name: "content-type", value: contentType) }
        if let encoding { headers.add(name: "grpc-encoding", value: encoding) }
        try self.write(.headers(.init(headers: headers, endStream: ends)))
    }

    func send(_ bytes: [UInt8], ends: Bool = false) throws {
        try self.write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: ends)))
    }

    func write(_ payload: HTTP2Frame.FramePayload) throws {
        guard self.channel.isActive else { return }
        try self.channel.writeInbound(payload)
    }

    /// Whatever has been answered since the last call.
    func answer() throws -> Answer {
        var answer = Answer()
        while let payload = try self.channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
            switch payload {
            case .headers(let headers):
                answer.heads.append(headers.headers)
                answer.isEnded = headers.endStream
            case .data(let data):
                if case .byteBuffer(let buffer) = data.data { answer.message += Array(buffer: buffer) }
                answer.isEnded = data.endStream
            case .rstStream(let reason): answer.reset = reason
            default: break
            }
        }
        return answer
    }

    deinit { self.channel.close(promise: nil) }

    /// The idle time passes. (NIO's handler reads the wall clock, so that the event is made here.)
    func fallSilent() {
        self.channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.all)
    }

    /// The client resets the stream.
    func disconnect() {
        self.channel.close(promise: nil)
    }
}
