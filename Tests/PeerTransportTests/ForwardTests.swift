import Cluster
import NIOCore
import Telemetry
import Testing

@testable import PeerTransport

/// Frames that one collector sends on to another whose disk stands still.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct ForwardTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let alone = PlacementParameters(replication: 1, confirmations: 1)
    private static let agent = Identity.named(.agent, "a1")

    /// Frames of partitions that the other node alone is to hold.
    private static func frames(
        _ count: Int,
        for node: NodeID,
        run: UInt64,
        bytes: Int
    ) throws -> [SealedFrame] {
        let records = ["n1", "n2"].map { MemberRecord(node: .named($0), epoch: 1, run: 1) }
        let placement = Placement(records, try #require(Self.alone))
        let names = (UInt64(1)...1000).lazy.filter {
            placement.isOwner(node, of: TestFrame.make($0).partition)
        }
        return names.prefix(count).map { TestFrame.make($0, run: run, bytes: bytes) }
    }

    @Test func `frames that were given up count against the window until they are answered`() async throws {
        let alone = try #require(Self.alone)
        let one = try await TestCollector.start(
            "n1",
            self.authority,
            run: 1001,
            placement: alone,
            forwardTimeout: .milliseconds(20)
        )
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            placement: alone
        )
        try await one.sees(2)
        try await two.sees(2)
        let caller = try await TestCaller.call(one.port, try self.authority.tls(Self.agent))
        _ = try await caller.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority)))
        // Until the link between the two stands, the first one takes frames itself.
        let small = try Self.frames(1000, for: .named("n2"), run: 1, bytes: 10)
        for frame in small where two.log.ids.isEmpty {
            caller.send(frame, request: frame.header.id.sequence)
            _ = try #require(try await caller.outcome())
        }
        two.log.hold()
        // More than twice what the other side allows.
        let large = try Self.frames(12, for: .named("n2"), run: 2, bytes: 4_000_000)
        for frame in large {
            let request = 2000 + frame.header.id.sequence
            caller.send(frame, request: request)
            let answer = try #require(try await caller.outcome())
            #expect(answer.request == request && answer.outcome.verdict == .confirmed)
        }
        #expect(one.collector.writes.counts.events[.forwarded, default: 0] >= 12)
        two.log.letGo()
        // The link still stands and is used.
        caller.send(small[0], request: 9000)
        #expect(try await caller.outcome()?.outcome.verdict == .confirmed)
        #expect(two.collector.peers.rejections.isEmpty)
        try await two.stop()
        try await one.stop()
    }
}
