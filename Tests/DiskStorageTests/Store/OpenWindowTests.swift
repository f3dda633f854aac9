import Pipeline
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// What a crash leaves of an open window, whatever was done to the segments before.
@Suite struct OpenWindowTests {
    enum Handling: CaseIterable { case none, sealed, merged, purged }

    @Test(arguments: Handling.allCases)
    func `the slots of the open window are computed again from what is stored`(
        _ handling: Handling
    ) async throws {
        let test = try TestStore()
        let edge = TestEdge(sampleShare: 0.5)
        var random = SplitMix64(seed: 11)
        var stored: [SealedFrame] = []
        // Seven windows of ten seconds; the last one stays open.
        for _ in 0..<14 {
            test.clock.advance(seconds: 5)
            let spans = StoreModel.spans([random.traceID(), random.traceID()], at: test.clock.now, &random)
            let logs = TestLog.request([TestLog(trace: random.traceID())])
            let frames = try edge.frames(traces: TestSpan.request(spans), logs: logs, at: test.clock.now)
            stored += frames.filter { $0.header.signal == .slots }
            await test.append(frames)
        }
        switch handling {
        case .none: break
        case .sealed: await test.store.seal()
        case .merged: await test.store.mergeAll()
        case .purged:
            await test.append(
                try TestEdge(run: 9).spans([TestSpan(trace: TraceID(high: 9, low: 9), span: 1)])
            )
            _ = try await test.store.purge(trace: TraceID(high: 9, low: 9))
        }
        let again = try TestStore(Scratch.crashed(test.scratch.path), clock: test.clock)
        let newest = again.store.newest
        let from = ClusterTime(nanoseconds: newest.nanoseconds - 30_000_000_000)
        var rebuilder = WindowRebuilder(options: edge.options, from: from)
        again.store.forEachFrame(since: from) { frame, payload in rebuilder.add(frame, payload) }
        let missing = rebuilder.missing()
        let expected = try edge.finish(at: test.clock.now)
        #expect(missing.count == 1)
        #expect(Self.described(missing.flatMap(\.slots)) == Self.described(expected))
        #expect(!stored.isEmpty && !expected.isEmpty)
        await again.store.close()
        await test.store.close()
    }

    private static func described(_ slots: [Slot]) -> [String] {
        slots.map { "\($0.start) \($0.series) \($0.part) \($0.isEstimated) \($0.value)" }.sorted()
    }
}
