import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Disks that fail.
@Suite struct SpoolDiskTests {
    /// Puts another file in the place of the one that is written to, as if the disk under it had changed.
    private static func replaceActive(of spool: Spool, by path: String) throws {
        let active = try #require(spool.state.withLock { $0.active })
        let other = try File(path, flags: O_RDWR)
        #expect(dup2(other.descriptor, active.file.descriptor) >= 0)
    }

    // A null device takes writes and cannot be synchronised; a full one takes none, and neither can be cut off.
    @Test(arguments: ["/dev/null", "/dev/full"])
    func `a file that fails is given up, its batch refused, and nothing safe is lost`(
        _ device: String
    ) async throws {
        let test = try TestSpool { ($0.durability, $0.memoryBytesMax) = (.batch, 0) }
        let frames = try TestSpool.frames(6, run: 1)
        #expect(await test.append(Array(frames[..<2])) == nil)
        try Self.replaceActive(of: test.spool, by: device)
        let failure = await test.append(Array(frames[2..<4]))
        #expect(failure?.code == (device == "/dev/full" ? .diskFull : .failedIO))
        #expect(test.spool.state.withLock { $0.active == nil })
        #expect(test.account().isClosed && test.spool.counters.failedCommits == 1)
        await test.spool.maintain()
        #expect(await test.append(Array(frames[4...])) == nil)
        let expected = frames[..<2] + frames[4...]
        #expect(test.heldIDs == expected.map(\.header.id))
        for (entry, frame) in zip(test.spool.held, expected) {
            #expect(try test.spool.bytes(of: entry) == frame.bytes)
        }
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == test.heldIDs && again.spool.counters.damagedBytes == 0)
        await again.spool.close()
        await test.spool.close()
    }

    @Test func `a file that failed before anything came into it does not stay`() async throws {
        let test = try TestSpool { $0.durability = .batch }
        let frames = try TestSpool.frames(3, run: 2)
        for frame in frames {
            // An empty batch opens a new file.
            await test.append([])
            try Self.replaceActive(of: test.spool, by: "/dev/null")
            #expect(await test.append([frame])?.code == .failedIO)
        }
        #expect(test.scratch.spoolFiles.count == 3)
        await test.spool.maintain()
        #expect(test.scratch.spoolFiles == [] && test.account().isClosed)
        await test.spool.close()
    }

    @Test func `confirmations that cannot be written are tried again, and hold nobody up`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(3, run: 3)
        await test.append(frames)
        // A folder of the file's name is in the way.
        let path = test.scratch.path + "/spool/0000000000000001.ack"
        #expect(unsafe mkdir(path, 0o700) == 0)
        test.spool.confirm([frames[0].header.id])
        await test.spool.maintain()
        test.spool.confirm([frames[1].header.id])
        await test.settle()
        #expect(test.heldIDs == [frames[2].header.id])
        #expect(test.spool.counters.failedConfirmations >= 2)
        #expect(unsafe rmdir(path) == 0)
        await test.spool.maintain()
        let bytes = try test.scratch.read("spool/0000000000000001.ack")
        #expect(ConfirmationRecord.ids(in: bytes.raw) == frames[..<2].map(\.header.id))
        await test.spool.close()
    }

    @Test(
        .enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"),
        arguments: Durability.allCases
    )
    func `a batch that does not fit on the disk is refused whole, and nothing acknowledged is lost`(
        _ durability: Durability
    ) async throws {
        let disk = try #require(SmallDisk(bytes: 256 << 10))
        let test = try TestSpool(disk.scratch) { options in
            (options.durability, options.segmentBytesMax, options.memoryBytesMax) = (durability, 30_000, 0)
        }
        var kept: [SealedFrame] = []
        var refused = 0
        for run in UInt64(1)...60 {
            let frames = try TestSpool.frames(run % 4 == 0 ? 40 : 4, run: run, noise: 400)
            switch await test.append(frames) {
            case nil: kept += frames
            case let failure?:
                #expect(failure.code == .diskFull, "\(failure)")
                refused += 1
                // What the once-a-second look at the disk would do; the limit is off in this test.
                await test.spool.maintain()
            }
        }
        #expect(kept.count > 20 && refused > 5)
        #expect(test.heldIDs == kept.map(\.header.id) && test.account().isClosed)
        let again = try TestSpool(Scratch.crashed(disk.scratch.path))
        #expect(again.heldIDs == kept.map(\.header.id) && again.spool.counters.damagedBytes == 0)
        for (entry, frame) in zip(again.spool.held, kept) {
            #expect(try again.spool.bytes(of: entry) == frame.bytes)
        }
        // Letting go needs no room.
        test.spool.confirm(test.heldIDs)
        test.clock.advance(seconds: 61)
        await test.spool.maintain()
        #expect(test.spool.counters.bytes == 0)
        #expect(await test.append(try TestSpool.frames(4, run: 99, noise: 400)) == nil)
        await again.spool.close()
        await test.spool.close()
    }
}
