import Foundation
import Glibc
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct SegmentStoreTests {
    /// Says to tasks that others are done.
    private final class Flag: Sendable {
        private let state = Mutex(false)

        var isSet: Bool { self.state.withLock { $0 } }

        func set() { self.state.withLock { $0 = true } }
    }

    private static func frames(
        _ seed: UInt64,
        traces: Int = 1,
        at now: ClusterTime = TestEdge.epoch
    ) throws -> [SealedFrame] {
        var random = SplitMix64(seed: seed)
        let ids = (0..<traces).map { _ in random.traceID() }
        return try TestEdge(run: seed).spans(StoreModel.spans(ids, at: now, &random), at: now)
    }

    private static func id(_ frames: [SealedFrame]) throws -> TraceID {
        let key = try #require(frames.first?.frame.entries.first?.key)
        return TraceID(high: key.high, low: key.low)
    }

    @Test(arguments: Durability.allCases)
    func `what was acknowledged is found at once, by key and by search`(_ durability: Durability) async throws
    {
        let test = try TestStore { $0.durability = durability }
        for seed in UInt64(1)...20 {
            let frames = try Self.frames(seed)
            #expect(await test.append(frames) == nil)
            #expect(try await test.store.search(SearchQuery(limit: 100)).hits.count == Int(seed))
            #expect(try await test.store.trace(Self.id(frames)) != nil)
        }
        let account = try #require(test.store.accounts[.spans])
        #expect(account.held == 0 && account.received == account.out && account.writeFailed == 0)
        await test.store.close()
    }

    @Test func `an answer comes after the index thread was told`() async throws {
        let test = try TestStore()
        for seed in UInt64(1)...20 {
            let frames = try Self.frames(seed)
            let waiting: Int = await withCheckedContinuation { continuation in
                test.store.append(frames) { _ in
                    // Behind whatever the index thread was given before the answer.
                    test.store.indexer.enqueue {
                        let open = test.store.state.withLock { $0.active }
                        continuation.resume(returning: open?.state.withLock { $0.unindexed.count } ?? 0)
                    }
                }
            }
            #expect(waiting == 0, "append \(seed)")
        }
        await test.store.close()
    }

    @Test func `a closed store refuses what comes, answers what is asked, and never hangs`() async throws {
        let test = try TestStore()
        let frames = try Self.frames(1)
        await test.append(frames)
        await test.store.close()
        #expect(await test.append(try Self.frames(2))?.code == .closed)
        #expect(try await test.store.trace(Self.id(frames)) != nil)
        #expect(try await test.store.search(SearchQuery()).hits.count == 1)
        #expect(try await test.store.logs(LogQuery()).count == 0)
        await test.store.maintainAndWait()
        await test.store.mergeAll()
        await #expect(throws: StorageFailure.self) { try await test.store.purge(trace: Self.id(frames)) }
        await test.store.close()
        let account = try #require(test.store.accounts[.spans])
        #expect(account.held == 0 && account.received == account.out)
    }

    @Test(arguments: Durability.allCases)
    func `appends that race with a close are kept or refused, and none is lost`(
        _ durability: Durability
    ) async throws {
        for seed in UInt64(1)...6 {
            let test = try TestStore {
                $0.durability = durability
                $0.segmentBytesMax = 400
            }
            let kept = await withTaskGroup(of: TraceID?.self, returning: [TraceID].self) { group in
                for number in UInt64(0)..<40 {
                    group.addTask {
                        guard let frames = try? Self.frames(seed * 1_000 + number),
                            let id = try? Self.id(frames)
                        else {
                            return nil
                        }
                        return await test.append(frames) == nil ? id : nil
                    }
                }
                group.addTask {
                    await test.store.close()
                    return nil
                }
                return await group.reduce(into: []) { if let id = $1 { $0.append(id) } }
            }
            let again = try TestStore(Scratch.crashed(test.scratch.path))
            for id in kept { #expect(try await again.store.trace(id) != nil, "seed \(seed)") }
            #expect(try await again.store.search(SearchQuery(limit: 100)).hits.count == kept.count)
            await again.store.close()
        }
    }

    @Test func `a log is sealed at its size and at its age, and an empty one never`() async throws {
        let test = try TestStore { $0.segmentBytesMax = 1_000 }
        await test.store.maintainAndWait()
        await test.store.close()
        #expect(test.scratch.segmentFiles.isEmpty)
        let other = try TestStore { $0.segmentAge = .seconds(60) }
        await other.append(try Self.frames(1))
        other.clock.advance(seconds: 59)
        await other.store.maintainAndWait()
        #expect(other.store.counters.sealedSegments == 0)
        other.clock.advance(seconds: 1)
        await other.store.maintainAndWait()
        #expect(other.store.counters.sealedSegments == 1)
        #expect(other.store.counters.segments == 2)
        await other.store.close()
    }

    @Test func `expired segments go with a count, and the oldest while there are too many bytes`()
        async throws
    {
        let test = try TestStore {
            $0.segmentBytesMax = 1
            $0.retentionAge = .seconds(3_600)
        }
        var ids: [TraceID] = []
        for seed in UInt64(1)...4 {
            let frames = try Self.frames(seed, at: test.clock.now)
            await test.append(frames)
            ids.append(try Self.id(frames))
            test.clock.advance(seconds: 1_000)
        }
        await test.store.seal()
        await test.store.maintainAndWait()
        for (number, id) in ids.enumerated() {
            #expect((try await test.store.trace(id) == nil) == (number == 0), "trace \(number)")
        }
        #expect(test.store.counters.expiredSegments == 1)
        #expect((test.store.counters.expiredItems[.spans] ?? 0) > 0)
        await test.store.close()
        #expect(!test.scratch.segmentFiles.contains { $0.hasPrefix("0000000000000001.") })
    }

    @Test func `a clock that jumps forward makes nothing older than it is`() async throws {
        let test = try TestStore { $0.retentionAge = .seconds(3_600) }
        let frames = try Self.frames(1, at: test.clock.now)
        await test.append(frames)
        await test.store.seal()
        let before = test.clock.now
        test.clock.advance(seconds: 8 * 86_400)
        test.store.noteClockStep(at: before, nanoseconds: 8 * 86_400 * 1_000_000_000)
        await test.store.maintainAndWait()
        #expect(try await test.store.trace(Self.id(frames)) != nil)
        test.clock.advance(seconds: 4_000)
        await test.store.maintainAndWait()
        #expect(try await test.store.trace(Self.id(frames)) == nil)
        await test.store.close()
    }

    @Test func `bytes that are not sealed yet count for retention, and stay`() async throws {
        let first = try Self.frames(1, traces: 3)
        let second = try Self.frames(2, traces: 400)
        let bytes = second.reduce(0) { $0 + $1.bytes.count }
        let test = try TestStore { $0.retentionBytesMax = UInt64(bytes) }
        await test.append(first)
        await test.store.seal()
        await test.store.maintainAndWait()
        #expect(try await test.store.trace(Self.id(first)) != nil)
        await test.append(second)
        await test.store.maintainAndWait()
        #expect(try await test.store.trace(Self.id(first)) == nil)
        #expect(try await test.store.trace(Self.id(second)) != nil)
        await test.store.close()
    }

    @Test func `a segment that could not be sealed is sealed by maintenance`() async throws {
        let test = try TestStore()
        let frames = try Self.frames(1)
        await test.append(frames)
        // A folder stands where the index is to be written.
        let blocked = test.scratch.path + "/segments/0000000000000001.sqlite.tmp"
        try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: true)
        await test.store.seal()
        #expect(test.store.counters.sealedSegments == 0)
        #expect(try await test.store.trace(Self.id(frames)) != nil)
        #expect(try await test.store.search(SearchQuery()).hits.count == 1)
        let other = try Self.frames(2)
        await test.append(other)
        await #expect(throws: StorageFailure.self) { try await test.store.purge(trace: Self.id(frames)) }
        try FileManager.default.removeItem(atPath: blocked)
        await test.store.maintainAndWait()
        #expect(test.store.counters.sealedSegments == 2)
        // The purge that failed was not forgotten.
        #expect(try await test.store.trace(Self.id(frames)) == nil)
        #expect(try await test.store.purge(trace: Self.id(frames)) == 0)
        #expect(try await test.store.trace(Self.id(other)) != nil)
        await test.store.close()
    }

    @Test func `after a failed fsync the batch is refused whole and a new log takes the next`() async throws {
        for isFirst in [true, false] {
            let test = try TestStore { $0.durability = .batch }
            let before = try Self.frames(1)
            if !isFirst { #expect(await test.append(before) == nil) }
            await test.store.indexer.run {}
            // Writes to /dev/null succeed, and synchronising it does not.
            let log = try #require(test.store.state.withLock { $0.active })
            let null = unsafe open("/dev/null", O_RDWR)
            try #require(dup2(null, log.file.descriptor) >= 0)
            close(null)
            let refused = try Self.frames(2)
            #expect(await test.append(refused) != nil)
            let after = try Self.frames(3)
            #expect(await test.append(after) == nil)
            #expect(test.store.state.withLock { $0.active } !== log)
            #expect(try await test.store.trace(Self.id(refused)) == nil)
            #expect(try await test.store.trace(Self.id(after)) != nil)
            #expect(test.store.counters.failedCommits == 1)
            await test.store.close()
            let again = try TestStore(Scratch.crashed(test.scratch.path))
            #expect(try await again.store.trace(Self.id(refused)) == nil)
            #expect(try await again.store.trace(Self.id(after)) != nil)
            if !isFirst { #expect(try await again.store.trace(Self.id(before)) != nil) }
            await again.store.close()
            let account = try #require(test.store.accounts[.spans])
            #expect(account.received == account.out + account.writeFailed && account.held == 0)
        }
    }

    @Test func `texts with zeros, and empty ones, are found in sealed segments as in open ones`() async throws
    {
        let test = try TestStore()
        let values = ["a\0b", "a\0c", "a", "", "é", "\0"]
        let spans = values.enumerated().map { number, value in
            TestSpan(
                trace: TraceID(high: 1, low: UInt64(number + 1)),
                span: 1,
                name: "op " + value,
                attributes: ["session.id": value]
            )
        }
        await test.append(try TestEdge().spans(spans))
        for isSealed in [false, true] {
            if isSealed { await test.store.seal() }
            for (number, value) in values.enumerated() {
                let expected = [TraceID(high: 1, low: UInt64(number + 1))]
                for term in [Term(.session, value), .operation(service: "checkout", name: "op " + value)] {
                    let hits = try await test.store.search(SearchQuery(terms: [term])).hits
                    #expect(hits.map(\.trace) == expected, "\(term), sealed: \(isSealed)")
                }
            }
            #expect(try await test.store.values(.session, limit: 10) == values.sorted())
            #expect(try await test.store.values(.session, limit: 2) == Array(values.sorted().prefix(2)))
            #expect(try await test.store.values(.session, limit: -1) == [])
        }
        await test.store.close()
    }

    @Test func `threads that append do not lose anything while others search`() async throws {
        let test = try TestStore {
            $0.segmentBytesMax = 20_000
            $0.durability = .batch
        }
        let isDone = Flag()
        let ids = try await withThrowingTaskGroup(of: [TraceID].self, returning: [TraceID].self) { group in
            for writer in UInt64(1)...4 {
                group.addTask {
                    var random = SplitMix64(seed: writer)
                    let edge = TestEdge(run: writer)
                    var ids: [TraceID] = []
                    for _ in 0..<60 {
                        let id = random.traceID()
                        let frames = try edge.spans(StoreModel.spans([id], at: TestEdge.epoch, &random))
                        #expect(await test.append(frames) == nil)
                        #expect(try await test.store.trace(id) != nil)
                        ids.append(id)
                    }
                    return ids
                }
            }
            group.addTask {
                // At most so often; it ends with the writers.
                for _ in 0..<400 where !isDone.isSet {
                    _ = try await test.store.search(SearchQuery(terms: [Term(.service, "cart")]))
                    _ = try await test.store.values(.operation, limit: 10)
                    _ = try await test.store.series(SeriesQuery())
                    await test.store.mergeAll()
                }
                return []
            }
            var result: [TraceID] = []
            for try await ids in group {
                result += ids
                if result.count == 240 { isDone.set() }
            }
            return result
        }
        #expect(Set(ids).count == 240)
        for id in ids { #expect(try await test.store.trace(id)?.duplicateCount == 0) }
        #expect(try await test.store.search(SearchQuery(limit: 1_000)).hits.count == 240)
        #expect(test.store.counters.damagedFrames == 0)
        await test.store.close()
    }
}
