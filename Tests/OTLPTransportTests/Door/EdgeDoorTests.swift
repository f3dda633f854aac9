import NIOCore
import NIOEmbedded
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

@Suite struct EdgeDoorTests {
    private static let diskFull = Refusal.unavailable(
        "the store could not write (no_space)",
        retryAfterSeconds: 5
    )

    @Test func `a receipt is paid only after the sink confirmed`() throws {
        let test = TestDoor()
        let answers = Answers()
        let batch = try Requests.spans(10)
        let admission = test.receive(.spans, batch.bytes, answers)
        #expect(admission?.accepted == batch.itemCount)
        test.loop.run()
        #expect(test.sink.pendingCount == 1)
        #expect(answers.all.isEmpty)
        #expect(test.account(.spans).held == 10)
        test.settleAll()
        #expect(answers.all == [nil])
        #expect(test.account(.spans).out == 10)
        test.expectSettled()
    }

    @Test func `requests of one turn share one commit`() throws {
        let test = TestDoor()
        let answers = Answers()
        for seed: UInt64 in 1...5 { test.receive(.spans, try Requests.spans(3, seed: seed).bytes, answers) }
        #expect(test.sink.commitCount == 0)
        test.settleAll()
        #expect(test.sink.commitCount == 1)
        #expect(answers.all.count == 5)
        test.expectSettled()
    }

    @Test func `what comes while a commit is on its way goes with the next one`() throws {
        let test = TestDoor()
        let answers = Answers()
        test.receive(.spans, try Requests.spans(3, seed: 1).bytes, answers)
        test.loop.run()
        for seed: UInt64 in 2...4 {
            test.receive(.logs, try Requests.logs(3, seed: seed).bytes, answers)
            test.loop.run()
        }
        #expect(test.sink.commitCount == 1)
        test.sink.settle()
        test.loop.run()
        #expect(answers.all == [nil])
        #expect(test.sink.commitCount == 2)
        test.settleAll()
        #expect(answers.all.count == 4)
        test.expectSettled()
    }

    @Test func `much staged is cut without waiting for the commit before`() throws {
        let test = TestDoor(limits: IngestLimits(stagedBytesMax: 1000))
        let answers = Answers()
        test.receive(.spans, try Requests.spans(50, seed: 1).bytes, answers)
        test.receive(.spans, try Requests.spans(50, seed: 2).bytes, answers)
        #expect(test.sink.pendingCount == 2)
        // The later one may be safe first; each pays its own receipts.
        test.sink.settle(at: 1)
        test.loop.run()
        #expect(answers.all.count == 1)
        test.settleAll()
        #expect(answers.all.count == 2)
        test.expectSettled()
    }

    @Test func `a failed write reaches every sender of the commit`() throws {
        let test = TestDoor()
        let answers = Answers()
        for seed: UInt64 in 1...3 { test.receive(.spans, try Requests.spans(4, seed: seed).bytes, answers) }
        test.loop.run()
        test.sink.settle(Self.diskFull)
        test.loop.run()
        #expect(answers.all == [Self.diskFull, Self.diskFull, Self.diskFull])
        #expect(test.account(.spans).dropped[.writeFailed] == 12)
        test.expectSettled()
    }

    @Test func `a request behind a commit that fails is tried at once, and waits for no timer`() throws {
        let test = TestDoor()
        let answers = Answers()
        test.receive(.spans, try Requests.spans(4, seed: 1).bytes, answers)
        test.loop.run()
        for seed: UInt64 in 2...3 { test.receive(.spans, try Requests.spans(4, seed: seed).bytes, answers) }
        test.sink.settle(Self.diskFull)
        test.loop.run()
        #expect(answers.all == [Self.diskFull])
        #expect(test.sink.pendingCount == 1)
        test.sink.settle(Self.diskFull)
        test.loop.run()
        #expect(answers.all == [Self.diskFull, Self.diskFull, Self.diskFull])
        #expect(test.sink.pendingCount == 0)
        #expect(test.account(.spans).dropped[.writeFailed] == 12)
        test.expectSettled()
    }

