import Cluster
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import PeerTransport

/// Collectors that meet, come back, and lose their certificates.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct CollectorTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let agent = Identity.named(.agent, "a1")

    @Test func `collectors that know one seed see each other, and hear when one leaves`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        let three = try await TestCollector.start("n3", self.authority, run: 1003, seeds: [one.address])
        for collector in [one, two, three] { try await collector.sees(3) }
        try await three.stop()
        for collector in [one, two] {
            try await collector.views.first { $0.record(of: .named("n3"))?.status == .left }
        }
        try await two.stop()
        try await one.stop()
    }

    @Test func `two that call each other at once keep one connection, and stay alive to each other`()
        async throws
    {
        // Each has the other as its seed.
        let host = TestCollector.host()
        let ports = try await TestCollector.freePorts(2, of: host)
        async let left = TestCollector.start(
            "n1",
            self.authority,
            run: 1001,
            seeds: ["\(host):\(ports[1])"],
            host: host,
            port: ports[0]
        )
        async let right = TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: ["\(host):\(ports[0])"],
            host: host,
            port: ports[1]
        )
        let (one, two) = try await (left, right)
        try await one.sees(2)
        try await two.sees(2)
        #expect(!one.views.all.contains { $0.record(of: .named("n2"))?.status == .dead })
        try await one.stop()
        try await two.stop()
    }

    @Test func `a node that starts again at once is taken in again`() async throws {
        let host = TestCollector.host()
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            host: host
        )
        try await one.sees(2)
        let port = two.port
        try await two.stop()
        let again = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1003,
            seeds: [one.address],
            host: host,
            port: port
        )
        try await one.views.first { view in
            let record = view.record(of: .named("n2"))
            return record?.status == .alive && record?.run == 1003
        }
        try await again.sees(2)
        #expect(one.stops.all.isEmpty && again.stops.all.isEmpty)
        try await again.stop()
        try await one.stop()
    }

    /// Starts a node anew whose disk does not keep its new epoch, at first.
    private func startAnew(
        keeping epochs: EpochDisk,
        _ body: (_ other: TestCollector, _ anew: TestCollector) async throws -> Void
    ) async throws {
        let host = TestCollector.host()
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            host: host
        )
        try await one.sees(2)
        let port = two.port
        try await two.stop()
        let anew = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1003,
            seeds: [one.address],
            host: host,
            port: port,
            epochs: epochs
        )
        try await body(one, anew)
        try await anew.stop()
        try await one.stop()
    }

    @Test func `nobody hears of a new epoch before it is on disk`() async throws {
        let epochs = EpochDisk(failures: 2)
        try await self.startAnew(keeping: epochs) { one, anew in
            try await one.views.first { view in
                guard let record = view.record(of: .named("n2")), record.run == 1003 else { return false }
                return record.status == .alive && record.epoch > 1
            }
            #expect(epochs.kept == 2)
            try await anew.sees(2)
            #expect(anew.stops.all.isEmpty)
        }
    }

    @Test func `a node whose epoch cannot be kept stops and says why, and nobody heard of it`() async throws {
        try await self.startAnew(keeping: EpochDisk(failures: .max)) { one, anew in
            let reason = try await anew.stops.next()
            #expect(reason.contains("epoch 2 cannot be kept"))
            let epochs = one.views.all.compactMap { $0.record(of: .named("n2"))?.epoch }
            #expect(epochs.max() == 1)
        }
    }

    @Test func `another process under a name that lives is refused by it`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await one.sees(2)
        let identity = Identity.named(.collector, "n2")
        let caller = try await TestCaller.call(one.port, try self.authority.tls(identity))
        let answer = try await caller.greet(
            Hello(
                .control,
                TestCollector.greeting(identity, self.authority, run: 5555),
                record: MemberRecord(node: identity.node, epoch: 1, run: 5555, address: "127.0.0.1:1")
            )
        )
        #expect(answer.rejection?.reason == .duplicate)
        try await two.stop()
        try await one.stop()
    }

    @Test func `a collector that calls itself notices, and goes on`() async throws {
        let host = TestCollector.host()
        let ports = try await TestCollector.freePorts(1, of: host)
        let one = try await TestCollector.start(
            "n1",
            self.authority,
            seeds: ["\(host):\(ports[0])"],
            host: host,
            port: ports[0]
        )
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await one.sees(2)
        #expect(one.stops.all.isEmpty)
        try await two.stop()
        try await one.stop()
    }

    @Test func `an agent whose certificate is revoked is hung up on`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        let tls = try self.authority.tls(Self.agent)
        let caller = try await TestCaller.call(one.port, tls)
        _ = try await caller.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority)))
        try self.authority.revoke(Self.agent)
        try self.authority.reload(one.tls, one.identity)
        one.collector.judgeAgain()
        #expect(try await caller.closing().contains("counts no more"))
        let again = try await TestCaller.call(one.port, tls)
        _ = try await again.closing()
        try await one.stop()
        #expect(one.collector.peers.rejections == [.certificate: 2])
    }

    @Test func `a node whose certificate is revoked is hung up on, whoever called`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await one.sees(2)
        try self.authority.revoke(two.identity)
        try self.authority.reload(one.tls, one.identity)
        one.collector.judgeAgain()
        try await one.views.first {
            let status = $0.record(of: .named("n2"))?.status
            return status == .suspect || status == .dead
        }
        // Nor does it come back by a call of either side.
        try await one.views.first { $0.record(of: .named("n2"))?.status == .dead }
        try await two.stop()
        try await one.stop()
    }

    @Test func `connections stand while certificates are replaced, and new ones use the new`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        let tls = try self.authority.tls(Self.agent)
        let caller = try await TestCaller.call(one.port, tls)
        _ = try await caller.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority)))
        try self.authority.reload(one.tls, one.identity)
        one.collector.judgeAgain()
        caller.send(TestFrame.make(1), request: 4)
        #expect(try await caller.outcome()?.request == 4)
        let other = try await TestCaller.call(one.port, tls)
        #expect(
            try await other.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority))).welcome
                != nil
        )
        try await one.stop()
    }

    @Test func `a peer that was judged by older rules is judged again before it is greeted`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        let (tls, agent) = (try self.authority.tls(Self.agent), Self.agent)
        let caller = try await TestCaller.call(one.port, tls)
        try await caller.events.first { if case .secured = $0 { true } else { false } }
        // TLS stands, and nothing was said yet.
        try self.authority.revoke(agent)
        try self.authority.reload(one.tls, one.identity)
        one.collector.judgeAgain()
        caller.send(.hello, Hello(.data, TestCollector.greeting(agent, self.authority)).encoded)
        _ = try await caller.closing()
        try await one.stop()
        #expect(one.collector.peers.connections[.agent, default: 0] == 0)
    }

    @Test func `what leaves refuses nothing: it welcomes whoever comes, and takes frames`() async throws {
        let alone = try #require(PlacementParameters(replication: 1, confirmations: 1))
        let one = try await TestCollector.start("n1", self.authority, run: 1001, placement: alone)
        one.collector.leave()
        try await one.views.first { $0.records[0].status == .leaving }
        let caller = try await TestCaller.call(one.port, try self.authority.tls(Self.agent))
        let answer = try await caller.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority)))
        #expect(answer.welcome?.view.records.first?.status == .leaving)
        caller.send(TestFrame.make(1), request: 1)
        #expect(try await caller.outcome()?.outcome.verdict == .accepted)
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            placement: alone
        )
        try await two.views.first { $0.record(of: .named("n1"))?.status == .leaving }
        // What only the first one holds it hands over.
        while await one.collector.owed().frames > 0 { await Task.yield() }
        #expect(two.log.ids == [TestFrame.make(1).header.id])
        try await two.stop()
        try await one.stop()
        #expect(one.collector.peers.rejections.isEmpty)
    }
}
