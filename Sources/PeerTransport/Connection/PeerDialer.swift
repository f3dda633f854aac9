internal import Cluster
package import NIOCore
internal import NIOPosix

/// Opens connections to peers.
package struct PeerDialer: Sendable {
    /// What is shown, and how peers are judged.
    package let tls: PeerTLS
    /// Bounds and times of its connections.
    package var limits = PeerConnection.Limits()
    /// How long an address may take to answer at all.
    package var connectTimeout = TimeAmount.seconds(Int64(PeerProtocol.connectTimeoutSeconds))
    /// Finds all addresses behind `host:port`; may block.
    package var resolve: @Sendable (String) -> [String]

    /// A dialer that shows what the material says.
    package init(
        tls: PeerTLS,
        limits: PeerConnection.Limits = .init(),
        resolve: @escaping @Sendable (String) -> [String] = PeerNames.addresses
    ) {
        self.tls = tls
        self.limits = limits
        self.resolve = resolve
    }

    /// Begins to connect; the owner hears that the connection is secured, or closed.
    ///
    /// - Parameters:
    ///   - address: `host:port`, the host in brackets where it has colons.
    ///   - loop: Owns the connection; the caller is on it.
    ///   - owner: Hears everything; held weakly.
    /// - Returns: The connection, which may yet fail.
    package func dial(
        _ address: String,
        on loop: any EventLoop,
        owner: any PeerConnectionOwner
    ) -> PeerConnection {
        loop.preconditionInEventLoop()
        let connection = PeerConnection(
            .client,
            address: address,
            on: loop,
            owner: owner,
            limits: self.limits
        )
        guard let (host, port) = Self.split(address) else {
            connection.neverStood("expected host:port, not \"\(address)\"")
            return connection
        }
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let tls = self.tls
        ClientBootstrap(group: loop)
            .connectTimeout(self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(PeerSocket.userTimeout, value: PeerSocket.userTimeoutMilliseconds)
            .channelOption(.recvAllocator, value: PeerSocket.receiveAllocator)
            .connect(host: host, port: port)
            .whenComplete { result in
                // Not before: of the addresses of a name several are tried, and only one of them stands.
                do {
                    let channel = try result.get()
                    do { try bound.value.install(on: channel, tls) } catch {
                        channel.close(promise: nil)
                        throw error
                    }
                } catch { bound.value.neverStood("\(error)") }
            }
        return connection
    }

    /// Host and port of an address; nil where it is none.
    package static func split(_ address: String) -> (host: String, port: Int)? {
        guard let colon = address.lastIndex(of: ":"),
            let port = Int(address[address.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        var host = String(address[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : (host, port)
    }
}

/// Options of the sockets on both sides.
enum PeerSocket {
    /// `TCP_USER_TIMEOUT` of tcp(7): a peer that does not acknowledge for so long is gone, whatever TCP would still try.
    static let userTimeout = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 18))
    static let userTimeoutMilliseconds = SocketOptionValue(PeerProtocol.userTimeoutMilliseconds)
    static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 4096,
        initial: 64 << 10,
        maximum: 512 << 10
    )
}
