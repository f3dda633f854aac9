import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct SearchTests {
    @Test func `the latest traces are found although many later rows belong to one of them`() async throws {
        let test = try TestStore()
        var model = StoreModel()
        let edge = TestEdge()
        let base = TestEdge.epoch.nanoseconds
        // One trace with a chunk every second; it began before all the others.
        let long = TraceID(high: 1, low: 1)
        for second in UInt64(0)..<200 {
            var spans = [TestSpan(trace: long, span: second + 1, start: base + second * 1_000_000_000)]
            spans[0].end = spans[0].start + 1
            if second % 20 == 10 {
                var other = TestSpan(trace: TraceID(high: 2, low: second), span: 1)
                other.start = base + second * 1_000_000_000
                other.end = other.start + 1
                spans.append(other)
            }
            await test.append(try edge.spans(spans, at: TestEdge.epoch))
            model.add(spans, at: TestEdge.epoch)
            if second % 70 == 69 { await test.store.seal() }
        }
        for isSealed in [false, true] {
            if isSealed { await test.store.seal() }
            for limit in [1, 2, 5, 11, 50] {
                try await model.checkSearch(test.store, SearchQuery(limit: limit), "limit \(limit)")
            }
            var query = SearchQuery(limit: 3)
            query.minDuration = 0
            query.to = base + 100_000_000_000
            try await model.checkSearch(test.store, query, "up to the middle")
        }
        await test.store.close()
    }

    @Test func `a trace whose parts fit only together is found`() async throws {
        let test = try TestStore()
        let edge = TestEdge()
        let base = TestEdge.epoch.nanoseconds
        let wanted = TraceID(high: 1, low: 1)
        for second in UInt64(0)..<6 {
            var part = TestSpan(trace: wanted, span: second + 1, start: base + second * 1_000_000_000)
            part.end = part.start + 1_000_000
            part.service = second == 1 ? "cart" : "checkout"
            part.isError = second == 3
            part.attributes["session.id"] = second == 5 ? "ses_1" : nil
            var other = TestSpan(trace: TraceID(high: 2, low: second), span: 1, start: part.start)
            other.end = other.start + 1_000_000
            await test.append(try edge.spans([part, other]))
        }
        let query = SearchQuery(
            terms: [Term(.service, "cart"), Term(.session, "ses_1")],
            minDuration: 5_000_000_000,
            onlyErrors: true
        )
        for step in ["open", "sealed", "merged"] {
            if step == "sealed" { await test.store.seal() }
            if step == "merged" { await test.store.mergeAll() }
            let answer = try await test.store.search(query)
            #expect(answer.hits.map(\.trace) == [wanted] && answer.isComplete, "\(step)")
            #expect(answer.hits.first?.spanCount == 6, "\(step)")
        }
        await test.store.close()
    }

    @Test(arguments: [0, -1, Int.min])
    func `a limit of nothing gives nothing`(_ limit: Int) async throws {
        let test = try TestStore()
        await test.append(try TestEdge().spans([TestSpan(trace: TraceID(high: 1, low: 1), span: 1)]))
        let answer = try await test.store.search(SearchQuery(limit: limit))
        #expect(answer.hits.isEmpty && answer.isComplete)
        #expect(try await test.store.logs(LogQuery(limit: limit)).count == 0)
        await test.store.close()
    }

    @Test func `a limit beyond all measure does not trap`() async throws {
        let test = try TestStore()
        await test.append(try TestEdge().spans([TestSpan(trace: TraceID(high: 1, low: 1), span: 1)]))
        for _ in 0..<2 {
            #expect(try await test.store.search(SearchQuery(limit: .max)).hits.count == 1)
            #expect(try await test.store.values(.service, limit: .max) == ["checkout"])
            await test.store.seal()
        }
        await test.store.close()
    }

    @Test func `a search for attributes opens candidates, and does not see what was sampled out`()
        async throws
    {
        let test = try TestStore()
        let match = [AttributeMatch(key: "color", value: "red")]
        var query = SearchQuery(limit: 10)
        query.attributes = match
        let red = TestSpan(trace: TraceID(high: 1, low: 1), span: 1, attributes: ["color": "red"])
        let blue = TestSpan(trace: TraceID(high: 1, low: 2), span: 1, attributes: ["color": "blue"])
        await test.append(try TestEdge().spans([red, blue]))
        // The same trace again, kept by one edge and sampled out by another.
        let hidden = TestSpan(trace: TraceID(high: 1, low: 2), span: 2, attributes: ["color": "red"])
        await test.append(try TestEdge(run: 2, sampleShare: 0).spans([hidden]))
        for _ in 0..<3 {
            #expect(try await test.store.search(query).hits.map(\.trace) == [red.trace])
            await test.store.mergeAll()
        }
        await test.store.close()
    }

    @Test func `log records of another service in the same trace are left out`() async throws {
        let test = try TestStore()
        let id = TraceID(high: 1, low: 1)
        let records = [
            TestLog(trace: id, service: "a", body: "1"), TestLog(trace: id, service: "b", body: "2"),
        ]
        await test.append(try TestEdge().logs(records))
        for _ in 0..<2 {
            let answer = try await test.store.logs(LogQuery(service: "b"))
            #expect(OTLPItems.bodies(answer.logs) == [records[1].bytes])
            await test.store.mergeAll()
        }
        await test.store.close()
    }

    @Test(.timeLimit(.minutes(3)))
    func `a merge that runs keeps no reader waiting`() async throws {
        let test = try TestStore()
        await test.append(try TestEdge().spans([TestSpan(trace: TraceID(high: 1, low: 1), span: 1)]))
        // The merge thread is busy until the readers have answered.
        let gate = Gate()
        test.store.merger.enqueue { gate.wait() }
        defer { gate.open() }
        await test.append(try TestEdge(run: 2).spans([TestSpan(trace: TraceID(high: 1, low: 2), span: 1)]))
        #expect(try await test.store.search(SearchQuery()).hits.count == 2)
        #expect(try await test.store.logs(LogQuery()).count == 0)
        await test.store.seal()
        #expect(test.store.counters.sealedSegments == 1)
    }
}
