import HTTPTypes
import Storage
import Telemetry
import Testing
import WebServer

@Suite struct MissingNodesTests {
    /// A cluster of which two nodes are silent.
    private struct Partial: TelemetryReader {
        static let missing = ["node-2", "node-3"]
        let store: any TelemetryReader

        func trace(_ id: TraceID) async throws -> StoredTrace? {
            guard var trace = try await self.store.trace(id) else {
                throw UnansweredRead(missing: Self.missing)
            }
            trace.missing = Self.missing
            return trace
        }

        func search(_ query: SearchQuery) async throws -> SearchAnswer {
            var answer = try await self.store.search(query)
            answer.missing = Self.missing
            return answer
        }

        func values(_ field: Term.Field, limit: Int) async throws -> [String] {
            try await self.store.values(field, limit: limit)
        }

        func valuesAnswer(_ field: Term.Field, limit: Int) async throws -> ValuesAnswer {
            ValuesAnswer(values: try await self.values(field, limit: limit), missing: Self.missing)
        }

        func logs(_ query: LogQuery) async throws -> LogAnswer {
            var answer = try await self.store.logs(query)
            answer.missing = Self.missing
            return answer
        }

        func series(_ query: SeriesQuery) async throws -> [SeriesLine] { try await self.store.series(query) }

        func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer {
            SeriesAnswer(lines: try await self.series(query), missing: Self.missing)
        }
    }

    private static func paths(_ fixture: TelemetryFixture) -> [String] {
        [
            "traces", "traces/\(fixture.traces[0].hex)", "services",
            "services/\(fixture.services[0])/operations", "logs", "metrics?from=0", "report", "health",
        ]
    }

    @Test func `every answer names the nodes that are missing from it`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let partial = TestAPI(Partial(store: fixture.store), FakeStatus(fixture.store))
            let whole = TestAPI(fixture)
            let names = JSONValue.list(Partial.missing.map { .text($0) })
            for path in Self.paths(fixture) {
                let answer = try await partial.get("/api/v1/\(path)").json
                #expect(answer["missing_nodes"] == names, "\(path)")
                #expect(try await whole.get("/api/v1/\(path)").json["missing_nodes"] == .list([]), "\(path)")
            }
        }
    }

    @Test func `Jaeger's dialects name them in a header, and beside the data where there is a place for it`()
        async throws
    {
        try await TelemetryFixture.with { fixture async throws in
            let partial = TestAPI(Partial(store: fixture.store), FakeStatus(fixture.store))
            let (id, service) = (fixture.traces[0].hex, fixture.services[0])
            let range = "query.startTimeMin=1970-01-02T00:00:00Z&query.startTimeMax=2100-01-01T00:00:00Z"
            for path in [
                "services", "services/\(service)/operations", "operations?service=\(service)", "traces/\(id)",
                "traces?service=\(service)", "dependencies?endTs=4102444800000", "v3/services",
                "v3/operations?service=\(service)", "v3/traces/\(id)", "v3/traces?\(range)",
                "v3/trace-summaries?\(range)",
            ] {
                let answer = try await partial.get("/api/\(path)")
                #expect(
                    answer.status == 200 && answer.missingNodes == "node-2, node-3",
                    "\(path): \(answer.text)"
                )
                let whole = try await TestAPI(fixture).get("/api/\(path)")
                #expect(whole.status == 200 && whole.missingNodes == nil, "\(path)")
                guard path.hasPrefix("traces") else { continue }
                #expect(answer.text.contains("node-2 did not answer"), "\(path)")
                #expect(whole.text.contains("\"errors\":null"), "\(path)")
            }
        }
    }

    @Test func `a trace that is not found while nodes are silent may be there`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(Partial(store: fixture.store), FakeStatus(fixture.store))
            let id = "00000000000000000000000000000001"
            for path in ["/api/v1/traces/\(id)", "/api/traces/\(id)", "/api/v3/traces/\(id)"] {
                let answer = try await api.get(path)
                #expect(answer.status == 503 && answer.text.contains("node-2, node-3"), "\(path)")
            }
        }
    }
}
