import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

@Suite struct SpoolTests {
    @Test(arguments: Durability.allCases, [0, 1 << 20])
    func `what was appended is held with what a sender must know, and given byte for byte`(
        _ durability: Durability,
        _ memory: Int
    ) async throws {
        let test = try TestSpool { ($0.durability, $0.memoryBytesMax) = (durability, memory) }
        let frames = try TestSpool.frames(9, run: 1)
        for part in [frames[0..<1], frames[1..<4], frames[4..<9]] {
            #expect(await test.append(Array(part)) == nil)
        }
        let held = test.spool.held
        #expect(held.map(\.id) == frames.map(\.header.id))
        for (entry, frame) in zip(held, frames) {
            #expect(try test.spool.bytes(of: entry) == frame.bytes)
            #expect(entry.signal == .spans && entry.created == frame.header.created)
            #expect(entry.partition == frame.frame.entries[0].key.partition)
            #expect(entry.itemCount == Int(frame.header.itemCount))
            #expect(entry.byteCount == frame.bytes.count)
        }
        let bytes = frames.reduce(0) { $0 + $1.bytes.count }
        let counters = test.spool.counters
        #expect(counters.heldFrames == 9 && counters.heldBytes == UInt64(bytes))
        #expect(counters.bytes == UInt64(bytes) && counters.memoryBytes == UInt64(memory > 0 ? bytes : 0))
        #expect(counters.oldest == TestEdge.epoch && test.spool.newest == TestEdge.epoch)
        #expect(try test.fileBytes() == bytes)
        await test.spool.close()
    }

    @Test func `a confirmed frame is let go once, an unknown one changes nothing`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(4, run: 2)
        await test.append(frames)
        let ids = frames.map(\.header.id)
        let entry = try #require(test.spool.held.dropFirst().first)
        test.spool.confirm([ids[1], ids[1], FrameID(run: RunID(high: 9, low: 9), sequence: 1)])
        test.spool.confirm([ids[1]])
        test.spool.confirm([])
        #expect(test.heldIDs == [ids[0], ids[2], ids[3]])
        #expect(try test.spool.bytes(of: entry) == nil)
        let items = frames.reduce(0) { $0 + UInt64($1.header.itemCount) }
        let confirmed = UInt64(frames[1].header.itemCount)
        var account = test.account()
        #expect(account.isClosed && account.confirmed == confirmed && account.held == items - confirmed)
        test.spool.drop([ids[0], ids[1]], as: .refused)
        account = test.account()
        #expect(account.isClosed && account.dropped == [.refused: UInt64(frames[0].header.itemCount)])
        await test.settle()
        let name = try #require(test.scratch.spoolFiles.first { $0.hasSuffix(".ack") })
        let bytes = try test.scratch.read("spool/" + name)
        #expect(ConfirmationRecord.ids(in: bytes.raw) == [ids[1], ids[0]])
        await test.spool.close()
    }

    @Test func `a frame that is held is not written again, one that was let go is`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(3, run: 3)
        await test.append(frames + [frames[0]])
        await test.append([frames[1]])
        let items = frames.map { UInt64($0.header.itemCount) }
        #expect(test.heldIDs == frames.map(\.header.id))
        #expect(test.account().duplicate == items[0] + items[1] && test.account().isClosed)
        test.spool.confirm([frames[0].header.id])
        await test.append([frames[0]])
        #expect(test.heldIDs == [1, 2, 0].map { frames[$0].header.id })
        #expect(test.account().duplicate == items[0] + items[1] && test.account().isClosed)
        await test.spool.close()
    }

    @Test func `a follower hears of every frame once, in order, before its sender does`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(6, run: 4)
        await test.append(Array(frames[0..<2]))
        let heard = Mutex<[FrameID]>([])
        let first = test.spool.follow { entries in heard.withLock { $0 += entries.map(\.id) } }
        #expect(first.map(\.id) == frames[0..<2].map(\.header.id))
        for index in 2..<6 {
            let atAnswer = await withCheckedContinuation { continuation in
                test.spool.append([frames[index], frames[0]]) { _ in
                    continuation.resume(returning: heard.withLock { $0 })
                }
            }
            #expect(atAnswer == frames[2...index].map(\.header.id))
        }
        await test.spool.close()
    }

    @Test func `several threads append, confirm and read at the same time, and the accounts close`()
        async throws
    {
        let test = try TestSpool { options in
            (options.segmentBytesMax, options.memoryBytesMax) = (4_000, 2_000)
        }
        let rows = try (0..<4).map { try TestSpool.frames(60, run: 10 + UInt64($0)) }
        await withTaskGroup { group in
            for row in rows {
                group.addTask {
                    for (index, frame) in row.enumerated() {
                        let failure = await TestSpool.append([frame], to: test.spool)
                        #expect(failure == nil)
                        let entry = test.spool.held.first { $0.id == frame.header.id }
                        let bytes = try? entry.flatMap { try test.spool.bytes(of: $0) }
                        #expect(bytes == frame.bytes)
                        if index % 3 > 0 { test.spool.confirm([frame.header.id]) }
                    }
                }
            }
            group.addTask { for _ in 0..<20 { await test.spool.maintain() } }
        }
        let expected = rows.flatMap { row in row.enumerated().filter { $0.offset % 3 == 0 }.map(\.element) }
        #expect(Set(test.heldIDs) == Set(expected.map(\.header.id)))
        for row in rows {
            let order = test.heldIDs.filter { $0.run == row[0].header.id.run }
            #expect(order == order.sorted())
        }
        #expect(test.account().isClosed && test.spool.counters.segments > 3)
        #expect(try test.fileBytes() == Int(test.spool.counters.bytes))
        await test.spool.close()
        let again = try TestSpool(Scratch.crashed(test.scratch.path))
        #expect(again.heldIDs == test.heldIDs)
        await again.spool.close()
    }

    @Test func `a closed spool refuses at once, still reads, and leaves no empty file`() async throws {
        let test = try TestSpool()
        let frames = try TestSpool.frames(2, run: 5)
        await test.append([frames[0]])
        await test.spool.close()
        let failure = await test.append([frames[1]])
        #expect(failure?.code == .closed)
        #expect(test.account().refused == UInt64(frames[1].header.itemCount) && test.account().isClosed)
        #expect(try test.spool.held.first.flatMap { try test.spool.bytes(of: $0) } == frames[0].bytes)
        test.spool.confirm([frames[0].header.id])
        await test.spool.maintain()
        await test.spool.close()
        let empty = try TestSpool()
        #expect(empty.scratch.spoolFiles.count == 1)
        #expect(await empty.append([]) == nil)
        await empty.spool.close()
        #expect(empty.scratch.spoolFiles == [])
    }

    @Test func `a spool that cannot be written to is refused at the start`() throws {
        let scratch = try Scratch()
        try scratch.write([1], to: "spool")
        let failure = try #require(throws: StorageFailure.self) { try TestSpool(scratch) }
        #expect(failure.message.contains("/spool"), "\(failure)")
    }
}
