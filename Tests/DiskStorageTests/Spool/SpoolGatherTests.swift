import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// Parts, and the frames that are gathered from them.
@Suite struct SpoolGatherTests {
    /// What a follower heard.
    private final class Heard: Sendable {
        private let ids = Mutex<[FrameID]>([])
        var all: [FrameID] { self.ids.withLock { $0 } }
        func note(_ entries: [SpoolEntry]) { self.ids.withLock { $0 += entries.map(\.id) } }
    }

    private static func replaceActive(of spool: Spool, by path: String) throws {
        let active = try #require(spool.state.withLock { $0.active })
        let other = try File(path, flags: O_RDWR)
        #expect(dup2(other.descriptor, active.file.descriptor) >= 0)
    }

    @Test func `parts are told to whoever gathers, and other frames to the sender`() async throws {
        let test = try TestSpool()
        let (sent, gathered) = (Heard(), Heard())
        let early = try TestGathering(2, run: 1)
        await test.append(early.parts)
        #expect(test.spool.follow({ sent.note($0) }, parts: { gathered.note($0) }).map(\.id) == early.partIDs)
        #expect(test.spool.counters.bareParts == 2, "nobody gathered when they came")
        let (late, others) = (try TestGathering(3, run: 2), try TestSpool.frames(2, run: 3))
        await test.append(others + late.parts)
        #expect(sent.all == others.map(\.header.id) && gathered.all == late.partIDs)
        #expect(await test.gather(late) == nil)
        #expect(sent.all == others.map(\.header.id) + late.frameIDs && gathered.all == late.partIDs)
        test.spool.publish(parts: early.partIDs + late.partIDs)
        await test.settle()
        #expect(sent.all.suffix(2) == early.partIDs, "those that are held")
        let counters = test.spool.counters
        #expect(counters.parts == 3 && counters.bareParts == 4)
        #expect(counters.gatheredFrames == UInt64(late.frames.count) && counters.failedGatherings == 0)
        await test.spool.close()
    }

    @Test func `where nobody gathers, parts are sent as they are`() async throws {
        let test = try TestSpool()
        let sent = Heard()
        let parts = try TestGathering(3, run: 1).parts
        _ = test.spool.follow { sent.note($0) }
        await test.append(parts)
        #expect(sent.all == parts.map(\.header.id) && test.spool.counters.parts == 0)
        await test.spool.close()
    }

