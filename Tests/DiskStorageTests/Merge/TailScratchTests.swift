import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct TailScratchTests {
    @Test func `a trace is judged once, also where the merge goes part by part`() async throws {
        let test = try TestStore { $0.tail = TailRules(after: 3_600_000_000_000, share: 0) }
        test.clock.advance(seconds: 4_000)
        var random = SplitMix64(seed: 1)
        var slow: Set<TraceID> = []
        let spans = (0..<400).map { number in
            var span = TestSpan(trace: random.traceID(), span: 1)
            span.end = span.start + 1_000_000
            if number % 40 == 0 {
                span.end += 1_000_000_000
                slow.insert(span.trace)
            }
            return span
        }
        await test.append(try TestEdge().spans(spans))
        await test.store.seal()
        var inputs = test.store.snapshot().sealed
        for (round, partBytesMax) in [1 << 20, 10_000, 1_000].enumerated() {
            var policy = SegmentMerger.Policy(now: test.clock.now, level: 1)
            policy.tail = TailRules(after: 3_600_000_000_000, share: 0)
            let id = UInt64(0xa0 + round)
            let merger = SegmentMerger(
                inputs: inputs,
                policy: policy,
                path: test.store.path(id),
                id: id,
                run: RunID(high: 1, low: 1),
                partBytesMax: partBytesMax
            )
            let merged = try #require(try merger.run { _ in false }.sealed)
            let bytes = try merged.file.read(at: 0, count: merged.bytes)
            var left: Set<TraceID> = []
            for line in merged.frames {
                for entry in try Frame(bytes.raw, at: line.offset).entries {
                    left.insert(TraceID(high: entry.key.high, low: entry.key.low))
                }
            }
            #expect(left == slow, "round \(round)")
            #expect(merged.facts.thinnedAt == test.clock.now)
            inputs = [merged]
        }
        await test.store.close()
    }
}