    @Test func `a request behind a commit that fails is taken where the disk has recovered`() throws {
        let test = TestDoor()
        let answers = Answers()
        test.receive(.spans, try Requests.spans(4, seed: 1).bytes, answers)
        test.loop.run()
        test.receive(.spans, try Requests.spans(4, seed: 2).bytes, answers)
        test.sink.settle(Self.diskFull)
        test.loop.run()
        test.sink.settle()
        test.loop.run()
        #expect(answers.all == [Self.diskFull, nil])
        test.expectSettled()
    }

    /// A door that took ten spans, and whose slots the disk has refused once.
    private static func withSlotsRefused(_ answers: Answers) throws -> (door: TestDoor, held: UInt64) {
        let test = TestDoor()
        test.receive(.spans, try Requests.spans(10).bytes, answers)
        test.settleAll()
        test.clock.advance(seconds: 10)
        test.loop.advanceTime(by: .seconds(11))
        #expect(test.sink.pendingCount == 1)
        test.sink.settle(Self.diskFull)
        test.loop.run()
        #expect(test.sink.pendingCount == 0)
        let held = test.account(.slots).held
        #expect(held > 0)
        return (test, held)
    }

    @Test func `slots outlive a failed write and are tried again a second later`() throws {
        let (test, held) = try Self.withSlotsRefused(Answers())
        test.loop.advanceTime(by: .seconds(1))
        #expect(test.sink.pendingCount == 1)
        test.settleAll()
        #expect(test.sink.keptItems(.slots) == Int(held))
        test.expectSettled()
    }

    @Test func `slots that waited until nobody takes them do not close the door`() throws {
        let answers = Answers()
        let (test, held) = try Self.withSlotsRefused(answers)
        test.clock.advance(seconds: 3600)
        test.sink.takeSlots(from: test.clock.now)
        // Whoever refuses them refuses the whole commit.
        test.receive(.spans, try Requests.spans(4, seed: 2).bytes, answers)
        test.loop.advanceTime(by: .seconds(1))
        #expect(test.sink.pendingCount == 1)
        test.settleAll()
        #expect(answers.all == [nil, nil])
        #expect(test.account(.slots).dropped == [.timeRefused: held])
        #expect(test.sink.keptItems(.slots) == 0 && test.sink.keptItems(.spans) == 14)
        test.expectSettled()
    }

    @Test func `a sink that refuses turns requests away before they are read`() throws {
        let test = TestDoor()
        let answers = Answers()
        test.sink.refuse(Self.diskFull)
        #expect(test.receive(.spans, try Requests.spans(4).bytes, answers) == nil)
        #expect(answers.all == [Self.diskFull])
        #expect(test.accounts.refused[.spans]?["unavailable"] == 1)
        test.sink.refuse(nil)
        test.receive(.spans, try Requests.spans(4).bytes, answers)
        test.settleAll()
        #expect(answers.all == [Self.diskFull, nil])
        test.expectSettled()
    }

    @Test func `bytes that are no request are refused at once and counted`() throws {
        let test = TestDoor()
        let answers = Answers()
        #expect(test.receive(.logs, [0x0a, 0x7f, 0x01], answers) == nil)
        guard case .malformed? = answers.all.first ?? nil else {
            Issue.record("\(answers.all)")
            return
        }
        #expect(test.accounts.refused[.logs]?["malformed"] == 1)
        test.settleAll()
        #expect(test.sink.commitCount == 0)
        test.expectSettled()
    }

    @Test func `a request without items is answered without a commit`() {
        let test = TestDoor()
        let answers = Answers()
        #expect(test.receive(.spans, [], answers)?.accepted == 0)
        #expect(answers.all == [nil])
        test.settleAll()
        #expect(test.sink.commitCount == 0)
    }

    @Test func `finishing closes the window and waits for every commit`() throws {
        let test = TestDoor()
        let answers = Answers()
        let finished = Answers()
        test.receive(.spans, try Requests.spans(10).bytes, answers)
        test.loop.run()
        test.receive(.spans, try Requests.spans(10, seed: 2).bytes, answers)
        test.door.finish { finished.note(nil) }
        #expect(test.sink.pendingCount == 2)
        // The last commit is safe before the first: that is not the end yet.
        test.sink.settle(at: 1)
        test.loop.run()
        #expect(finished.all.isEmpty)
        test.settleAll()
        #expect(finished.all.count == 1)
        #expect(answers.all == [nil, nil])
        #expect(test.sink.keptItems(.slots) > 0)
        test.expectSettled()
    }

