import Glibc
import Pipeline
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// What a start makes of parts, gathered frames and covers, wherever a crash or damage fell.
@Suite struct SpoolCoverTests {
    private static let name = "spool/0000000000000001"

    /// A spool whose parts were gathered, as a crash leaves it, and where the gathered frames begin.
    private static func crashed(
        _ gathering: TestGathering,
        then more: [SealedFrame] = []
    ) async throws -> (scratch: Scratch, start: Int) {
        let test = try TestSpool()
        await test.append(gathering.parts)
        let start = try test.scratch.read(Self.name + ".spl").count
        await test.gather(gathering)
        await test.append(more)
        await test.settle()
        let copy = try Scratch.crashed(test.scratch.path)
        await test.spool.close()
        return (copy, start)
    }

    private static func expect(
        _ test: TestSpool,
        holds ids: [FrameID],
        walks: [FrameID],
        _ comment: Comment
    ) {
        #expect(test.heldIDs == ids, comment)
        #expect(test.walkedIDs == walks, comment)
        #expect(test.account().isClosed, comment)
        let items = test.spool.held.reduce(0) { $0 + UInt64($1.itemCount) }
        #expect(test.account().recovered == items && test.account().held == items, comment)
    }

    @Test func `wherever a crash cuts the file, each item is held once and counted once`() async throws {
        let gathering = try TestGathering(6, run: 1, groups: 2)
        let (scratch, start) = try await Self.crashed(gathering)
        let bytes = try scratch.read(Self.name + ".spl")
        // Nothing is let go before the append is whole.
        try scratch.remove(Self.name + ".ack")
        let content = try Self.endOfContent(bytes)
        for count in Array(stride(from: start, to: content - 20, by: 13)) + Array(content - 20...bytes.count)
        {
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(Array(bytes.prefix(count)), to: Self.name + ".spl")
            let held = count < content ? gathering.partIDs : gathering.frameIDs
            for round in 0..<2 {
                let test = try TestSpool(Scratch.crashed(copy.path))
                Self.expect(test, holds: held, walks: gathering.partIDs, "cut at \(count), start \(round)")
                await test.spool.maintain()
                await test.spool.close()
                let files = try test.scratch.read(Self.name + ".spl")
                try copy.write(files, to: Self.name + ".spl")
                let records = try? test.scratch.read(Self.name + ".ack")
                try copy.write(records ?? [], to: Self.name + ".ack")
            }
        }
    }

    /// Behind the last byte of the last frame, its padding left out.
    private static func endOfContent(_ bytes: [UInt8]) throws -> Int {
        var (walk, end) = (SegmentWalk(bytes.raw), 0)
        while case .frame(let frame, let offset)? = walk.next() {
            end =
                offset + FrameHeader.byteCount + Int(frame.header.indexBytes) + Int(frame.header.payloadBytes)
        }
        return end
    }

    @Test func `parts of which only some records were written stay let go`() async throws {
        let gathering = try TestGathering(6, run: 2)
        let (scratch, _) = try await Self.crashed(gathering)
        let records = try scratch.read(Self.name + ".ack")
        #expect(records.count == 6 * ConfirmationRecord.byteCount)
        for count in stride(from: 0, through: records.count, by: 8) {
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(Array(records.prefix(count)), to: Self.name + ".ack")
            let test = try TestSpool(copy)
            Self.expect(
                test,
                holds: gathering.frameIDs,
                walks: gathering.partIDs,
                "\(count) bytes of records"
            )
            await test.spool.close()
        }
    }

    @Test func `a cover in a later file lets parts of an earlier one go`() async throws {
        let test = try TestSpool { $0.segmentBytesMax = 1 }
        let gathering = try TestGathering(6, run: 3)
        for part in gathering.parts { await test.append([part]) }
        await test.gather(gathering)
        await test.settle()
        let copy = try Scratch.crashed(test.scratch.path)
        for file in copy.spoolFiles where file.hasSuffix(".ack") { try copy.remove("spool/" + file) }
        let again = try TestSpool(copy)
        Self.expect(again, holds: gathering.frameIDs, walks: gathering.partIDs, "without any record")
        await again.spool.maintain()
        let last = try TestSpool(Scratch.crashed(copy.path))
        Self.expect(last, holds: gathering.frameIDs, walks: gathering.partIDs, "again")
        for spool in [last.spool, again.spool, test.spool] { await spool.close() }
    }

