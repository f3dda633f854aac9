import FoundationEssentials
import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct PatchedBatchTests {
    /// A span without all that a refresh may change.
    private func rest(_ span: DecodedSpan) -> OTLPSpan {
        var rest = span.span
        rest.traceID = .init()
        rest.spanID = .init()
        rest.parentSpanID = .init()
        (rest.startTimeUnixNano, rest.endTimeUnixNano) = (0, rest.endTimeUnixNano - rest.startTimeUnixNano)
        for index in rest.events.indices {
            rest.events[index].timeUnixNano = span.span.endTimeUnixNano - rest.events[index].timeUnixNano
        }
        rest.links = []
        return rest
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `the benchmark's load is what it says it is`(templateSeed: UInt64) throws {
        let patched = PatchedBatch.benchmark(templateSeed: templateSeed, seed: 1)
        let spans = try DecodedSpan.all(in: patched.bytes)
        #expect(spans.count == 500 && patched.spanCount == 500)
        #expect((445...480).contains(patched.bytes.count / 500))
        let traces = spans.byTrace
        #expect(traces.count == 50 && traces.values.allSatisfy { $0.count == 10 })
        let attributes = Double(spans.reduce(0) { $0 + $1.span.attributes.count }) / 500
        #expect((7.5...9).contains(attributes))
        #expect(Set(spans.map(\.service)).count == 20)
        #expect(patched.batch.errorCount == spans.count(where: \.isError))
        let request = try OTLPExportTraceServiceRequest(serializedBytes: patched.bytes)
        #expect(try request.serializedBytes() == patched.bytes)
    }

    /// Figures measured with one load say nothing about figures measured with another: who changes the load
    /// changes this number too, and measures anew.
    @Test func `the benchmark's load is the same as ever, on every machine`() {
        var patched = PatchedBatch.benchmark(seed: 7)
        #expect(ContentHash.hash64(patched.bytes.raw) == 4_518_932_733_022_757_031)
        patched.refresh(at: now)
        #expect(ContentHash.hash64(patched.bytes.raw) == 5_057_340_367_162_620_469)
    }

    @Test func `many templates together show all operations`() throws {
        var operations: Set<String> = []
        for seed in 0..<40 as Range<UInt64> {
            let patched = PatchedBatch.benchmark(templateSeed: seed, seed: 1)
            for span in try DecodedSpan.all(in: patched.bytes) where span.span.kind == .server {
                operations.insert(span.service + " " + span.span.name)
            }
        }
        #expect(operations.count == 600)
    }

    @Test func `a fresh request has new ids and times, and nothing else is new`() throws {
        var patched = PatchedBatch.benchmark(seed: 77)
        var before = try DecodedSpan.all(in: patched.bytes)
        var ids = Set(before.map(\.id))
        var traceIDs = Set(before.map(\.trace))
        for round in 1...4 as ClosedRange<UInt64> {
            let time = Timestamp(nanoseconds: now.nanoseconds + round * 1_000_000)
            patched.refresh(at: time)
            let after = try DecodedSpan.all(in: patched.bytes)
            #expect(after.map(self.rest) == before.map(self.rest))
            #expect(after.map(\.span.endTimeUnixNano).max() == time.nanoseconds)
            #expect(Set(after.map(\.trace)) == Set(patched.traceIDs.map(\.octets)))
            let parents = before.byID
            let freshParents = after.byID
            for (old, new) in zip(before, after) {
                #expect(ids.insert(new.id).inserted)
                // What stood at the parent's place stands at the new parent's place.
                let parent = parents[old.parent].map(self.rest)
                #expect(freshParents[new.parent].map(self.rest) == parent)
                #expect((freshParents[new.parent]?.trace ?? new.trace) == new.trace)
            }
            for id in patched.traceIDs { #expect(traceIDs.insert(id.octets).inserted) }
            #expect(patched.traceIDs.count == 50)
            before = after
        }
    }

    @Test func `two batches of one seed make the same requests, of another seed others`() {
        var first = PatchedBatch.benchmark(seed: 5)
        var second = PatchedBatch.benchmark(seed: 5)
        var third = PatchedBatch.benchmark(seed: 6)
        #expect(first.bytes == third.bytes)
        first.refresh(at: now)
        second.refresh(at: now)
        third.refresh(at: now)
        #expect(first.batch == second.batch)
        #expect(Set(first.traceIDs).isDisjoint(with: third.traceIDs))
    }

    @Test func `bytes that somebody holds stay as they are`() {
        var patched = PatchedBatch.benchmark(seed: 5, spans: 20)
        let held = patched.bytes
        let copy = held.map { $0 }
        patched.refresh(at: now)
        #expect(held == copy)
        #expect(patched.bytes != held)
    }

    @Test func `an agent scenario's request can be the template, exceptions and all`() throws {
        var options = AgentScenarioOptions()
        options.failuresPerMille = 200
        var scenario = try AgentScenario(options)
        let template = scenario.spans(300, at: now)
        var patched = PatchedBatch(template: template.bytes, seed: 4)
        #expect(Set(patched.traceIDs) == Set(template.traceIDs))
        #expect(patched.batch.errorCount == template.errorCount)
        let later = Timestamp(nanoseconds: now.nanoseconds + 3_600_000_000_000)
        patched.refresh(at: later)
        let after = try DecodedSpan.all(in: patched.bytes)
        #expect(after.map(self.rest) == (try DecodedSpan.all(in: template)).map(self.rest))
        #expect(after.contains { !$0.span.events.isEmpty })
        #expect(try scanned(patched.batch).items.allSatisfy { $0.defect == nil })
    }

    @Test(arguments: [0, UInt64.max]) func `any time can be now`(nanoseconds: UInt64) throws {
        var patched = PatchedBatch.benchmark(seed: 5, spans: 30)
        patched.refresh(at: Timestamp(nanoseconds: nanoseconds))
        let spans = try DecodedSpan.all(in: patched.bytes)
        #expect(spans.contains { $0.span.endTimeUnixNano == nanoseconds })
    }

    @Test(arguments: [(0, 0), (-5, 10), (7, 100), (25, 10), (1, 1), (3_000, 3_000)])
    func `sizes out of their range are cut`(spans: Int, perTrace: Int) throws {
        let patched = PatchedBatch.benchmark(seed: 1, spans: spans, spansPerTrace: perTrace)
        #expect(try DecodedSpan.all(in: patched.bytes).count == max(spans, 1))
        #expect(patched.spanCount == max(spans, 1))
    }
}
