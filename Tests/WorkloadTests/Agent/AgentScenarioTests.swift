import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct AgentScenarioTests {
    private func scenario(
        seed: UInt64,
        _ change: (inout AgentScenarioOptions) -> Void = { _ in }
    ) throws -> AgentScenario {
        var options = AgentScenarioOptions()
        options.seed = seed
        change(&options)
        return try AgentScenario(options)
    }

    @Test func `the same seed and calls give the same bytes, another seed gives others`() throws {
        var first = try self.scenario(seed: 42)
        var second = try self.scenario(seed: 42)
        var third = try self.scenario(seed: 43)
        for _ in 0..<3 {
            let spans = first.spans(300, at: now)
            #expect(spans == second.spans(300, at: now))
            #expect(spans != third.spans(300, at: now))
            #expect(first.logs(100, at: now) == second.logs(100, at: now))
            #expect(first.metrics(at: now) == second.metrics(at: now))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `parents exist, times nest, ids are unique`(seed: UInt64) throws {
        var scenario = try self.scenario(seed: seed) { $0.failuresPerMille = 100 }
        var ids: Set<[UInt8]> = []
        for _ in 0..<3 {
            let batch = scenario.spans(500, at: now)
            let spans = try DecodedSpan.all(in: batch)
            #expect(spans.count == 500)
            for span in spans {
                #expect(ids.insert(span.id).inserted, "seed \(seed)")
                #expect(span.span.startTimeUnixNano <= span.span.endTimeUnixNano)
                #expect(span.span.endTimeUnixNano <= now.nanoseconds)
            }
            for (_, trace) in spans.byTrace {
                let byID = trace.byID
                #expect(trace.count(where: \.isRoot) == 1)
                for span in trace where !span.isRoot {
                    let parent = try #require(byID[span.parent], "seed \(seed): a parent is missing")
                    #expect(parent.span.startTimeUnixNano <= span.span.startTimeUnixNano)
                    #expect(parent.span.endTimeUnixNano >= span.span.endTimeUnixNano)
                    #expect(span.span.flags == (parent.service == span.service ? 0x101 : 0x301))
                }
            }
        }
    }

    @Test(arguments: [0, 1, 2, 7, 499, 500, 2_000])
    func `a batch holds just so many spans, and says what it holds`(count: Int) throws {
        var scenario = try self.scenario(seed: 5) { $0.failuresPerMille = 150 }
        let batch = scenario.spans(count, at: now)
        let spans = try DecodedSpan.all(in: batch)
        #expect(batch.signal == .spans)
        #expect(spans.count == count && batch.itemCount == count)
        #expect(spans.count(where: \.isError) == batch.errorCount)
        #expect(Set(batch.traceIDs.map(\.octets)) == Set(spans.map(\.trace)))
        #expect(Set(batch.traceIDs).count == batch.traceIDs.count)
        #expect(try scanned(batch).items.count == count)
        #expect(try scanned(batch).items.allSatisfy { $0.defect == nil })
    }

    @Test func `counts out of their range are cut`() throws {
        var scenario = try self.scenario(seed: 5) { $0.spansPerTrace = 1_000...1_000 }
        #expect(scenario.spans(-1, at: now).itemCount == 0)
        #expect(scenario.logs(.min, at: now).itemCount == 0)
        #expect(scenario.spans(.max, at: now).itemCount == Batch.itemsMax)
    }

    @Test(arguments: [1...1, 2...2, 3...9, 10...10, 5_000...5_000])
    func `traces are as large as asked for`(range: ClosedRange<Int>) throws {
        var scenario = try self.scenario(seed: 8) { $0.spansPerTrace = range }
        let batch = scenario.spans(min(20 * range.upperBound, 12_345), at: now)
        let sizes = try DecodedSpan.all(in: batch).byTrace.mapValues(\.count)
        let last = try #require(batch.traceIDs.last).octets
        #expect(sizes.allSatisfy { range.contains($0.value) || $0.key == last })
    }

    @Test(arguments: [0, 1, 5_000_000, UInt64.max])
    func `any time can be now`(nanoseconds: UInt64) throws {
        var scenario = try self.scenario(seed: 8)
        let time = Timestamp(nanoseconds: nanoseconds)
        let spans = try DecodedSpan.all(in: scenario.spans(200, at: time))
        #expect(spans.allSatisfy { $0.span.startTimeUnixNano <= $0.span.endTimeUnixNano })
        #expect(scenario.logs(10, at: time).itemCount == 10)
        #expect(scenario.metrics(at: time).itemCount > 0)
    }

    @Test func `bytes are just those that SwiftProtobuf writes`() throws {
        var scenario = try self.scenario(seed: 6) {
            $0.failuresPerMille = 100
            $0.capturesContent = true
        }
        let spans = scenario.spans(500, at: now).bytes
        #expect(try OTLPExportTraceServiceRequest(serializedBytes: spans).serializedBytes() == spans)
        let logs = scenario.logs(500, at: now).bytes
        #expect(try OTLPExportLogsServiceRequest(serializedBytes: logs).serializedBytes() == logs)
        let metrics = scenario.metrics(at: now).bytes
        #expect(try OTLPExportMetricsServiceRequest(serializedBytes: metrics).serializedBytes() == metrics)
    }

    @Test func `content is there only when asked for, and only under keys that redaction knows`() throws {
        let marker = [UInt8](AgentScenario.contentMarker.utf8)
        var silent = try self.scenario(seed: 3)
        #expect(!silent.spans(1_000, at: now).bytes.contains(marker))
        #expect(!silent.logs(1_000, at: now).bytes.contains(marker))
        var open = try self.scenario(seed: 3) { $0.capturesContent = true }
        for batch in [open.spans(1_000, at: now), open.logs(1_000, at: now)] {
            #expect(batch.bytes.contains(marker))
            var redacted = batch.bytes
            for note in try scanned(batch).notes where note.meaning == .content {
                for offset in note.value { redacted[offset] = 0 }
            }
            #expect(!redacted.contains(marker), "\(batch.signal)")
        }
    }
}