    @Test func `a cover stays until an earlier file says what it let go`() async throws {
        let test = try TestSpool()
        let gathering = try TestGathering(4, run: 4)
        let other = try TestSpool.frames(1, run: 5)
        await test.append(gathering.parts + other)
        // The next frames come into a file of their own, and a folder is in the way of the records.
        test.spool.state.withLock { $0.active = nil }
        let path = test.scratch.path + "/" + Self.name + ".ack"
        #expect(unsafe mkdir(path, 0o700) == 0)
        await test.gather(gathering)
        test.spool.confirm(gathering.frameIDs)
        test.spool.state.withLock { $0.active = nil }
        test.clock.advance(seconds: 120)
        await test.append(try TestSpool.frames(1, run: 6, at: test.clock.now))
        await test.spool.maintain()
        #expect(test.scratch.spoolFiles.contains("0000000000000002.spl"))
        var again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == test.heldIDs && again.heldIDs.first == other[0].header.id)
        await again.spool.close()
        #expect(unsafe rmdir(path) == 0)
        await test.spool.maintain()
        #expect(!test.scratch.spoolFiles.contains("0000000000000002.spl"))
        again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == test.heldIDs && again.heldIDs.count == 2)
        await again.spool.close()
        await test.spool.close()
    }

    @Test func `damage to a cover or to a gathered frame costs what it hit, and sends nothing twice`()
        async throws
    {
        let gathering = try TestGathering(6, run: 7)
        let more = try TestSpool.frames(1, run: 8)
        let (scratch, start) = try await Self.crashed(gathering, then: more)
        let bytes = try scratch.read(Self.name + ".spl")
        // A bit of the first gathered frame, then one of the cover.
        let cover = start + gathering.frames.reduce(0) { $0 + $1.bytes.count }
        let behind = more.map(\.header.id)
        for (place, isRecorded, expected) in [
            (start, true, Array(gathering.frameIDs.dropFirst()) + behind),
            (start, false, gathering.partIDs + behind),
            (cover, true, gathering.frameIDs + behind),
        ] {
            var damaged = bytes
            damaged[place + 40] ^= 4
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(damaged, to: Self.name + ".spl")
            if !isRecorded { try copy.remove(Self.name + ".ack") }
            let test = try TestSpool(copy)
            Self.expect(test, holds: expected, walks: gathering.partIDs + behind, "byte \(place)")
            await test.spool.close()
        }
    }

    @Test func `anything done to the file never stops the start, and invents no frame`() async throws {
        let gathering = try TestGathering(6, run: 9)
        let (scratch, _) = try await Self.crashed(gathering)
        let bytes = try scratch.read(Self.name + ".spl")
        let ids = Set(gathering.partIDs + gathering.frameIDs)
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(60)) {
            var random = SplitMix64(seed: seed)
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(Damage.mutated(bytes, &random), to: Self.name + ".spl")
            if random.chance(perMille: 500) { try copy.remove(Self.name + ".ack") }
            let comment: Comment = "\(Sweep.replay("SpoolCoverTests", seed: seed))"
            let test = try TestSpool(copy)
            #expect(ids.isSuperset(of: test.heldIDs) && test.account().isClosed, comment)
            #expect(Set(test.heldIDs).count == test.heldIDs.count, comment)
            await test.spool.close()
        }
    }

    @Test func `a frame that is made anew takes the old one's place, and its items are counted once`()
        async throws
    {
        let test = try TestSpool()
        let edge = TestEdge(partBytesMax: 1 << 20)
        let frames = try edge.frames(
            traces: TestSpan.request([TestSpan(trace: TraceID(high: 1, low: 1), span: 1)]),
            at: test.clock.now
        )
        await test.append(frames)
        test.clock.advance(seconds: 20)
        let name = FrameID(run: RunID(high: 5, low: 5), sequence: 1)
        let anew = frames[0].madeAnew(name, created: test.clock.now)
        let failure = await withCheckedContinuation { continuation in
            test.spool.append(gathered: [anew], covering: [frames[0].header.id]) {
                continuation.resume(returning: $0)
            }
        }
        #expect(failure == nil && test.heldIDs == [name] && test.account().isClosed)
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == [name] && again.walkedIDs == frames.map(\.header.id))
        var rebuilder = WindowRebuilder(options: edge.options)
        again.spool.forEachFrame(since: TestEdge.epoch) { frame, payload in rebuilder.add(frame, payload) }
        let expected = try edge.finish(at: TestEdge.epoch)
        let missing = rebuilder.missing()
        #expect(missing.map(\.run) == [frames[0].header.id.run] && missing[0].slots == expected)
        await again.spool.close()
        await test.spool.close()
    }
}
