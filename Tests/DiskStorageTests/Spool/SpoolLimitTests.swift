import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

@Suite struct SpoolLimitTests {
    private static func items(_ frames: some Sequence<SealedFrame>) -> UInt64 {
        frames.reduce(0) { $0 + UInt64($1.header.itemCount) }
    }

    @Test func `a full spool refuses before it writes, and takes again once files are gone`() async throws {
        let test = try TestSpool { ($0.bytesMax, $0.segmentBytesMax) = (8_000, 1) }
        let frames = try TestSpool.frames(80, run: 1)
        var kept: [SealedFrame] = []
        for frame in frames {
            let held = test.spool.counters.bytes
            switch await test.append([frame]) {
            case nil: kept.append(frame)
            case let failure?:
                #expect(failure.code == .full && failure.message.contains("8000"), "\(failure)")
                #expect(held + UInt64(frame.bytes.count) > 8_000)
                #expect(test.spool.counters.bytes == held)
            }
        }
        #expect(kept.count > 10 && kept.count < 40)
        #expect(try test.fileBytes() <= 8_000 && test.spool.counters.segments == UInt64(kept.count))
        #expect(test.heldIDs == kept.map(\.header.id))
        let account = test.account()
        #expect(account.isClosed && account.received == Self.items(kept))
        #expect(account.refused == Self.items(frames) - Self.items(kept))
        // Confirmed alone is not enough: what is in the window stays.
        test.spool.confirm(test.heldIDs)
        await test.spool.maintain()
        #expect(try test.fileBytes() == Int(test.spool.counters.bytes) && test.spool.counters.bytes > 7_000)
        test.clock.advance(seconds: 61)
        await test.spool.maintain()
        #expect(test.spool.counters.bytes == 0 && !test.spool.isFull)
        #expect(await test.append([frames[79]]) == nil)
        await test.spool.close()
    }

    @Test func `what is in the queue counts, and a batch larger than everything is refused`() async throws {
        let test = try TestSpool { ($0.bytesMax, $0.memoryBytesMax) = (8_000, 0) }
        let gate = Gate()
        test.spool.writer.enqueue { gate.wait() }
        let frames = try TestSpool.frames(80, run: 2)
        #expect(await test.append(frames)?.code == .full)
        async let first = test.append(Array(frames[..<5]))
        while test.spool.counters.memoryBytes == 0 { await Task.yield() }
        #expect(await test.append(Array(frames[5..<30]))?.code == .full)
        gate.open()
        #expect(await first == nil)
        #expect(test.heldIDs == frames[..<5].map(\.header.id) && test.account().isClosed)
        await test.spool.close()
    }

    @Test(arguments: [false, true])
    func `the number of frames is bounded as well`(_ dropsOldest: Bool) async throws {
        let test = try TestSpool { options in
            (options.framesMax, options.segmentBytesMax, options.dropsOldest) = (5, 1, dropsOldest)
        }
        let frames = try TestSpool.frames(9, run: 3)
        for (index, frame) in frames.enumerated() {
            let failure = await test.append([frame])
            #expect(failure?.code == (index < 5 || dropsOldest ? nil : .full))
        }
        let kept = dropsOldest ? frames[4...] : frames[..<5]
        #expect(test.heldIDs == kept.map(\.header.id))
        #expect(test.spool.isFull != dropsOldest && test.account().isClosed)
        await test.spool.close()
    }

