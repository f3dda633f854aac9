import Foundation
import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

@Suite struct SpoolRecoveryTests {
    /// A spool as a crash leaves it, the names of its files, and what was appended.
    private static func crashed(
        _ count: Int,
        run: UInt64,
        confirmed: [Int] = []
    ) async throws -> (Scratch, name: String, frames: [SealedFrame]) {
        let test = try TestSpool()
        let frames = try TestSpool.frames(count, run: run)
        await test.append(frames)
        test.spool.confirm(confirmed.map { frames[$0].header.id })
        await test.settle()
        let copy = try Scratch.crashed(test.scratch.path)
        await test.spool.close()
        return (copy, "spool/0000000000000001", frames)
    }

    private static func items(_ frames: some Sequence<SealedFrame>) -> UInt64 {
        frames.reduce(0) { $0 + UInt64($1.header.itemCount) }
    }

    private static func expect(
        _ test: TestSpool,
        holds frames: some Collection<SealedFrame>,
        _ comment: Comment
    ) throws {
        #expect(test.heldIDs == frames.map(\.header.id), comment)
        for (entry, frame) in zip(test.spool.held, frames) {
            #expect(try test.spool.bytes(of: entry) == frame.bytes, comment)
        }
        #expect(test.account().isClosed, comment)
    }

    @Test func `a restart holds what was not confirmed, in its order, again and again`() async throws {
        let (scratch, _, frames) = try await Self.crashed(7, run: 1, confirmed: [0, 3, 4])
        var kept = [1, 2, 5, 6].map { frames[$0] }
        var last = scratch
        for round in UInt64(0)..<4 {
            let test = try TestSpool(Scratch.crashed(last.path))
            last = test.scratch
            try Self.expect(test, holds: kept, "round \(round)")
            #expect(test.account().recovered == Self.items(kept), "round \(round)")
            let more = try TestSpool.frames(2, run: 100 + round)
            await test.append(more)
            test.spool.confirm([kept[0].header.id])
            kept = Array(kept.dropFirst()) + more
            await test.spool.close()
        }
    }

    @Test func `a file torn at any byte gives all whole frames, and goes on to work`() async throws {
        let (scratch, name, frames) = try await Self.crashed(5, run: 2)
        let bytes = try scratch.read(name + ".spl")
        let ends = frames.indices.map { last in
            SegmentHeader.byteCount + frames[...last].reduce(0) { $0 + $1.bytes.count }
        }
        let more = try TestSpool.frames(1, run: 3)
        for count in Array(stride(from: 0, to: ends[3] - 9, by: 97)) + Array(ends[3] - 9...bytes.count) {
            let torn = try Scratch.crashed(scratch.path)
            try torn.write(Array(bytes.prefix(count)), to: name + ".spl")
            let whole = zip(frames, ends).count { frame, end in
                let header = frame.header
                let content =
                    FrameHeader.byteCount + Int(header.indexBytes) + Int(header.payloadBytes)
                return end - header.frameBytes + content <= count
            }
            let test = try TestSpool(torn)
            try Self.expect(test, holds: frames.prefix(whole), "cut at \(count)")
            let end =
                whole == 0 ? (count < SegmentHeader.byteCount ? 0 : SegmentHeader.byteCount) : ends[whole - 1]
            #expect(test.spool.counters.damagedBytes == UInt64(max(0, count - end)), "cut at \(count)")
            await test.append(more)
            await test.spool.close()
            guard count % 8 == 5 else { continue }
            let again = try TestSpool(Scratch.crashed(torn.path))
            try Self.expect(again, holds: frames.prefix(whole) + more, "cut at \(count), again")
            #expect(again.spool.counters.damagedBytes == 0, "cut at \(count): set aside once")
            await again.spool.close()
        }
    }

    @Test func `a flipped bit costs the frame it hit, and its bytes are set aside`() async throws {
        let (scratch, name, frames) = try await Self.crashed(6, run: 4)
        let bytes = try scratch.read(name + ".spl")
        for seed in UInt64(1)...40 {
            var random = SplitMix64(seed: seed)
            let hit = random.below(frames.count)
            let start = SegmentHeader.byteCount + frames.prefix(hit).reduce(0) { $0 + $1.bytes.count }
            var damaged = bytes
            damaged[start + random.below(frames[hit].header.frameBytes - 8)] ^= 1 << UInt8(random.below(8))
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(damaged, to: name + ".spl")
            let test = try TestSpool(copy)
            var rest = frames
            rest.remove(at: hit)
            try Self.expect(test, holds: rest, "seed \(seed)")
            #expect(test.spool.counters.damagedBytes == UInt64(frames[hit].bytes.count), "seed \(seed)")
            #expect(test.spool.counters.lastTrouble != nil || hit == frames.count - 1, "seed \(seed)")
            let aside = try copy.read("quarantine/spool-0000000000000001-\(start).bytes")
            #expect(aside == Array(damaged[start..<start + frames[hit].bytes.count]), "seed \(seed)")
            await test.spool.close()
        }
    }

