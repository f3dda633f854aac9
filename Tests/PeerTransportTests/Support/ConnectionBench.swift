import Cluster
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import PeerTransport

/// One side of a connection without a socket and without TLS, on virtual time.
final class ConnectionBench: PeerConnectionOwner {
    let channel: EmbeddedChannel
    let connection: PeerConnection
    private(set) var received: [(header: PeerHeader, body: [UInt8])] = []
    private(set) var reason: String?
    private let owner: Owner

    private final class Owner: PeerConnectionOwner {
        weak var bench: ConnectionBench?

        func secured(_ connection: PeerConnection) {}
        func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {
            self.bench?.received(header, body, on: connection)
        }
        func closed(_ connection: PeerConnection, because reason: String) {
            self.bench?.closed(connection, because: reason)
        }
    }

    init(
        _ purpose: ConnectionPurpose? = .data,
        window: Int? = nil,
        memory: PeerMemory? = nil,
        limits: PeerConnection.Limits = .init(),
        handlers: [any ChannelHandler] = []
    ) throws {
        self.channel = EmbeddedChannel()
        self.owner = Owner()
        self.connection = PeerConnection(
            .server,
            address: "test",
            on: self.channel.embeddedEventLoop,
            owner: self.owner,
            limits: limits
        )
        self.owner.bench = self
        for handler in handlers { try self.channel.pipeline.syncOperations.addHandler(handler) }
        try self.channel.pipeline.syncOperations.addHandler(self.connection)
        self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        if let purpose { self.connection.open(for: purpose, window: window, memory: memory) }
    }

    func secured(_ connection: PeerConnection) {}

    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {
        self.received.append((header, Array(body.readableBytesView)))
    }

    func closed(_ connection: PeerConnection, because reason: String) {
        #expect(self.reason == nil)
        self.reason = reason
    }

    static func message(_ kind: UInt8, _ body: [UInt8], request: UInt64 = 0) -> [UInt8] {
        var writer = ByteWriter()
        var header = PeerHeader(.ping, bodyBytes: body.count, request: request)
        header.kind = kind
        header.encode(into: &writer)
        return writer.bytes + body
    }

    func take(_ bytes: [UInt8]) throws {
        guard self.channel.isActive else { return }
        try self.channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func take(_ kind: PeerMessageKind, _ body: [UInt8] = [], request: UInt64 = 0) throws {
        try self.take(Self.message(kind.rawValue, body, request: request))
    }

    /// Messages that were written since the last time.
    func sent() throws -> [(header: PeerHeader, body: [UInt8])] {
        self.channel.embeddedEventLoop.run()
        var bytes: [UInt8] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
        }
        var messages: [(header: PeerHeader, body: [UInt8])] = []
        var offset = 0
        while offset < bytes.count, let header = PeerHeader.decoded(Array(bytes[offset...].prefix(16)).raw) {
            let end = offset + 16 + Int(header.bodyBytes)
            messages.append((header, Array(bytes[(offset + 16)..<end])))
            offset = end
        }
        #expect(offset == bytes.count)
        return messages
    }
}

/// A network that takes nothing until it is told to.
final class Blockage: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var writes: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var context: ChannelHandlerContext?
    private var isOpen = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isOpen else { return context.write(data, promise: promise) }
        self.writes.append((data, promise))
    }

    func letGo() {
        // What comes meanwhile goes behind what is here.
        while !self.writes.isEmpty {
            let write = self.writes.removeFirst()
            self.context?.writeAndFlush(write.data, promise: write.promise)
        }
        self.isOpen = true
    }
}

/// A connection that does not end when it is told to.
final class Linger: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
}
