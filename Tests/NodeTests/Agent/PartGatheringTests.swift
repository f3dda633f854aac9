import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage
@testable import Node

@Suite(.timeLimit(.minutes(3))) struct PartGatheringTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let now: @Sendable () -> ClusterTime = {
        ClusterTime(nanoseconds: UInt64(Date().timeIntervalSince1970 * 1e9))
    }

    private static func spool(_ folder: TemporaryFolder) throws -> Spool {
        try Spool(
            directory: DataDirectory(folder.url.appending(path: "data").path),
            options: SpoolOptions(durability: .os, lowDiskBytes: 0),
            run: RunID(high: 1, low: 1),
            logger: Self.logger,
            now: Self.now
        )
    }

    /// Gathers for a spool, and tells what is to be sent.
    private static func gathering(
        _ spool: Spool,
        limits: Gatherer.Limits = .init(waitMax: .seconds(3600))
    ) -> (PartGathering, sent: AsyncStream<SpoolEntry>) {
        let (sent, continuation) = AsyncStream<SpoolEntry>.makeStream(
            bufferingPolicy: .bufferingNewest(1_000)
        )
        let gathering = PartGathering(
            spool: spool,
            gatherer: Gatherer(run: RunID(high: 2, low: 2), compressionLevel: 1, limits: limits),
            timers: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Self.logger
        )
        let send: @Sendable ([SpoolEntry]) -> Void = { entries in
            for entry in entries { continuation.yield(entry) }
        }
        _ = spool.follow(send, parts: { gathering.note($0) })
        return (gathering, sent)
    }

    /// Appends so many parts of three spans each, one after the other.
    private static func append(_ count: UInt64, to spool: Spool) async throws {
        let time = Self.now()
        for number in 1...count {
            let edge = TestEdge(run: number, partBytesMax: 1 << 20)
            let spans = (1...3).map {
                TestSpan(trace: TraceID(high: number, low: UInt64($0)), span: UInt64($0))
            }
            let parts = try edge.spans(spans, at: time)
            let failure = await withCheckedContinuation { continuation in
                spool.append(parts) { continuation.resume(returning: $0) }
            }
            #expect(failure == nil)
        }
    }

    @Test func `at the end everything is gathered, by the groups of the owners`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let (gathering, _) = Self.gathering(spool)
        gathering.setGroups(PartitionGroups { $0 % 3 })
        try await Self.append(30, to: spool)
        #expect(spool.held.count == 30)
        await gathering.finish()
        #expect(spool.held.count == 3 && !spool.held.contains { $0.isPart })
        #expect(spool.held.reduce(0) { $0 + $1.itemCount } == 90)
        #expect(spool.counters.accounts[.spans]?.isClosed == true)
        await spool.close()
    }

    @Test func `parts wait their time, and no longer`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let (gathering, sent) = Self.gathering(spool, limits: .init(waitMax: .milliseconds(20)))
        for _ in 0..<3 {
            try await Self.append(2, to: spool)
            var items = 0
            for await entry in sent {
                #expect(!entry.isPart)
                items += entry.itemCount
                if items == 6 { break }
            }
            #expect(items == 6)
        }
        await gathering.finish()
        await spool.close()
    }

    @Test func `what is enough is gathered at once`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let limits = Gatherer.Limits(partsMax: 4, waitMax: .seconds(3600))
        let (gathering, sent) = Self.gathering(spool, limits: limits)
        try await Self.append(4, to: spool)
        for await entry in sent {
            #expect(!entry.isPart && entry.itemCount == 12)
            break
        }
        await gathering.finish()
        await spool.close()
    }

    @Test func `after the end, parts are sent as they are`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let (gathering, sent) = Self.gathering(spool)
        await gathering.finish()
        try await Self.append(1, to: spool)
        for await entry in sent {
            #expect(entry.isPart)
            break
        }
        #expect(spool.counters.bareParts == 1)
        await spool.close()
    }

    @Test func `a disk that refuses holds nothing up: parts are sent as they are`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let (gathering, sent) = Self.gathering(spool)
        try await Self.append(3, to: spool)
        let active = try #require(spool.state.withLock { $0.active })
        let full = try File("/dev/full", flags: O_RDWR)
        #expect(dup2(full.descriptor, active.file.descriptor) >= 0)
        await gathering.finish()
        var items = 0
        for await entry in sent {
            #expect(entry.isPart)
            items += entry.itemCount
            if items == 9 { break }
        }
        #expect(spool.counters.failedGatherings == 1 && spool.counters.bareParts == 3)
        await spool.close()
    }

    @Test func `a spool that is closed ends it, and keeps the parts`() async throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        let (gathering, _) = Self.gathering(spool)
        try await Self.append(3, to: spool)
        await spool.close()
        await gathering.finish()
        #expect(spool.held.count == 3 && spool.counters.bareParts == 0)
    }
}