    @Test func `anything done to both files never stops the start, and invents no frame`() async throws {
        let (scratch, name, frames) = try await Self.crashed(5, run: 5, confirmed: [1, 2])
        let (bytes, confirmations) = try (scratch.read(name + ".spl"), scratch.read(name + ".ack"))
        let ids = Set(frames.map(\.header.id))
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(60)) {
            var random = SplitMix64(seed: seed)
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(Damage.mutated(bytes, &random), to: name + ".spl")
            try copy.write(Damage.mutated(confirmations, &random), to: name + ".ack")
            let comment: Comment = "\(Sweep.replay("SpoolRecoveryTests", seed: seed))"
            let test = try TestSpool(copy)
            #expect(ids.isSuperset(of: test.heldIDs), comment)
            #expect(Set(test.heldIDs).count == test.heldIDs.count, comment)
            for entry in test.spool.held { #expect(try test.spool.bytes(of: entry) != nil, comment) }
            #expect(test.account().isClosed, comment)
            test.spool.confirm(test.heldIDs)
            await test.spool.close()
            let again = try TestSpool(Scratch.crashed(copy.path))
            #expect(again.heldIDs == [], comment)
            await again.spool.close()
        }
    }

    @Test func `a torn or damaged record costs one frame sent again, and later records stand`() async throws {
        let (scratch, name, frames) = try await Self.crashed(6, run: 6, confirmed: [0, 2, 4])
        let records = try scratch.read(name + ".ack")
        for count in 0...records.count {
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(Array(records.prefix(count)), to: name + ".ack")
            let gone = Set([0, 2, 4].prefix(count / ConfirmationRecord.byteCount))
            var kept = frames.indices.filter { !gone.contains($0) }
            let test = try TestSpool(copy)
            try Self.expect(test, holds: kept.map { frames[$0] }, "cut at \(count)")
            test.spool.confirm([frames[5].header.id])
            await test.spool.close()
            kept.removeAll { $0 == 5 }
            let again = try TestSpool(Scratch.crashed(copy.path))
            try Self.expect(again, holds: kept.map { frames[$0] }, "cut at \(count), again")
            await again.spool.close()
        }
    }

    @Test func `a frame that stands in two files is held once`() async throws {
        let (scratch, name, frames) = try await Self.crashed(3, run: 11, confirmed: [1])
        try scratch.write(scratch.read(name + ".spl"), to: "spool/0000000000000002.spl")
        let test = try TestSpool(scratch)
        try Self.expect(test, holds: [frames[0], frames[2], frames[1]], "its record is in the first file")
        #expect(test.account().recovered == Self.items(frames))
        test.spool.confirm(test.heldIDs)
        #expect(test.heldIDs == [] && test.account().held == 0)
        await test.spool.close()
    }

    @Test func `a damaged or newer header costs no frame`() async throws {
        let (scratch, name, frames) = try await Self.crashed(3, run: 7)
        for place in [0, 4, 6, 20, 60] {
            var bytes = try scratch.read(name + ".spl")
            bytes[place] ^= 0xff
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(bytes, to: name + ".spl")
            let test = try TestSpool(copy)
            try Self.expect(test, holds: frames, "byte \(place)")
            await test.spool.close()
        }
    }

    @Test func `foreign files stay, noise is set aside whole, records without frames go`() async throws {
        let (scratch, _, frames) = try await Self.crashed(2, run: 8)
        let foreign = [".spl", "abc.spl", "1.spl", "ffffffffffffffff.spl", "FFFFFFFFFFFFFFF0.spl", "x.ack"]
        for name in foreign { try scratch.write([1, 2, 3], to: "spool/" + name) }
        var random = SplitMix64(seed: 8)
        let noise = Damage.noise(3_000, &random)
        try scratch.write(noise, to: "spool/00000000000000aa.spl")
        try scratch.write(noise, to: "spool/00000000000000bb.ack")
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/spool/00000000000000cc.spl",
            withIntermediateDirectories: true
        )
        let test = try TestSpool(scratch)
        try Self.expect(test, holds: frames, "noise")
        #expect(try scratch.read("quarantine/spool-00000000000000aa.spl") == noise)
        #expect(test.spool.counters.damagedBytes == 3_000)
        await test.append(try TestSpool.frames(1, run: 9))
        await test.spool.close()
        let ours = ["0000000000000001.spl", "00000000000000cc.spl", "00000000000000cd.spl"]
        #expect(scratch.spoolFiles == (ours + foreign).sorted())
        for name in foreign { #expect(try scratch.read("spool/" + name) == [1, 2, 3], "\(name)") }
    }

    @Test func `a frame that is damaged after the start is dropped, counted, and never sent`() async throws {
        let (scratch, name, frames) = try await Self.crashed(3, run: 10)
        let test = try TestSpool(scratch)
        var bytes = try scratch.read(name + ".spl")
        bytes[SegmentHeader.byteCount + frames[0].bytes.count + 50] ^= 1
        try scratch.write(bytes, to: name + ".spl")
        let hit = test.spool.held[1]
        let failure = #expect(throws: StorageFailure.self) { try test.spool.bytes(of: hit) }
        #expect(failure?.code == .damaged)
        #expect(try test.spool.bytes(of: hit) == nil)
        try Self.expect(test, holds: [frames[0], frames[2]], "one is lost")
        #expect(test.account().dropped == [.damaged: Self.items([frames[1]])])
        await test.spool.close()
    }
}
