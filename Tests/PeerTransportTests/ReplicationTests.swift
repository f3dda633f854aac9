import Cluster
import NIOCore
import Telemetry
import Testing

@testable import PeerTransport

/// Collectors and callers in one process, over real TLS.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct ReplicationTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let agent = Identity.named(.agent, "a1")

    /// Two collectors that see each other.
    private func pair() async throws -> (TestCollector, TestCollector) {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await one.sees(2)
        try await two.sees(2)
        return (one, two)
    }

    private func caller(of collector: TestCollector) async throws -> TestCaller.Handle {
        let caller = try await TestCaller.call(collector.port, try self.authority.tls(Self.agent))
        let answer = try await caller.greet(Hello(.data, TestCollector.greeting(Self.agent, self.authority)))
        #expect(answer.welcome != nil)
        return caller
    }

    /// Sends a frame until it is confirmed: the links of a young pair may not stand yet.
    private func confirm(_ frame: SealedFrame, _ caller: TestCaller.Handle) async throws {
        for request in UInt64(1)...50 {
            caller.send(frame, request: request)
            let answer = try #require(try await caller.outcome())
            #expect(answer.request == request)
            if answer.outcome.verdict == .confirmed { return }
            #expect(answer.outcome.verdict == .accepted)
        }
        Issue.record("it was never confirmed")
    }

    @Test func `a frame is confirmed once two nodes hold it, and a replay once more`() async throws {
        let (one, two) = try await self.pair()
        let caller = try await self.caller(of: one)
        let frame = TestFrame.make(1)
        try await self.confirm(frame, caller)
        #expect(one.log.bytes(of: frame.header.id) == frame.bytes)
        #expect(two.log.bytes(of: frame.header.id) == frame.bytes)
        caller.send(frame, request: 900)
        let again = try #require(try await caller.outcome())
        #expect(again.request == 900 && again.outcome == Outcome(.confirmed))
        #expect(one.log.ids.count == 1 && one.collector.writes.counts.events[.duplicate, default: 0] > 0)
        try await one.stop()
        try await two.stop()
    }

    @Test func `alone, a node accepts and does not confirm`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        let caller = try await self.caller(of: one)
        caller.send(TestFrame.make(1), request: 3)
        let answer = try #require(try await caller.outcome())
        #expect(answer.outcome.verdict == .accepted)
        try await one.stop()
    }

    @Test func `frames whose time is another are to be made anew, and what is no frame is damaged`()
        async throws
    {
        let one = try await TestCollector.start("n1", self.authority)
        let caller = try await self.caller(of: one)
        let hours: Int64 = 3_600_000_000_000
        for (request, ahead) in [(UInt64(1), -7 * hours), (2, hours)] {
            caller.send(
                TestFrame.make(request, created: TestFrame.now.advanced(byNanoseconds: ahead)),
                request: request
            )
            let answer = try #require(try await caller.outcome())
            #expect(answer.request == request && answer.outcome.verdict == .restamp)
        }
        var torn = [UInt8](repeating: 0, count: 2) + TestFrame.make(3).bytes
        torn[torn.count / 2] ^= 0x10
        caller.send(.frame, request: 3, torn)
        caller.send(.frame, request: 4, [])
        for request in UInt64(3)...4 {
            let answer = try #require(try await caller.outcome())
            #expect(answer.request == request && answer.outcome.verdict == .damaged)
        }
        #expect(one.log.ids.isEmpty)
        try await one.stop()
    }

    @Test func `a frame of a later version is kept by its sender, and is not taken for damaged`() async throws
    {
        let one = try await TestCollector.start("n1", self.authority)
        let caller = try await self.caller(of: one)
        var later = TestFrame.make(3).bytes
        later[4] = 3
        // Its header says so: a bit that has rotted makes no later version.
        later.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        let checksum = ContentHash.hash64(later.raw.extracting(0..<FrameHeader.byteCount))
        for place in 0..<4 { later[12 + place] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * place)) }
        caller.send(.frame, request: 1, [0, 0] + later)
        let answer = try #require(try await caller.outcome())
        #expect(answer.outcome.verdict == .refused && answer.outcome.message.contains("version 2"))
        try await one.stop()
        #expect(one.collector.peers.rejections == [.format: 1])
    }

    @Test func `nothing is sent to a node that reads older frames only`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            frameVersion: 0
        )
        try await one.sees(2)
        let caller = try await self.caller(of: one)
        for request in UInt64(1)...3 {
            caller.send(TestFrame.make(request), request: request)
            #expect(try await caller.outcome()?.outcome.verdict == .accepted)
        }
        #expect(two.log.ids.isEmpty && one.log.ids.count == 3)
        // Questions are answered all the same.
        #expect(try await one.collector.ask([2], of: two.identity.node, within: 10) == [2])
        try await two.stop()
        try await one.stop()
        #expect(two.collector.writes.counts.verdicts.isEmpty)
    }

    @Test func `another frame under the name of one that is under way does not join it`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        one.log.hold()
        let caller = try await self.caller(of: one)
        caller.send(TestFrame.make(1), request: 1)
        caller.send(TestFrame.make(1, content: 9), request: 2)
        let answer = try #require(try await caller.outcome())
        #expect(answer.request == 2 && answer.outcome.verdict == .refused)
        #expect(one.collector.writes.counts.events[.clash] == 1)
        one.log.letGo()
        let first = try #require(try await caller.outcome())
        #expect(first.request == 1 && first.outcome.verdict == .accepted)
        try await one.stop()
    }

    @Test func `what is owed and not on the disk any more is forgotten, and the rest is paid`() async throws {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let caller = try await self.caller(of: one)
        let frames = (UInt64(1)...3).map { TestFrame.make($0) }
        for frame in frames {
            caller.send(frame, request: frame.header.id.sequence)
            #expect(try await caller.outcome()?.outcome.verdict == .accepted)
        }
        #expect(await one.collector.owed().frames == 3)
        one.log.replace(frames[0].header.id, by: nil)
        one.log.replace(frames[1].header.id, by: TestFrame.make(2, content: 9))
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        while await one.collector.owed().frames > 0 { await Task.yield() }
        #expect(one.collector.writes.counts.events[.forgotten] == 2)
        #expect(two.log.ids == [frames[2].header.id])
        #expect(one.collector.namesNotSettled().isEmpty)
        try await two.stop()
        try await one.stop()
        #expect(one.collector.namesNotSettled().isEmpty)
    }

    @Test func `another frame under the name of one that is owed is refused until that one is paid`()
        async throws
    {
        let one = try await TestCollector.start("n1", self.authority, run: 1001)
        let caller = try await self.caller(of: one)
        let (first, second) = (TestFrame.make(1), TestFrame.make(1, content: 9))
        caller.send(first, request: 1)
        #expect(try await caller.outcome()?.outcome.verdict == .accepted)
        caller.send(second, request: 2)
        #expect(try await caller.outcome()?.outcome.verdict == .refused)
        #expect(one.collector.namesNotSettled() == [first.header.id])
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        while await one.collector.owed().frames > 0 { await Task.yield() }
        #expect(two.log.bytes(of: first.header.id) == first.bytes)
        try await self.confirm(second, caller)
        #expect(one.collector.writes.counts.events[.clash, default: 0] >= 2)
        try await two.stop()
        try await one.stop()
    }

    @Test func `a full disk refuses, and the sender hears it`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        one.log.object("the disk is nearly full")
        let caller = try await self.caller(of: one)
        caller.send(TestFrame.make(1), request: 1)
        let answer = try #require(try await caller.outcome())
        #expect(answer.outcome.verdict == .refused && !answer.outcome.message.isEmpty)
        try await one.stop()
    }

    @Test func `who sends beyond twice the window is hung up on, and counted`() async throws {
        let one = try await TestCollector.start("n1", self.authority)
        one.log.hold()
        let caller = try await self.caller(of: one)
        for request in UInt64(1)...9 {
            caller.send(TestFrame.make(request, bytes: 1 << 20), request: request)
        }
        let reason = try await caller.closing()
        #expect(reason.contains("without an answer"))
        one.log.letGo()
        try await one.stop()
        #expect(one.collector.peers.rejections == [.flow: 1])
    }

    @Test func `kinds of later versions are answered, and kinds that do not belong end the connection`()
        async throws
    {
        let one = try await TestCollector.start("n1", self.authority)
        let caller = try await self.caller(of: one)
        caller.write(ConnectionBench.message(200, [1, 2], request: 8))
        guard case .message(.failure, 8, _) = try await caller.events.next() else {
            Issue.record("no failure")
            return
        }
        caller.send(.read, request: 9, [1])
        guard case .message(.failure, 9, _) = try await caller.events.next() else {
            Issue.record("an agent reads")
            return
        }
        caller.send(TestFrame.make(1), request: 10, as: .copy)
        _ = try await caller.closing()
        try await one.stop()
        #expect(one.collector.peers.rejections == [.role: 1, .malformed: 1])
    }

    @Test func `questions are answered in parts, and failures with words`() async throws {
        struct Nothing: Error {}
        let one = try await TestCollector.start("n1", self.authority, run: 1001) { question in
            guard question != [1] else { throw Nothing() }
            return Array(repeating: 7, count: 3_000_000)
        }
        let two = try await TestCollector.start("n2", self.authority, run: 1002, seeds: [one.address])
        try await two.sees(2)
        let node = one.identity.node
        var answer: [UInt8]?
        // The link may not stand yet.
        while answer == nil { answer = try? await two.collector.ask([2], of: node, within: 10) }
        #expect(answer == Array(repeating: 7, count: 3_000_000))
        await #expect(throws: QuestionFailure.self) { try await two.collector.ask([1], of: node, within: 10) }
        await #expect(throws: QuestionFailure("it cannot be reached")) {
            try await two.collector.ask([1], of: .named("n9"), within: 10)
        }
        try await two.stop()
        try await one.stop()
    }

    @Test func `the floor that a sender tells reaches the disks`() async throws {
        let (one, two) = try await self.pair()
        let caller = try await self.caller(of: one)
        try await self.confirm(TestFrame.make(1), caller)
        caller.send(TestFrame.make(5), request: 99, floor: 5)
        let answer = try #require(try await caller.outcome())
        #expect(answer.outcome.verdict == .confirmed)
        let run = TestFrame.make(1).header.id.run
        #expect(one.log.floor(of: run) == 5 && two.log.floor(of: run) == 5)
        try await one.stop()
        try await two.stop()
    }
}

extension NodeID {
    /// A name that a test writes out.
    static func named(_ text: String) -> NodeID {
        guard let node = NodeID(text) else { preconditionFailure("\(text) is no name") }
        return node
    }
}
