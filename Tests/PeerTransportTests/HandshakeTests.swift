import Cluster
import NIOCore
import NIOPosix
import NIOSSL
import Telemetry
import Testing

@testable import PeerTransport

/// Who gets in: real TLS over sockets of this machine.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct HandshakeTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let agent = Identity.named(.agent, "a1")
    private static let node = Identity.named(.collector, "n2")

    /// Greets a new collector, and gives its answer and what it counted.
    private func answer(
        as identity: Identity = Self.agent,
        tls: PeerTLS? = nil,
        daysAhead: Int64 = 0,
        hello: Hello? = nil
    ) async throws -> (TestCaller.Answer, [Rejection.Reason: UInt64]) {
        let collector = try await TestCollector.start("n1", self.authority, daysAhead: daysAhead)
        let caller = try await TestCaller.call(collector.port, try tls ?? self.authority.tls(identity))
        let answer = try await caller.greet(
            hello ?? Hello(.data, TestCollector.greeting(identity, self.authority))
        )
        if answer.welcome == nil, case .closed = answer {
        } else if answer.welcome == nil {
            _ = try await caller.closing()
        }
        // Whatever the collector counts it counts before its door is shut.
        try await collector.stop()
        return (answer, collector.collector.peers.rejections)
    }

    @Test func `an agent is welcomed with the view and its window`() async throws {
        let (answer, refused) = try await self.answer()
        let welcome = try #require(answer.welcome)
        #expect(welcome.version == 1 && welcome.window == UInt64(PeerDesk.agentWindow))
        #expect(welcome.view.records.map(\.node.text) == ["n1"] && welcome.known == nil)
        #expect(welcome.greeting.identity == .named(.collector, "n1") && refused.isEmpty)
    }

    @Test func `a certificate of another authority is refused and counted`() async throws {
        let other = try TestAuthority()
        let tls = try other.tls(Self.agent, judgingBy: self.authority)
        let (answer, refused) = try await self.answer(tls: tls)
        #expect(answer.welcome == nil && answer.rejection == nil)
        #expect(refused == [.certificate: 1])
    }

    @Test func `a caller does not talk to a collector of another authority`() async throws {
        let other = try TestAuthority()
        let tls = try self.authority.tls(Self.agent, judgingBy: other)
        let (answer, _) = try await self.answer(tls: tls)
        guard case .closed(let reason) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("certificate refused"))
        #expect(tls.refused.count == 1)
    }

    @Test func `an expired certificate is refused`() async throws {
        let (answer, refused) = try await self.answer(daysAhead: 400)
        #expect(answer.welcome == nil && refused == [.certificate: 1])
    }

    @Test func `a revoked certificate is refused`() async throws {
        let tls = try self.authority.tls(Self.agent)
        try self.authority.revoke(Self.agent)
        let (answer, refused) = try await self.answer(tls: tls)
        #expect(answer.welcome == nil && refused == [.certificate: 1])
    }

    @Test func `no certificate is refused`() async throws {
        let collector = try await TestCollector.start("n1", self.authority)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: nil)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: collector.port).get()
        try await channel.closeFuture.get()
        try await collector.stop()
        #expect(collector.collector.peers.rejections == [.certificate: 1])
    }

    @Test func `what is no TLS is refused`() async throws {
        let collector = try await TestCollector.start("n1", self.authority)
        for garbage in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", String(repeating: "\u{16}\u{3}", count: 500)] {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: collector.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: garbage)).get()
            try await channel.closeFuture.get()
        }
        try await collector.stop()
        #expect(collector.collector.peers.rejections == [.malformed: 2])
    }

    @Test(arguments: [ConnectionPurpose.control, .replica])
    func `an agent that would join or replicate is refused`(_ purpose: ConnectionPurpose) async throws {
        let greeting = TestCollector.greeting(Self.agent, self.authority)
        let (answer, refused) = try await self.answer(hello: Hello(purpose, greeting))
        #expect(answer.rejection?.reason == .role && refused == [.role: 1])
    }

    @Test func `an operator may not send frames`() async throws {
        let (answer, refused) = try await self.answer(as: .named(.operator, "o1"))
        #expect(answer.rejection?.reason == .role && refused == [.role: 1])
    }

    @Test func `another name than the certificate's is refused`() async throws {
        let greeting = TestCollector.greeting(.named(.agent, "a2"), self.authority)
        let (answer, refused) = try await self.answer(hello: Hello(.data, greeting))
        #expect(answer.rejection?.reason == .identity && refused == [.identity: 1])
    }

    @Test func `another cluster is refused`() async throws {
        let greeting = TestCollector.greeting(Self.agent, self.authority, cluster: "ffffffffffffffff")
        let (answer, refused) = try await self.answer(hello: Hello(.data, greeting))
        #expect(answer.rejection?.reason == .cluster && refused == [.cluster: 1])
    }

    @Test func `a collector that places by other parameters is refused, and told by which`() async throws {
        let greeting = TestCollector.greeting(
            Self.node,
            self.authority,
            placement: PlacementParameters(replication: 3, confirmations: 2)
        )
        let (answer, refused) = try await self.answer(as: Self.node, hello: Hello(.replica, greeting))
        #expect(answer.rejection?.reason == .placement && refused == [.placement: 1])
        #expect(answer.rejection?.message.contains("replication 3") == true)
    }

    @Test func `a peer of later versions is answered with those that are spoken here`() async throws {
        let greeting = TestCollector.greeting(Self.agent, self.authority)
        let (answer, refused) = try await self.answer(hello: Hello(.data, greeting, versions: 7...9))
        let rejection = try #require(answer.rejection)
        #expect(rejection.reason == .version && rejection.versions == PeerProtocol.versions)
        #expect(rejection.message.contains("7 to 9") && refused == [.version: 1])
    }

    @Test func `a control connection without the caller's record is malformed`() async throws {
        let greeting = TestCollector.greeting(Self.node, self.authority)
        let (answer, refused) = try await self.answer(as: Self.node, hello: Hello(.control, greeting))
        #expect(answer.rejection?.reason == .malformed && refused == [.malformed: 1])
    }

    @Test func `an agent's certificate opens no door of its own`() async throws {
        // A listener with an agent's certificate: whoever calls it does not take it for a collector.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listener = try await PeerListener(
            at: try SocketAddress(ipAddress: "127.0.0.1", port: 0),
            on: loop,
            tls: try self.authority.tls(Self.agent),
            connectionsMax: 5,
            makeOwner: { Silent.shared }
        )
        let caller = try await TestCaller.call(
            listener.localAddress?.port ?? 0,
            try self.authority.tls(.named(.agent, "a2"))
        )
        let reason = try await caller.closing()
        #expect(reason.contains("certificate refused"))
        await listener.close()
    }

    @Test func `a client that says nothing is hung up on, and so is one that greets with garbage`()
        async throws
    {
        var limits = PeerConnection.Limits()
        limits.greetingTimeout = .milliseconds(50)
        let collector = try await TestCollector.start("n1", self.authority, limits: limits)
        let caller = try await TestCaller.call(collector.port, try self.authority.tls(Self.agent))
        _ = try await caller.closing()
        // Nor one that does not even begin with TLS.
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: collector.port).get()
        try await channel.closeFuture.get()
        try await collector.stop()
        #expect(collector.collector.peers.rejections == [.silent: 2])
    }

    @Test func `garbage behind TLS, a truncated hello and one that is too large are refused`() async throws {
        let collector = try await TestCollector.start("n1", self.authority)
        let tls = try self.authority.tls(Self.agent)
        let hello = Hello(.data, TestCollector.greeting(Self.agent, self.authority)).encoded
        func header(_ kind: UInt8, _ count: Int) -> [UInt8] {
            let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
            return length + [kind] + Array(repeating: 0, count: 11)
        }
        let bad: [[UInt8]] = [
            Array(repeating: 0xff, count: 16),
            header(1, hello.count - 3) + hello.dropLast(3),
            header(1, 5000),
            header(32, 0),
            header(99, 0),
        ]
        for bytes in bad {
            let caller = try await TestCaller.call(collector.port, tls)
            try await caller.events.first { if case .secured = $0 { true } else { false } }
            caller.write(bytes)
            _ = try await caller.closing()
        }
        try await collector.stop()
        #expect(collector.collector.peers.rejections == [.malformed: UInt64(bad.count)])
    }

    @Test func `connections beyond the limit are closed and counted, and those that stand go on`()
        async throws
    {
        let collector = try await TestCollector.start("n1", self.authority, connectionsMax: 3)
        let tls = try self.authority.tls(Self.agent)
        let hello = Hello(.data, TestCollector.greeting(Self.agent, self.authority))
        var standing: [TestCaller.Handle] = []
        for _ in 0..<3 {
            let caller = try await TestCaller.call(collector.port, tls)
            #expect(try await caller.greet(hello).welcome != nil)
            standing.append(caller)
        }
        for _ in 0..<20 {
            let caller = try await TestCaller.call(collector.port, tls)
            _ = try await caller.closing()
        }
        #expect(collector.collector.listener.refusedConnections == 20)
        #expect(collector.collector.listener.openConnections == 3)
        standing[0].send(TestFrame.make(1), request: 5)
        let outcome = try await standing[0].outcome()
        #expect(outcome?.request == 5)
        try await collector.stop()
    }

    @Test func `connections that say nothing do not keep out those that greet`() async throws {
        var limits = PeerConnection.Limits()
        limits.greetingTimeout = .seconds(600)
        let collector = try await TestCollector.start(
            "n1",
            self.authority,
            connectionsMax: 40,
            limits: limits
        )
        var silent: [any Channel] = []
        for _ in 0..<60 {
            silent.append(
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: collector.port).get()
            )
        }
        let hello = Hello(.data, TestCollector.greeting(Self.agent, self.authority))
        let caller = try await TestCaller.call(collector.port, try self.authority.tls(Self.agent))
        #expect(try await caller.greet(hello).welcome != nil)
        // The oldest go: the quota is ten, and the caller had one place of it.
        for channel in silent.prefix(51) { try await channel.closeFuture.get() }
        let standing = silent.count { $0.isActive }
        #expect(standing == 9)
        try await collector.stop()
        #expect(collector.collector.peers.rejections == [.crowded: 51])
        #expect(collector.collector.listener.refusedConnections == 0)
    }

    @Test func `of those that have not greeted the host with most loses its oldest`() {
        final class Guest {}
        var lobby = Lobby<Guest>(connectionsMax: 32)
        let (quiet, loud) = ((0..<3).map { _ in Guest() }, (0..<6).map { _ in Guest() })
        var gone: [Guest] = []
        for (index, guest) in quiet.enumerated() {
            if let other = lobby.enter(guest, from: "q\(index)") { gone.append(other) }
        }
        for guest in loud {
            if let other = lobby.enter(guest, from: "loud") { gone.append(other) }
        }
        #expect(lobby.limit == 8 && gone.count == 1 && gone[0] === loud[0])
        lobby.leave(loud[0], from: "loud")
        #expect(lobby.count == 8)
        for guest in loud { lobby.leave(guest, from: "loud") }
        #expect(lobby.count == 3)
        // One each: the oldest of all.
        for index in 0..<6 {
            if let other = lobby.enter(Guest(), from: "h\(index)") { gone.append(other) }
        }
        #expect(gone.count == 2 && gone[1] === quiet[0])
    }

    @Test func `one name has so many connections and no more`() async throws {
        let collector = try await TestCollector.start("n1", self.authority)
        let tls = try self.authority.tls(Self.agent)
        let hello = Hello(.data, TestCollector.greeting(Self.agent, self.authority))
        for number in 0..<18 {
            let caller = try await TestCaller.call(collector.port, tls)
            let answer = try await caller.greet(hello)
            #expect((answer.welcome != nil) == (number < 16), "\(number)")
            if number >= 16 { #expect(answer.rejection?.reason == .busy) }
        }
        try await collector.stop()
    }
}

/// An owner that says nothing.
final class Silent: PeerConnectionOwner, Sendable {
    static let shared = Silent()

    func secured(_ connection: PeerConnection) {}
    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {}
    func closed(_ connection: PeerConnection, because reason: String) {}
}
