import NIOCore
import NIOEmbedded

/// A client's end of one embedded HTTP/1.1 connection: bytes in, answers out.
final class HTTPConnection {
    struct Answer: Equatable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: self.body, as: UTF8.self) }
    }

    let channel: EmbeddedChannel
    /// Whether the server took the connection.
    private(set) var isTaken = true
    private var received: [UInt8] = []

    init(_ loop: EmbeddedEventLoop, _ initialise: (any Channel) throws -> Void) throws {
        self.channel = EmbeddedChannel(loop: loop)
        try initialise(self.channel)
        loop.run()
        self.channel.closeFuture.assumeIsolated().whenComplete { _ in self.isTaken = false }
        guard self.isTaken else { return }
        self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 4318), promise: nil)
    }

    /// The bytes of a request with a body of known length.
    static func request(
        _ path: String = "/v1/traces",
        method: String = "POST",
        headers: [(String, String)] = [("content-type", "application/x-protobuf")],
        body: [UInt8] = []
    ) -> [UInt8] {
        self.head(path, method: method, headers: headers + [("content-length", String(body.count))]) + body
    }

    /// The bytes of a request's head.
    static func head(
        _ path: String = "/v1/traces",
        method: String = "POST",
        headers: [(String, String)]
    ) -> [UInt8] {
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        return Array("\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n\(lines)\r\n".utf8)
    }

    /// Parts of a body in chunked transfer coding.
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }

    /// Sends bytes as one read; errors of the pipeline are the server's own affair.
    func send(_ bytes: [UInt8]) {
        guard self.channel.isActive else { return }
        do { _ = try self.channel.writeInbound(ByteBuffer(bytes: bytes)) } catch {}
    }

    /// The next whole answer; nil while there is none.
    func answer() throws -> Answer? {
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            self.received.append(contentsOf: buffer.readableBytesView)
        }
        guard let end = Self.headEnd(self.received) else { return nil }
        let lines = String(decoding: self.received[..<end], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingPrefix(" ").description : ""
        }
        let status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard self.received.count >= end + 4 + length else { return nil }
        let body = Array(self.received[(end + 4)..<(end + 4 + length)])
        self.received.removeFirst(end + 4 + length)
        return Answer(status: status, headers: headers, body: body)
    }

    deinit { self.channel.close(promise: nil) }

    /// The idle time passes. (NIO's handler reads the wall clock, so that the event is made here.)
    func fallSilent() {
        self.channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.all)
    }

    /// The client goes away.
    func disconnect() {
        self.channel.close(promise: nil)
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { Array(bytes[$0..<$0 + 4]) == [13, 10, 13, 10] }
    }
}
