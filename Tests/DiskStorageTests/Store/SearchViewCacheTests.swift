import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct SearchViewCacheTests {
    @Test func `no more rows than the limit are kept, those used last`() async throws {
        let test = try TestStore()
        var random = SplitMix64(seed: 1)
        for seed in UInt64(1)...5 {
            let spans = (0..<10).map { _ in TestSpan(trace: random.traceID(), span: 1) }
            await test.append(try TestEdge(run: seed).spans(spans))
            await test.store.seal()
        }
        let segments = test.store.snapshot().sealed
        let cache = SearchViewCache(rowsMax: 25)
        for segment in segments {
            #expect(try cache.view(of: segment).rows.count == 10)
            #expect(cache.rowCount <= 25)
        }
        #expect(cache.rowCount == 20)
        cache.forget(segments[4].id)
        #expect(cache.rowCount == 10)
        cache.forget(segments[4].id)
        _ = try cache.view(of: segments[3])
        #expect(cache.rowCount == 10)
        let tiny = SearchViewCache(rowsMax: 1)
        for segment in segments { #expect(try tiny.view(of: segment).rows.count == 10) }
        #expect(tiny.rowCount == 10)
        await test.store.close()
    }

    @Test func `segments that are gone leave the store's cache`() async throws {
        let test = try TestStore()
        for seed in UInt64(1)...3 {
            await test.append(
                try TestEdge(run: seed).spans([TestSpan(trace: TraceID(high: 1, low: seed), span: 1)])
            )
            await test.store.seal()
        }
        #expect(try await test.store.search(SearchQuery()).hits.count == 3)
        #expect(test.store.views.rowCount == 3)
        await test.store.mergeAll()
        #expect(test.store.views.rowCount == 0)
        await test.store.close()
    }
}
