import Cluster
import Logging
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import PeerTransport

/// An agent's courier among real collectors.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct CourierLoopTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let agent = Identity.named(.agent, "a1")

    private struct Agent {
        let courier: CourierLoop
        let store: MemoryStore
        let tls: PeerTLS

        /// Waits until a frame is let go.
        func settled(_ id: FrameID) async throws -> Outcome.Verdict {
            try await self.store.released.first { $0.id == id }.verdict
        }
    }

    private func agent(seeds: [String]) async throws -> Agent {
        let store = MemoryStore()
        let tls = try self.authority.tls(Self.agent)
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
            dialer: PeerDialer(tls: tls),
            store: store,
            viewChanged: { _ in },
            metClock: { _ in },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return Agent(courier: courier, store: store, tls: tls)
    }

    @Test func `frames come to two collectors, and are let go once each`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await two.sees(2)
        let agent = try await self.agent(seeds: [one.address])
        let frames = (1...40).map { TestFrame.make(UInt64($0), key: UInt64($0) &* 0x9e37_79b9_7f4a_7c15) }
        agent.courier.add(agent.store.keep(frames))
        for _ in frames {
            let released = try await agent.store.released.next()
            #expect(released.verdict == .confirmed)
        }
        #expect(one.log.ids == Set(frames.map(\.header.id)) && two.log.ids == one.log.ids)
        #expect(Set(agent.store.released.all.map(\.id)).count == 40 && agent.store.heldCount == 0)
        await agent.courier.close()
        try await two.stop()
        try await one.stop()
    }

    @Test func `a frame that cannot be read rests, and one that is kept no more is forgotten`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await two.sees(2)
        let agent = try await self.agent(seeds: [one.address, two.address])
        let frames = (1...3).map { TestFrame.make(UInt64($0)) }
        let parcels = agent.store.keep(frames)
        agent.store.spoil(frames[0].header.id)
        agent.store.drop(frames[1].header.id)
        agent.courier.add(parcels)
        #expect(try await agent.settled(frames[0].header.id) == .confirmed)
        #expect(one.log.ids == [frames[0].header.id, frames[2].header.id])
        #expect(agent.courier.status.heldFrames <= 1)
        await agent.courier.close()
        try await two.stop()
        try await one.stop()
    }

    @Test func `seeds that are not there are passed over, and frames wait for those that are`() async throws {
        let agent = try await self.agent(seeds: ["127.0.0.1:1", "nowhere.invalid:7940", "127.0.0.1:2"])
        let frame = TestFrame.make(1)
        agent.courier.add(agent.store.keep([frame]))
        await agent.courier.close()
        #expect(agent.store.heldCount == 1 && agent.store.released.all.isEmpty)
    }

    @Test func `an agent hangs up on a collector whose certificate is revoked`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await two.sees(2)
        let agent = try await self.agent(seeds: [one.address])
        let first = TestFrame.make(1)
        agent.courier.add(agent.store.keep([first]))
        #expect(try await agent.settled(first.header.id) == .confirmed)
        try self.authority.revoke(one.identity)
        try self.authority.reload(agent.tls, Self.agent)
        agent.courier.judgeAgain(agent.tls)
        // Frames go to the other one, which alone is trusted.
        let second = TestFrame.make(2)
        agent.courier.add(agent.store.keep([second]))
        #expect(try await agent.settled(second.header.id) == .confirmed)
        // The first one holds only what the other one copied to it.
        #expect(one.log.copies.contains(second.header.id) && !two.log.copies.contains(second.header.id))
        await agent.courier.close()
        try await two.stop()
        try await one.stop()
    }

    @Test func `what a collector took before it died comes to another one`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        let three = try await TestCollector.start("n3", self.authority, run: 1003, seeds: [one.address])
        try await three.sees(3)
        let agent = try await self.agent(seeds: [one.address, two.address, three.address])
        let first = TestFrame.make(100)
        agent.courier.add(agent.store.keep([first]))
        #expect(try await agent.settled(first.header.id) == .confirmed)
        one.log.hold()
        let frames = (1...20).map { TestFrame.make(UInt64($0), key: UInt64($0) << 40) }
        agent.courier.add(agent.store.keep(frames))
        try await one.stop()
        for _ in frames { #expect(try await agent.store.released.next().verdict == .confirmed) }
        #expect(agent.store.heldCount == 0)
        for frame in frames {
            let holders = [one, two, three].count { $0.log.ids.contains(frame.header.id) }
            #expect(holders >= 2)
        }
        await agent.courier.close()
        try await three.stop()
        try await two.stop()
    }
}
