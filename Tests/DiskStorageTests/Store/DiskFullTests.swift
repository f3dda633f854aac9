import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
struct DiskFullTests {
    private static func frames(_ seed: UInt64, spans: Int) throws -> (TraceID, [SealedFrame]) {
        var random = SplitMix64(seed: seed)
        let id = random.traceID()
        let list = (0..<spans).map { _ in
            // Noise that does not compress.
            let text = (0..<8).map { _ in SpanID(random.next()).hex }.joined()
            return TestSpan(trace: id, span: random.spanID().bits, attributes: ["noise": text])
        }
        return (id, try TestEdge(run: seed).spans(list))
    }

    @Test(arguments: Durability.allCases)
    func `a batch that does not fit is refused whole, later ones work, and nothing acknowledged is lost`(
        _ durability: Durability
    ) async throws {
        let disk = try #require(SmallDisk(bytes: 600 << 10))
        let test = try TestStore(disk.scratch) { $0.durability = durability }
        var kept: [TraceID] = []
        var refused: [TraceID] = []
        for seed in UInt64(1)...60 {
            let (id, frames) = try Self.frames(seed, spans: seed % 4 == 0 ? 600 : 60)
            switch await test.append(frames) {
            case nil: kept.append(id)
            case let failure?:
                #expect(failure.code == .diskFull, "\(failure)")
                refused.append(id)
            }
        }
        #expect(kept.count > 5 && refused.count > 5)
        #expect(test.store.isDiskLow)
        func check(_ store: SegmentStore) async throws {
            for id in kept { #expect(try await store.trace(id) != nil) }
            for id in refused { #expect(try await store.trace(id) == nil) }
        }
        try await check(test.store)
        let account = try #require(test.store.accounts[.spans])
        #expect(account.held == 0 && account.received == account.out + account.writeFailed)
        // Neither sealing nor merging has room; both are tried, and nothing is lost or left behind.
        await test.store.seal()
        await test.store.mergeAll()
        await test.store.maintainAndWait()
        try await check(test.store)
        #expect(!test.scratch.segmentFiles.contains { $0.hasSuffix(".seg.tmp") })
        await test.store.close()
        // What a crash leaves on the full disk is read on a larger one.
        let again = try TestStore(Scratch.crashed(disk.scratch.path))
        try await check(again.store)
        #expect(try await again.store.search(SearchQuery(limit: 100)).hits.count == kept.count)
        await again.store.close()
    }
}