    @Test(arguments: Durability.allCases)
    func `gathered frames take the place of their parts, and items are counted once`(
        _ durability: Durability
    ) async throws {
        let test = try TestSpool { $0.durability = durability }
        let gathering = try TestGathering(20, run: 4)
        #expect(gathering.frames.count == 3)
        await test.append(gathering.parts)
        #expect(await test.gather(gathering) == nil)
        #expect(test.heldIDs == gathering.frameIDs)
        for (entry, frame) in zip(test.spool.held, gathering.frames) {
            #expect(try test.spool.bytes(of: entry) == frame.bytes)
        }
        var account = test.account()
        #expect(account.received == gathering.itemCount && account.held == gathering.itemCount)
        #expect(
            account.isClosed && account.confirmed == 0 && account.journaled == 0 && account.dropped == [:]
        )
        #expect(try test.fileBytes() == Int(test.spool.counters.bytes))
        #expect(test.walkedIDs == gathering.partIDs)
        await test.settle()
        let records = try test.scratch.read("spool/0000000000000001.ack")
        #expect(ConfirmationRecord.ids(in: records.raw) == gathering.partIDs)
        test.spool.confirm(Array(gathering.frameIDs.dropLast()))
        await test.settle()
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == gathering.frameIDs.suffix(1) && again.walkedIDs == gathering.partIDs)
        #expect(again.account().recovered == UInt64(gathering.frames[2].header.itemCount))
        test.spool.confirm(gathering.frameIDs)
        account = test.account()
        #expect(account.isClosed && account.confirmed == gathering.itemCount && account.held == 0)
        await again.spool.close()
        await test.spool.close()
    }

    @Test func `what is not made of all that it says is refused, and changes nothing`() async throws {
        let test = try TestSpool()
        let (first, second) = (try TestGathering(6, run: 5), try TestGathering(6, run: 6))
        await test.append(first.parts + second.parts)
        test.spool.drop([first.partIDs[2]], as: .expired)
        let bytes = test.spool.counters.bytes
        #expect(await test.gather(first)?.code == .stale)
        let short = await withCheckedContinuation { continuation in
            test.spool.append(gathered: Array(second.frames.dropLast()), covering: second.partIDs) {
                continuation.resume(returning: $0)
            }
        }
        #expect(short?.code == .stale)
        #expect(test.spool.counters.bytes == bytes && test.account().isClosed)
        #expect(test.heldIDs == first.partIDs.filter { $0 != first.partIDs[2] } + second.partIDs)
        #expect(await test.gather(second) == nil)
        await test.spool.close()
        #expect(await test.gather(second)?.code == .closed)
    }

    @Test(arguments: [true, false])
    func `a full spool gathers still, so that it can empty`(_ isByFrames: Bool) async throws {
        let gathering = try TestGathering(30, run: 7)
        let bytes = gathering.parts.reduce(0) { $0 + UInt64($1.bytes.count) }
        let test = try TestSpool { options in
            if isByFrames { options.framesMax = 30 } else { options.bytesMax = bytes }
        }
        await test.append(gathering.parts)
        #expect(test.spool.isFull)
        #expect(await test.append(try TestSpool.frames(1, run: 8))?.code == .full)
        #expect(await test.gather(gathering) == nil)
        #expect(test.heldIDs == gathering.frameIDs && test.account().isClosed)
        #expect(test.spool.isFull != isByFrames)
        test.spool.confirm(gathering.frameIDs)
        test.clock.advance(seconds: 61)
        await test.spool.maintain()
        #expect(!test.spool.isFull && test.spool.counters.bytes == 0)
        await test.spool.close()
    }

    @Test func `a spool that drops its oldest to make room counts what was to be gathered once`() async throws
    {
        let gathering = try TestGathering(30, run: 9)
        let bytes = gathering.parts.reduce(0) { $0 + UInt64($1.bytes.count) }
        let test = try TestSpool { ($0.bytesMax, $0.dropsOldest) = (bytes, true) }
        await test.append(gathering.parts)
        #expect(await test.gather(gathering)?.code == .stale)
        #expect(test.heldIDs == [] && test.account().isClosed)
        #expect(test.account().dropped == [.full: gathering.itemCount])
        await test.spool.close()
    }

    // A null device takes writes and cannot be synchronised; a full one takes none.
    @Test(arguments: ["/dev/null", "/dev/full"])
    func `a disk that refuses costs no part, which can be sent as they are`(_ device: String) async throws {
        let test = try TestSpool { $0.durability = .batch }
        let sent = Heard()
        let gathering = try TestGathering(5, run: 10)
        _ = test.spool.follow({ sent.note($0) }, parts: { _ in })
        await test.append(gathering.parts)
        try Self.replaceActive(of: test.spool, by: device)
        #expect(await test.gather(gathering)?.code == (device == "/dev/full" ? .diskFull : .failedIO))
        #expect(test.heldIDs == gathering.partIDs && sent.all == [])
        test.spool.publish(parts: gathering.partIDs)
        await test.settle()
        #expect(sent.all == gathering.partIDs && test.spool.counters.bareParts == 5)
        #expect(test.spool.counters.failedGatherings == 1)
        let account = test.account()
        #expect(account.isClosed && account.writeFailed == 0 && account.held == gathering.itemCount)
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == gathering.partIDs && again.account().isClosed)
        #expect(await test.gather(gathering) == nil, "into a new file")
        await again.spool.close()
        await test.spool.close()
    }
}
