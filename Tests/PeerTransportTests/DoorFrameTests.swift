import Cluster
import NIOCore
import Telemetry
import Testing

@testable import PeerTransport

/// What the own door brings: the own log has it, as itself or as a journal copy, before the door hears that it is safe.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct DoorFrameTests {
    let authority: TestAuthority

    init() throws { self.authority = try TestAuthority() }

    private static let alone = PlacementParameters(replication: 1, confirmations: 1)

    /// Two collectors that know each other, and a frame that each of them is to hold alone.
    private func pair() async throws -> (
        one: TestCollector, two: TestCollector, own: SealedFrame, other: SealedFrame
    ) {
        let alone = try #require(Self.alone)
        let one = try await TestCollector.start("n1", self.authority, run: 1001, placement: alone)
        let two = try await TestCollector.start(
            "n2",
            self.authority,
            run: 1002,
            seeds: [one.address],
            placement: alone
        )
        try await one.sees(2)
        try await two.sees(2)
        let records = ["n1", "n2"].map { MemberRecord(node: .named($0), epoch: 1, run: 1) }
        let placement = Placement(records, alone)
        func frame(of node: String) throws -> SealedFrame {
            try #require(
                (UInt64(1)...1000).lazy.map { TestFrame.make($0) }
                    .first { placement.isOwner(.named(node), of: $0.partition) }
            )
        }
        // Until the link between the two stands, the first one takes frames itself.
        var number: UInt64 = 5000
        while two.log.ids.isEmpty {
            number += 1
            _ = await Self.bring(TestFrame.make(number, run: 5), to: one)
        }
        return (one, two, try frame(of: "n1"), try frame(of: "n2"))
    }

    private static func bring(_ frame: SealedFrame, to collector: TestCollector) async -> Outcome {
        await withCheckedContinuation { continuation in
            collector.collector.bring([frame]) { continuation.resume(returning: $0) }
        }
    }

    @Test func `what is kept here needs no journal copy, what goes elsewhere has one`() async throws {
        let (one, two, own, other) = try await self.pair()
        #expect(await Self.bring(own, to: one).verdict == .confirmed)
        #expect(one.log.ids.contains(own.header.id) && !one.log.journaled.contains(own.header.id))
        #expect(await Self.bring(other, to: one).verdict == .confirmed)
        #expect(!one.log.ids.contains(other.header.id) && one.log.journaled.contains(other.header.id))
        #expect(two.log.ids.contains(other.header.id) && two.log.journaled.isEmpty)
        try await two.stop()
        try await one.stop()
    }

    @Test func `where the own disk takes no journal copy the door is told, whatever others hold`()
        async throws
    {
        let (one, two, own, other) = try await self.pair()
        one.log.refuseJournal("full")
        let outcome = await Self.bring(other, to: one)
        #expect(outcome.verdict == .refused && outcome.message.contains("full"))
        #expect(await Self.bring(own, to: one).verdict == .confirmed)
        one.log.refuseJournal(nil)
        #expect(await Self.bring(other, to: one).verdict == .confirmed)
        try await two.stop()
        try await one.stop()
    }

    @Test func `nobody hears of slots before their journal copy is on the own disk`() async throws {
        let (one, two, own, other) = try await self.pair()
        let slots = [own, other].map { frame in
            TestFrame.make(frame.header.id.sequence, run: 6, signal: .slots)
        }
        one.log.refuseJournal("full")
        for frame in slots {
            #expect(await Self.bring(frame, to: one).verdict == .refused)
            #expect(!one.log.ids.contains(frame.header.id) && !two.log.ids.contains(frame.header.id))
        }
        one.log.refuseJournal(nil)
        for frame in slots {
            #expect(await Self.bring(frame, to: one).verdict == .confirmed)
            #expect(one.log.journaled.contains(frame.header.id))
        }
        #expect(one.log.ids.contains(slots[0].header.id) && two.log.ids.contains(slots[1].header.id))
        try await two.stop()
        try await one.stop()
    }

    // MARK: Order

    @Test(arguments: [Outcome.Verdict.confirmed, .accepted, .refused])
    func `an answer waits for the own disk, unless it is a refusal of no points`(_ verdict: Outcome.Verdict) {
        var heard: [Outcome.Verdict] = []
        let door = DoorFrame(TestFrame.make(1)) { heard.append($0.verdict) }
        #expect(door.beginJournal())
        #expect(!door.beginJournal())
        #expect(!door.answered(Outcome(verdict)))
        #expect(heard == (verdict == .refused ? [.refused] : []))
        door.journaled(.kept)
        door.journaled(.failed("late"))
        #expect(heard == [verdict])
    }

    @Test func `an answer that nobody keeps a copy for asks for one`() {
        var heard: [Outcome.Verdict] = []
        let door = DoorFrame(TestFrame.make(1)) { heard.append($0.verdict) }
        #expect(door.answered(Outcome(.confirmed)) && heard.isEmpty)
        #expect(door.beginJournal())
        door.journaled(.failed("full"))
        #expect(heard == [.refused])
    }

    @Test(arguments: [LogOutcome.kept, .failed("full")])
    func `points that are refused have a journal copy before their sender hears of it`(
        _ journaled: LogOutcome
    ) {
        var heard: [Outcome] = []
        let door = DoorFrame(TestFrame.make(1, signal: .points)) { heard.append($0) }
        #expect(door.answered(Outcome(.refused, "busy")) && heard.isEmpty)
        #expect(door.beginJournal())
        door.journaled(journaled)
        #expect(heard == [Outcome(.refused, "busy")])
        #expect(!door.answered(Outcome(.confirmed)) && heard.count == 1)
    }

    @Test func `a frame that the own log has itself waits for nothing`() {
        var heard: [Outcome.Verdict] = []
        let door = DoorFrame(TestFrame.make(1)) { heard.append($0.verdict) }
        #expect(door.beginJournal())
        door.isLogged()
        door.journaled(.failed("full"))
        #expect(!door.answered(Outcome(.confirmed)))
        #expect(heard == [.confirmed])
    }
}
