import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Journal copies of what own doors brought to other nodes: beside the frames themselves, and never for them.
@Suite struct JournalCopyTests {
    private static let trace = TraceID(high: 4, low: 2)

    private static func frame() throws -> SealedFrame {
        try #require(try TestEdge().spans([TestSpan(trace: self.trace, span: 1)]).first)
    }

    @Test(arguments: [false, true], ["written", "sealed", "merged", "recovered"])
    func `a frame and its journal copy never count as each other, whichever comes first`(
        isCopyFirst: Bool,
        _ handling: String
    ) async throws {
        var test = try TestStore()
        let frame = try Self.frame()
        let arrivals = [Arrival(frame, .copy), Arrival(frame.journalCopy, .journal)]
        #expect(await test.append([arrivals[isCopyFirst ? 1 : 0]]) == [.stored])
        switch handling {
        case "sealed": await test.store.seal()
        case "merged": await test.store.mergeAll()
        case "recovered":
            let copy = try Scratch.crashed(test.scratch.path)
            await test.store.close()
            test = try TestStore(copy)
        default: break
        }
        #expect(await test.append([arrivals[isCopyFirst ? 0 : 1]]) == [.stored])
        // A journal copy of an earlier process is not looked for on the disk; whoever counts it again tells it by its name.
        let again: Arrival.Outcome = isCopyFirst && handling == "recovered" ? .stored : .duplicate
        #expect(await test.append(arrivals) == [.duplicate, again])
        #expect(test.store.counters.clashes == 0)
        let stored = try await test.store.trace(Self.trace)
        #expect(stored?.spanCount == 1 && stored?.duplicateCount == 0)
        let account = try #require(test.store.accounts[.spans])
        #expect(account.closes && account.received == 0)
        await test.store.close()
    }

    @Test func `nobody reads a journal copy, or compares it with other nodes`() async throws {
        let test = try TestStore()
        let frame = try Self.frame()
        #expect(await test.append([Arrival(frame.journalCopy, .journal)]) == [.stored])
        #expect(try await test.store.trace(Self.trace) == nil)
        #expect(try await test.store.search(SearchQuery()).hits.isEmpty)
        await test.store.seal()
        #expect(try await test.store.trace(Self.trace) == nil)
        #expect(try test.items().isEmpty)
        let account = try #require(test.store.accounts[.spans])
        #expect(account.journaled == 1 && account.out == 0 && account.copy == 0)
        await test.store.close()
    }

    @Test(arguments: [false, true])
    func `frames of wanted origins are walked, journal copies first, and slots given as they were`(
        isSealed: Bool
    ) async throws {
        let test = try TestStore()
        let (own, other) = (TestEdge(run: 1), TestEdge(run: 2))
        let series = Series("m", unit: "1", kind: .counter, subject: .service("s"), attributes: [])
        let slots = own.slots([(series, .counter(nano: 1))], at: TestEdge.epoch)
        let later = TestEdge.epoch.advanced(byNanoseconds: 60_000_000_000)
        let spans = try own.spans([TestSpan(trace: Self.trace, span: 1)], at: later)
        let foreign = try other.spans([TestSpan(trace: Self.trace, span: 2)], at: later)
        _ = await test.append(foreign.map { Arrival($0, .copy) } + spans.map { Arrival($0, .first) })
        _ = await test.append((spans + slots).map { Arrival($0.journalCopy, .journal) })
        // As a process does that starts again.
        await test.append(slots.map(\.journalCopy))
        if isSealed { await test.store.seal() }
        let run = RunID(high: 1, low: 7)
        var walked: [FrameID] = []
        test.store.forEachFrame(since: TestEdge.epoch, of: [.spans], runs: [run]) { frame, _ in
            walked.append(frame.header.id)
        }
        #expect(walked == spans.map(\.journalCopy.header.id) + spans.map(\.header.id))
        #expect(test.store.newest(of: [run, RunID(high: 9, low: 9)]) == [run: later])
        let first = slots.map(\.journalCopy.header.id)
        #expect(
            test.store.newest(of: [run]) { first.contains($0) } == [
                run: try #require(slots.last).header.created
            ]
        )
        let given = test.store.journaledSlots(of: [run], since: TestEdge.epoch)
        #expect(given.map(\.original.bytes) == slots.map(\.bytes))
        #expect(test.store.journaledSlots(of: [run], since: later).isEmpty)
        #expect(test.store.journaledSlots(of: [RunID(high: 2, low: 7)], since: TestEdge.epoch).isEmpty)
        await test.store.close()
    }
}
