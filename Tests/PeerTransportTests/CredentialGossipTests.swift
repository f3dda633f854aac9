import Cluster
import Logging
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import PeerTransport

/// What one collector knows of credentials, and the others hear.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct CredentialGossipTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let agent = Identity.named(.agent, "a1")

    private func start(
        _ name: String,
        _ credentials: TestCredentials?,
        run: UInt64,
        seeds: [String] = []
    ) async throws -> TestCollector {
        let collector = try await TestCollector.start(
            name,
            self.authority,
            run: run,
            seeds: seeds,
            credentials: credentials
        )
        credentials?.onChange { [collector = collector.collector] in collector.credentialsChanged() }
        return collector
    }

    private func courier(_ credentials: TestCredentials, seeds: [String]) async throws -> CourierLoop {
        let courier = try await CourierLoop(
            on: MultiThreadedEventLoopGroup.singleton.next(),
            local: LocalPeer(
                cluster: self.authority.cluster,
                identity: Self.agent,
                run: RunID(high: 5, low: 5),
                placement: nil,
                now: { TestFrame.now }
            ),
            seeds: seeds,
            dialer: PeerDialer(tls: try self.authority.tls(Self.agent)),
            store: NoParcels(),
            viewChanged: { _ in },
            metClock: { _ in },
            credentials: credentials,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        credentials.onChange { courier.credentialsChanged() }
        return courier
    }

    private func call(_ port: Int, _ purpose: ConnectionPurpose = .data) async throws -> TestCaller.Handle {
        let caller = try await TestCaller.call(port, try self.authority.tls(Self.agent))
        let hello = Hello(purpose, TestCollector.greeting(Self.agent, self.authority))
        let answer = try await caller.greet(hello)
        #expect(answer.welcome != nil)
        return caller
    }

    @Test func `what changes on one node comes to all, to agents too, and to who joins later`() async throws {
        let all = (0..<5).map { _ in TestCredentials(1) }
        let one = try await self.start("n1", all[0], run: 1001)
        let two = try await self.start("n2", all[1], run: 1002, seeds: [one.address])
        let three = try await self.start("n3", all[2], run: 1003, seeds: [one.address])
        for collector in [one, two, three] { try await collector.sees(3) }
        let courier = try await self.courier(all[3], seeds: [two.address])
        all[0].set(7)
        for credentials in all[1...3] {
            let taken = try await credentials.taken.next()
            #expect(taken.list == [7] && credentials.number == 7)
        }
        // Any node serves it on.
        let four = try await self.start("n4", all[4], run: 1004, seeds: [three.address])
        #expect(try await all[4].taken.next().list == [7])
        await courier.close()
        for collector in [four, three, two, one] { try await collector.stop() }
        #expect(all[0].taken.all.isEmpty && all.map(\.number) == [7, 7, 7, 7, 7])
    }

    @Test func `what no disk takes is asked for again`() async throws {
        let (first, second) = (TestCredentials(3), TestCredentials(1, failures: 2))
        let one = try await self.start("n1", first, run: 1001)
        let two = try await self.start("n2", second, run: 1002, seeds: [one.address])
        for _ in 0..<3 {
            #expect(try await second.taken.next() == .init(list: [3], from: .named("n1")))
        }
        #expect(second.number == 3)
        try await two.stop()
        try await one.stop()
    }

    @Test func `what was refused is not asked for before something else is told`() async throws {
        let (first, second) = (TestCredentials(3), TestCredentials(1, isDeaf: true))
        let one = try await self.start("n1", first, run: 1001)
        let two = try await self.start("n2", second, run: 1002, seeds: [one.address])
        #expect(try await second.taken.next().list == [3])
        first.set(4)
        #expect(try await second.taken.next().list == [4])
        #expect(second.taken.all.count == 2 && second.number == 1)
        try await two.stop()
        try await one.stop()
    }

    @Test func `agents may ask, for what is newer than theirs alone`() async throws {
        let one = try await self.start("n1", TestCredentials(9), run: 1001)
        let caller = try await self.call(one.port)
        let told = try await caller.next(.summary)
        #expect(try CredentialSummary(told.body.raw) == CredentialSummary(list: 9))
        for (number, list) in [(8, [9]), (9, nil), (10, nil)] as [(UInt64, [UInt8]?)] {
            caller.send(.fetch, request: number, CredentialSummary(list: number).encoded)
            let part = try await caller.next(.part)
            #expect(part.request == number)
            #expect(try CredentialUpdate(part.body.raw) == CredentialUpdate(list: list))
        }
        caller.send(.fetch, request: 1, [])
        #expect(try await caller.next(.failure).request == 1)
        caller.send(.fetch, request: 2, [UInt8](repeating: 0, count: PeerProtocol.summaryBytesMax + 1))
        #expect(try await caller.closing().contains("at most 4096 bytes"))
        try await one.stop()
    }

    @Test func `a node that shares nothing says nothing, and answers that it does not`() async throws {
        let one = try await self.start("n1", nil, run: 1001)
        let caller = try await self.call(one.port)
        caller.send(.fetch, request: 5, CredentialSummary(list: 0).encoded)
        let failure = try await caller.next(.failure)
        #expect(failure.request == 5 && ShortText.decoded(failure.body.raw).contains("shares"))
        #expect(!caller.events.all.contains { if case .message(.summary, _, _) = $0 { true } else { false } })
        try await one.stop()
    }

    @Test func `a collector of an older version is not asked, and passes over what it is told`() async throws
    {
        let (first, second) = (TestCredentials(3), TestCredentials(1))
        let one = try await self.start("n1", nil, run: 1001)
        let two = try await self.start("n2", second, run: 1002, seeds: [one.address])
        try await one.sees(2)
        let three = try await self.start("n3", first, run: 1003, seeds: [one.address])
        #expect(try await second.taken.next().from == .named("n3"))
        let answer = try await two.collector.ask([1, 2], of: .named("n1"), within: 5)
        #expect(answer == [1, 2])
        for collector in [three, two, one] { try await collector.stop() }
    }
}

/// A spool that holds nothing.
private struct NoParcels: ParcelStore {
    func bytes(of id: FrameID) throws -> [UInt8]? { nil }
    func release(_ frames: [(id: FrameID, verdict: Outcome.Verdict)]) {}
}

extension TestCaller.Handle {
    /// The next message of a kind; others before it are passed over.
    fileprivate func next(_ kind: PeerMessageKind) async throws -> (request: UInt64, body: [UInt8]) {
        while true {
            switch try await self.events.next() {
            case .message(kind, let request, let body): return (request, body)
            case .closed(let reason): throw QuestionFailure(reason)
            default: continue
            }
        }
    }
}
