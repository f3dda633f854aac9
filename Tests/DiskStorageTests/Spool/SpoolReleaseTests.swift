import Pipeline
import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Which files go when, and what a crash leaves of open windows.
@Suite struct SpoolReleaseTests {
    private static func spans(_ step: UInt64) -> [UInt8] {
        TestSpan.request(
            (0..<3).map { TestSpan(trace: TraceID(high: step + 1, low: $0), span: $0 + 1, name: "op \($0)") }
        )
    }

    @Test func `files go once all of their frames are let go and a minute is past, others stay`() async throws
    {
        let test = try TestSpool { $0.segmentBytesMax = 1 }
        var frames: [SealedFrame] = []
        for step in UInt64(0)..<10 {
            let more = try TestSpool.frames(1, run: 1 + step, at: test.clock.now)
            await test.append(more)
            frames += more
            test.clock.advance(seconds: 10)
        }
        await test.spool.maintain()
        #expect(test.spool.counters.segments == 10, "nothing is confirmed")
        let ids = frames.map(\.header.id)
        test.spool.confirm([ids[0], ids[2], ids[4], ids[9]])
        await test.spool.maintain()
        // The newest is 90 s younger than the first; only what is more than 60 s older goes.
        let left = [1, 3, 4, 5, 6, 7, 8, 9].map { Hex.text(UInt64($0) + 1) + ".spl" }
        #expect(test.scratch.spoolFiles.filter { $0.hasSuffix(".spl") } == left)
        #expect(try test.fileBytes() == Int(test.spool.counters.bytes))
        test.spool.confirm(ids)
        test.clock.advance(seconds: 1)
        await test.spool.maintain()
        let window = test.scratch.spoolFiles.filter { $0.hasSuffix(".spl") }.count
        #expect(window == 5, "by the clock, oldest first, but no file of the last minute")
        test.clock.advance(seconds: 60)
        await test.spool.maintain()
        #expect(test.scratch.spoolFiles == [] && test.spool.newest == frames[9].header.created)
        #expect(test.account().isClosed && test.account().held == 0)
        await test.append(try TestSpool.frames(1, run: 50, at: test.clock.now))
        #expect(test.heldIDs.count == 1)
        await test.spool.close()
    }

    @Test func `what an earlier process left stays for a minute, whatever the clock says`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(2, run: 1)
        await test.append(frames)
        test.spool.confirm(frames.map(\.header.id))
        await test.spool.close()
        test.clock.advance(seconds: 3_600)
        let again = try TestSpool(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(again.spool.newest == TestEdge.epoch && again.heldIDs == [])
        again.clock.advance(seconds: 60)
        await again.spool.maintain()
        var seen: [FrameID] = []
        again.spool.forEachFrame(since: TestEdge.epoch) { frame, _ in seen.append(frame.header.id) }
        #expect(seen == frames.map(\.header.id))
        again.clock.advance(seconds: 1)
        await again.spool.maintain()
        #expect(again.spool.counters.bytes == 0)
        await again.spool.close()
    }

    @Test func `journal frames are on the disk, and nobody is asked to send them`() async throws {
        let test = try TestSpool()
        let edge = TestEdge(sampleShare: 0)
        let frames = try edge.frames(traces: Self.spans(1), at: test.clock.now)
        #expect(!frames.isEmpty && frames.allSatisfy { $0.header.flags.contains(.journal) })
        #expect(test.spool.follow { _ in Issue.record("a journal frame to send") }.isEmpty)
        await test.append(frames)
        #expect(test.heldIDs == [] && test.account().journaled == 3 && test.account().isClosed)
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == [] && again.account() == SpoolAccount())
        var seen: [FrameID] = []
        again.spool.forEachFrame(since: test.clock.now) { frame, _ in seen.append(frame.header.id) }
        #expect(seen == frames.map(\.header.id))
        again.spool.forEachFrame(since: test.clock.now.advanced(byNanoseconds: 1)) { _, _ in
            Issue.record("older than asked for")
        }
        await again.spool.close()
        await test.spool.close()
    }

    @Test func `frames are walked from a time on, in their order, confirmed or not`() async throws {
        let test = try TestSpool()
        var frames: [SealedFrame] = []
        for run in UInt64(1)...4 {
            frames += try TestSpool.frames(2, run: run, at: test.clock.now)
            test.clock.advance(seconds: 10)
        }
        await test.append(frames)
        test.spool.confirm([frames[5].header.id])
        for from in [0, 2, 4, 6] {
            var seen: [FrameID] = []
            test.spool.forEachFrame(since: frames[from].header.created) { frame, payload in
                seen.append(frame.header.id)
                #expect(!payload.bytes.isEmpty)
            }
            #expect(seen == frames[from...].map(\.header.id))
        }
        await test.spool.close()
    }

    @Test(arguments: [0, 500, 1_000], UInt64(1)...4)
    func `the open window is computed again from what is there, and no closed one`(
        _ confirmedPerMille: Int,
        _ seed: UInt64
    ) async throws {
        var random = SplitMix64(seed: seed)
        let test = try TestSpool { $0.segmentBytesMax = 1 }
        let edge = TestEdge(sampleShare: 0.5)
        for step in UInt64(0)..<30 {
            test.clock.advance(seconds: 5)
            await test.append(try edge.frames(traces: Self.spans(step), at: test.clock.now))
            test.spool.confirm(test.heldIDs.filter { _ in random.chance(perMille: confirmedPerMille) })
            await test.spool.maintain()
        }
        let again = try TestSpool(Scratch.crashed(test.scratch.path), clock: test.clock)
        let missing = Self.missing(again.spool, edge.options)
        #expect(Self.described(missing) == Self.described(try edge.finish(at: test.clock.now)))
        #expect(!missing.isEmpty)
        await again.spool.close()
        await test.spool.close()
    }

    @Test func `slots outlive what they were counted from, however long it is quiet`() async throws {
        let test = try TestSpool { $0.segmentBytesMax = 1 }
        let edge = TestEdge()
        let frames = try edge.frames(traces: Self.spans(1), at: test.clock.now)
        await test.append(frames)
        test.clock.advance(seconds: 10)
        let slots = try edge.frames(traces: Self.spans(2), at: test.clock.now)
            .filter { $0.header.signal == .slots }
        await test.append(slots)
        #expect(!slots.isEmpty)
        // The spans wait for ever; their slots are safe with the cluster.
        test.spool.confirm(slots.map(\.header.id))
        for _ in 0..<5 {
            test.clock.advance(seconds: 60)
            await test.spool.maintain()
        }
        let again = try TestSpool(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(again.heldIDs == frames.filter { $0.header.signal == .spans }.map(\.header.id))
        #expect(Self.missing(again.spool, edge.options).isEmpty)
        await again.spool.close()
        await test.spool.close()
    }

    private static func missing(_ spool: Spool, _ options: EdgeOptions) -> [Slot] {
        let from = spool.newest.advanced(byNanoseconds: -Int64(SpoolState.windowNanoseconds))
        var rebuilder = WindowRebuilder(options: options, from: from)
        spool.forEachFrame(since: from) { frame, payload in rebuilder.add(frame, payload) }
        return rebuilder.missing().flatMap(\.slots)
    }

    private static func described(_ slots: [Slot]) -> [String] {
        slots.map { "\($0.start) \($0.series) \($0.part) \($0.isEstimated) \($0.value)" }.sorted()
    }
}
