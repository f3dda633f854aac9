import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// Frames of which copies are owed to other nodes: merges leave them as they were made.
@Suite struct WholeFrameTests {
    /// A store with two segments of some frames each, slots among them.
    private static func filled(
        _ test: TestStore,
        traces: [TraceID]
    ) async throws -> [SealedFrame] {
        var random = SplitMix64(seed: 5)
        let edge = TestEdge(run: 9)
        var all: [SealedFrame] = []
        for _ in 0..<2 {
            for _ in 0..<4 {
                let now = test.clock.now
                let frames =
                    try edge.spans(StoreModel.spans(traces, at: now, &random), at: now)
                    + edge.logs([TestLog(trace: traces[0])], at: now)
                    + edge.slots(StoreModel.values(&random), at: now)
                #expect(await test.append(frames) == nil)
                all += frames
                test.clock.advance(seconds: 10)
            }
            await test.store.seal()
        }
        return all
    }

    private static func bytes(_ test: TestStore, _ frame: SealedFrame) async throws -> [UInt8]? {
        let key = try #require(frame.frame.entries.first?.key)
        return try await test.store.frameBytes(frame.header.id, holding: key)
    }

    @Test func `what is owed can be read as it was made after a merge, and is merged once it is paid`()
        async throws
    {
        let test = try TestStore()
        var random = SplitMix64(seed: 4)
        let traces = [random.traceID(), random.traceID()]
        let frames = try await Self.filled(test, traces: traces)
        let before = try test.items()
        let spans = try await test.store.trace(traces[0])?.spanCount
        let owed = Mutex(Set(frames.enumerated().filter { $0.offset % 3 != 1 }.map(\.element.header.id)))
        test.store.keepWhole { owed.withLock { $0 } }
        await test.store.mergeAll()
        #expect(test.store.snapshot().sealed.count == 1)
        for (index, frame) in frames.enumerated() {
            #expect(try await Self.bytes(test, frame) == (index % 3 != 1 ? frame.bytes : nil))
        }
        #expect(try test.items() == before)
        #expect(try await test.store.trace(traces[0])?.spanCount == spans)
        #expect(try await test.store.search(SearchQuery(terms: [])).hits.count == 2)
        // A frame that comes again is known, whether it was merged or not.
        test.store.forget(run: RunID(high: 9, low: 9), below: 9999)
        for frame in frames where frame.header.signal == .spans {
            #expect(await test.append([Arrival(frame, .copy)]) == [.duplicate])
        }
        owed.withLock { $0 = [] }
        // Any rewriting will do.
        _ = try await test.store.purge(trace: traces[1])
        for frame in frames { #expect(try await Self.bytes(test, frame) == nil) }
        await test.store.close()
    }

    @Test func `what is purged goes, owed or not`() async throws {
        let test = try TestStore()
        var random = SplitMix64(seed: 4)
        let traces = [random.traceID(), random.traceID()]
        let frames = try await Self.filled(test, traces: traces)
        let spans = try await test.store.trace(traces[1])?.spanCount
        test.store.keepWhole { Set(frames.map(\.header.id)) }
        await test.store.mergeAll()
        #expect(try await test.store.purge(trace: traces[0]) > 0)
        #expect(try await test.store.trace(traces[0]) == nil)
        #expect(try await test.store.trace(traces[1])?.spanCount == spans)
        for frame in frames where frame.header.signal != .slots {
            #expect(try await Self.bytes(test, frame) == nil)
        }
        _ = try await test.store.purge(before: test.clock.now.advanced(byNanoseconds: 1_000_000_000))
        #expect(try test.items().isEmpty)
        await test.store.close()
    }

    @Test func `a trace of which a part is owed is not thinned`() async throws {
        let test = try TestStore { options in
            options.tail.after = 0
            options.tail.share = 0
        }
        let trace = TraceID(high: 7, low: 7)
        let edge = TestEdge(run: 9)
        let first = try edge.spans([TestSpan(trace: trace, span: 1)], at: test.clock.now)
        await test.append(first)
        await test.append(try edge.spans([TestSpan(trace: trace, span: 2)], at: test.clock.now))
        test.clock.advance(seconds: 10)
        test.store.keepWhole { [first[0].header.id] }
        await test.store.mergeAll()
        #expect(try await test.store.trace(trace)?.spanCount == 2)
        await test.store.close()
    }
}