    @Test func `where it may, a full spool drops its oldest files and counts them`() async throws {
        let test = try TestSpool { options in
            (options.bytesMax, options.segmentBytesMax, options.dropsOldest) = (8_000, 1, true)
        }
        let frames = try TestSpool.frames(80, run: 4)
        for (index, frame) in frames.enumerated() {
            #expect(await test.append([frame]) == nil)
            if index % 4 == 0 { test.spool.confirm([frame.header.id]) }
            #expect(try test.fileBytes() <= 8_000)
        }
        let held = Set(test.heldIDs)
        let expected = frames.indices.filter { held.contains(frames[$0].header.id) }
        let first = try #require(expected.first)
        #expect(expected == (first..<80).filter { $0 % 4 != 0 }, "the newest, without a gap")
        let dropped = frames[..<first].enumerated().filter { $0.offset % 4 != 0 }.map(\.element)
        let account = test.account()
        #expect(account.isClosed && account.received == Self.items(frames) && account.refused == 0)
        #expect(account.dropped == [.full: Self.items(dropped)])
        #expect(await test.append(frames)?.code == .full, "more than there is room for at all")
        #expect(!test.spool.isFull)
        await test.spool.close()
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == expected.map { frames[$0].header.id })
        await again.spool.close()
    }

    @Test func `the file that is written to is dropped too where nothing else is left`() async throws {
        let frames = try TestSpool.frames(22, run: 5)
        let room = frames[2...].reduce(0) { $0 + UInt64($1.bytes.count) }
        let test = try TestSpool { ($0.bytesMax, $0.dropsOldest) = (room, true) }
        #expect(await test.append(Array(frames[..<2])) == nil)
        #expect(await test.append(Array(frames[2..<22])) == nil)
        #expect(test.heldIDs == frames[2..<22].map(\.header.id))
        #expect(test.account().isClosed && test.account().dropped == [.full: Self.items(frames[..<2])])
        #expect(try test.fileBytes() == Int(room))
        await test.spool.close()
    }

    @Test func `what is too old is dropped, counted, and stays dropped`() async throws {
        let test = try TestSpool { $0.ageMax = .seconds(100) }
        let old = try TestSpool.frames(3, run: 6, at: test.clock.now)
        await test.append(old)
        test.clock.advance(seconds: 50)
        let young = try TestSpool.frames(2, run: 7, at: test.clock.now)
        await test.append(young)
        test.clock.advance(seconds: 50)
        await test.spool.maintain()
        #expect(test.heldIDs == (old + young).map(\.header.id), "exactly as old as it may be")
        #expect(test.spool.counters.oldest == TestEdge.epoch)
        test.clock.advance(seconds: 50)
        await test.spool.maintain()
        #expect(test.heldIDs == young.map(\.header.id))
        #expect(test.spool.counters.oldest == young[0].header.created)
        #expect(test.account().isClosed && test.account().dropped == [.expired: Self.items(old)])
        let again = try TestSpool(Scratch.crashed(test.scratch.path), clock: test.clock)
        #expect(again.heldIDs == test.heldIDs && again.account().recovered == Self.items(young))
        await again.spool.close()
        test.clock.advance(seconds: 1)
        await test.spool.maintain()
        #expect(test.heldIDs == [] && test.account().isClosed, "the rest of a file that lost some")
        await test.spool.close()
    }

    @Test(arguments: [5000, -5000])
    func `nothing grows older or younger by a clock that moves`(_ seconds: Int64) async throws {
        let clock = TestClock()
        clock.advance(seconds: 10_000)
        let test = try TestSpool(clock: clock) { $0.ageMax = .seconds(100) }
        await test.append(try TestSpool.frames(2, run: 10, at: clock.now))
        clock.advance(seconds: 60)
        test.spool.moveClock(by: seconds * 1_000_000_000) {
            clock.step(seconds: seconds)
            return true
        }
        // Stamped by the old clock and kept a moment later.
        let late = ClusterTime(
            nanoseconds: clock.now.nanoseconds &- UInt64(bitPattern: seconds * 1_000_000_000)
        )
        await test.append(try TestSpool.frames(1, run: 11, at: late))
        clock.advance(seconds: 40)
        await test.spool.maintain()
        #expect(test.heldIDs.count == 3)
        clock.advance(seconds: 1)
        await test.spool.maintain()
        #expect(test.heldIDs.count == 1 && test.spool.counters.droppedFrames == 2)
        test.spool.moveClock(by: 1 << 62) { false }
        await test.spool.maintain()
        #expect(test.heldIDs.count == 1)
        clock.advance(seconds: 60)
        await test.spool.maintain()
        #expect(test.heldIDs.isEmpty)
        await test.spool.close()
    }

    @Test func `a low disk refuses`() async throws {
        let test = try TestSpool { $0.lowDiskBytes = .max }
        #expect(test.spool.isFull)
        let failure = await test.append(try TestSpool.frames(1, run: 8))
        #expect(failure?.code == .diskFull)
        #expect(test.account().isClosed && test.account().received == 0)
        await test.spool.maintain()
        #expect(test.spool.isFull)
        await test.spool.close()
    }

    @Test(arguments: [Duration.seconds(-1), .zero, .seconds(Int64.max), .nanoseconds(1)])
    func `any age that can be set is worked with`(_ age: Duration) async throws {
        let test = try TestSpool { $0.ageMax = age }
        await test.append(try TestSpool.frames(1, run: 9, at: test.clock.now))
        test.clock.advance(seconds: 1)
        await test.spool.maintain()
        #expect(test.heldIDs.isEmpty == (age < .seconds(2)))
        await test.spool.close()
    }
}
