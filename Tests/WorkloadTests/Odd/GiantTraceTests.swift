import OTLPMessages
import Telemetry
import Testing

@testable import Workload

@Suite struct GiantTraceTests {
    private func collect(_ trace: inout GiantTrace, parts: [Int]) throws -> [DecodedSpan] {
        var spans: [DecodedSpan] = []
        var round = 0
        while let batch = trace.next(parts[round % parts.count]) {
            #expect(batch.traceIDs == [trace.traceID])
            let decoded = try DecodedSpan.all(in: batch)
            #expect(decoded.count == batch.itemCount)
            spans += decoded
            round += 1
        }
        #expect(trace.remaining == 0)
        return spans
    }

    @Test func `a hundred thousand spans are one tree`() throws {
        var trace = GiantTrace(spans: 100_000, seed: 3, at: now)
        var items: [UInt64: ItemRecord] = [:]
        var misplaced = 0
        while let batch = trace.next(20_000) {
            for item in try scanned(batch).items {
                // Parents come first.
                let parent = items[item.parent]
                let isNested = parent.map { $0.start <= item.start && $0.end >= item.end } ?? items.isEmpty
                if !isNested || item.trace != trace.traceID || item.start > item.end { misplaced += 1 }
                items[item.span] = item
            }
        }
        #expect(misplaced == 0)
        #expect(items.count == 100_000 && items[0] == nil)
        #expect(items.values.map(\.end).max() == now.nanoseconds)
    }

    @Test func `the parts do not matter`() throws {
        var first = GiantTrace(spans: 500, seed: 3, at: now)
        var second = GiantTrace(spans: 500, seed: 3, at: now)
        let whole = try self.collect(&first, parts: [.max])
        let pieces = try self.collect(&second, parts: [1, 7, 0, -3, 100])
        #expect(whole.map(\.span) == pieces.map(\.span))
    }

    @Test(arguments: [0, -1, Int.min]) func `a trace of no spans has no parts`(count: Int) {
        var trace = GiantTrace(spans: count, seed: 1, at: now)
        #expect(trace.next(10) == nil)
    }

    @Test(arguments: [0, UInt64.max]) func `any time can be now`(nanoseconds: UInt64) {
        var trace = GiantTrace(spans: .max, seed: 1, at: Timestamp(nanoseconds: nanoseconds))
        #expect(trace.spanCount == 100_000_000)
        #expect(trace.next(10)?.itemCount == 10)
    }
}