    @Test func `finishing waits for a commit on its way even where nothing else is staged`() throws {
        let test = TestDoor()
        let finished = Answers()
        // Slots that were handed over and are on their way; the window after them is empty.
        test.receive(.spans, try Requests.spans(10).bytes, Answers())
        test.settleAll()
        test.clock.advance(seconds: 10)
        test.loop.advanceTime(by: .seconds(11))
        #expect(test.sink.pendingCount == 1)
        test.door.finish { finished.note(nil) }
        test.loop.run()
        #expect(finished.all.isEmpty, "the slots are not safe yet")
        test.settleAll()
        #expect(finished.all.count == 1)
        test.expectSettled()
    }

    @Test func `a door that finished refuses and never writes again`() throws {
        let test = TestDoor()
        let answers = Answers()
        let finished = Answers()
        test.receive(.spans, try Requests.spans(10).bytes, answers)
        test.loop.run()
        test.door.finish { finished.note(nil) }
        test.settleAll(Self.diskFull)
        #expect(finished.all.count == 1)
        #expect(answers.all == [Self.diskFull])
        test.sink.close()
        test.receive(.spans, try Requests.spans(5).bytes, answers)
        #expect(answers.all.count == 2)
        guard case .unavailable? = answers.all.last ?? nil else {
            Issue.record("\(answers.all)")
            return
        }
        test.clock.advance(seconds: 60)
        test.loop.advanceTime(by: .seconds(60))
        #expect(test.sink.pendingCount == 0)
        #expect(test.accounts.refused[.spans]?["unavailable"] == 1)
    }

    /// Frames of slots as an earlier process made them.
    private static func slots(_ series: Series, at now: ClusterTime) -> [SealedFrame] {
        var edge = Edge(options: EdgeOptions(), run: RunID(high: 9, low: 9), at: now)
        edge.add(series, .counter(nano: 1), at: now)
        edge.finish(at: now)
        return edge.cut()
    }

    @Test func `recovered slots are handed on and counted as recovered`() throws {
        let test = TestDoor()
        let series = Series("a", unit: "1", kind: .counter, subject: .service("s"))
        let slot = Slot(
            series: series,
            start: 10_000_000_000,
            part: 0,
            isEstimated: false,
            value: .counter(nano: 5)
        )
        let frame = Self.slots(series, at: test.clock.now)
        let told = Answers()
        test.door.recover(frame, [(RunID(high: 3, low: 4), [slot])]) { told.note(nil) }
        test.loop.run()
        test.sink.settle(Self.diskFull)
        test.loop.run()
        #expect(told.all.isEmpty)
        test.settleAll()
        #expect(told.all.count == 1)
        #expect(test.account(.slots).recovered == 2)
        #expect(test.account(.slots).out == 2)
        test.expectSettled()
    }

    @Test(arguments: [true, false])
    func `where nothing is left to recover, that is told too`(isTaken: Bool) throws {
        let test = TestDoor()
        let told = Answers()
        let series = Series("a", unit: "1", kind: .counter, subject: .service("s"))
        let frames = Self.slots(series, at: test.clock.now)
        test.sink.takeSlots(from: ClusterTime(nanoseconds: .max))
        test.door.recover(isTaken ? [] : frames, []) { told.note(nil) }
        test.settleAll()
        #expect(told.all.count == 1 && test.sink.commitCount == 0)
        test.expectSettled()
    }

    @Test func `values of the host reach the store with the window`() {
        let test = TestDoor()
        let series = Series("system.load", unit: "1", kind: .gauge, subject: .host("h"))
        test.door.add([(series, .gauge(GaugeValue(1, at: test.clock.now)))])
        test.settleAll()
        #expect(test.sink.commitCount == 0)
        test.clock.advance(seconds: 10)
        test.loop.advanceTime(by: .seconds(11))
        test.settleAll()
        #expect(test.sink.keptItems(.slots) == 1)
        test.expectSettled()
    }
}
