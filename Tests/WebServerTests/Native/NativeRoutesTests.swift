import HTTPTypes
import Storage
import Telemetry
import Testing
import WebServer

@Suite struct NativeRoutesTests {
    @Test func `a trace is answered whole, in either shape`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            var spans = 0
            for id in fixture.traces {
                let json = try await api.get("/api/v1/traces/\(id.hex)").json
                #expect(json["trace_id"]?.text == id.hex)
                #expect(json["span_count"]?.number == Double(json["spans"]?.items.count ?? -1))
                #expect(json["log_count"]?.number == Double(json["logs"]?.items.count ?? -1))
                spans += json["spans"]?.items.count ?? 0
            }
            #expect(spans == fixture.spanCount)
            let otlp = try await api.get("/api/v1/traces/\(fixture.traces[0].hex)?format=otlp").json
            #expect(otlp["resourceSpans"]?.items.isEmpty == false)
            #expect(try await api.get("/api/v1/traces/\(fixture.traces[0].hex)?format=xml").status == 400)
        }
    }

    @Test func `a search finds every trace and narrows by what it is told`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let all = try await api.get("/api/v1/traces?limit=1000").json
            #expect(
                Set(all["traces"]?.items.compactMap { $0["trace_id"]?.text } ?? [])
                    == Set(fixture.traces.map(\.hex))
            )
            #expect(all["complete"] == .bool(true))
            let few = try await api.get("/api/v1/traces?limit=3").json
            #expect(few["traces"]?.items.count == 3)
            let failed =
                try await api.get("/api/v1/traces?limit=1000&errors=true").json["traces"]?.items ?? []
            #expect(!failed.isEmpty && failed.allSatisfy { ($0["errors"]?.number ?? 0) > 0 })
            let slow =
                try await api.get("/api/v1/traces?limit=1000&min_duration=1s").json["traces"]?.items ?? []
            #expect(slow.allSatisfy { ($0["duration_ms"]?.number ?? 0) >= 1000 })
            let none = try await api.get("/api/v1/traces?service=nobody").json
            #expect(none["traces"]?.items.isEmpty == true)
            #expect(try await api.get("/api/v1/traces?operation=a").status == 400)
            #expect(try await api.get("/api/v1/traces?from=now&to=-1h").status == 400)
        }
    }

    @Test func `services and operations are listed and can be searched by, spaces and all`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let services = try await api.get("/api/v1/services").json["services"]?.items.compactMap(\.text)
            #expect(services == fixture.services.sorted())
            var spaced = 0
            for service in fixture.services {
                let path = "/api/v1/services/\(Self.escaped(service))/operations"
                let operations = try await api.get(path).json["operations"]?.items.compactMap(\.text) ?? []
                #expect(!operations.isEmpty)
                for operation in operations {
                    // As Go and Python write a query: a plus for each space.
                    let plus = Self.escaped(operation).replacing("%20", with: "+")
                    let query = "/api/v1/traces?limit=1000&service=\(Self.escaped(service))&operation="
                    let found = try await api.get(query + plus).json["traces"]?.items.count
                    #expect(found != 0, "\(service) \(operation)")
                    spaced += operation.contains(" ") ? 1 : 0
                }
            }
            #expect(spaced > 0)
        }
    }

    @Test func `logs come newest first, as many as wanted`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let all = try await api.get("/api/v1/logs?limit=10000").json["logs"]?.items ?? []
            #expect(all.count == fixture.logCount)
            let times = all.compactMap { $0["time"]?.text }
            #expect(times == times.sorted(by: >))
            let few = try await api.get("/api/v1/logs?limit=7").json["logs"]?.items ?? []
            let fewTimes = few.compactMap { $0["time"]?.text }
            #expect(few.count == 7 && fewTimes == fewTimes.sorted(by: >) && fewTimes.first == times.first)
            let errors =
                try await api.get("/api/v1/logs?limit=10000&min_severity=17").json["logs"]?.items ?? []
            #expect(errors == all.filter { ($0["severity_number"]?.number ?? 0) >= 17 })
            for path in ["limit=0", "limit=10001", "min_severity=25", "trace=1", "from=x"] {
                #expect(try await api.get("/api/v1/logs?\(path)").status == 400, "\(path)")
            }
        }
    }

    @Test func `metrics are given by name, range, step and labels`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let query = "/api/v1/metrics?name=traces.span.duration&from=1699999990&to=1700000050"
            let whole = try await api.get(query + "&by=").json["series"]?.items ?? []
            #expect(whole.allSatisfy { $0["points"]?.items.count == 1 })
            func total(_ series: [JSONValue]) -> Double {
                series.flatMap { $0["points"]?.items ?? [] }.compactMap { $0["count"]?.number }.reduce(0, +)
            }
            #expect(total(whole) == Double(fixture.spanCount))
            let stepped = try await api.get(query + "&step=10s&by=service.name").json["series"]?.items ?? []
            #expect(stepped.count == fixture.services.count)
            #expect(total(stepped) == Double(fixture.spanCount))
            let host = try await api.get("/api/v1/metrics?name=system.cpu.utilization&from=0&step=1h").json
            let point = try #require(host["series"]?[0]?["points"]?[0])
            #expect(
                point["min"]?.number == 0.25 && point["max"]?.number == 0.75 && point["count"]?.number == 3
            )
            #expect(point["last"]?.number == 0.75 && point["mean"]?.number == 0.5)
            #expect(host["series"]?[0]?["labels"] == .object(["host.id": .text("host")]))
            #expect(try await api.get(query + "&step=0").json["series"]?.items.count == whole.count)
            #expect(try await api.get(query + "&step=-1s").status == 400)
            let strange = try await api.get(query + "&by=service")
            #expect(strange.status == 400 && strange.text.contains("service.name"))
            #expect(try await api.get("/api/v1/metrics?from=0&to=18446744073&step=1ns").status == 200)
        }
    }

    @Test func `a trace of which only logs are here still has its id`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let reader = LogsOnly(store: fixture.store)
            let id = "0000000000000000000000000000000a"
            let json = try await TestAPI(reader, FakeStatus()).get("/api/v1/traces/\(id)").json
            #expect(json["trace_id"]?.text == id)
            #expect(json["spans"] == .list([]))
            #expect(json["log_count"]?.number == 0)
        }
    }

    @Test func `health and report say the same, and health asks for one series only`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            var status = FakeStatus(fixture.store)
            let query = "from=1699999990&to=1700000050"
            for components in [[], [ComponentHealth("disk", .unhealthy, detail: "full")]] {
                status.shownComponents = components
                let report = try await TestAPI(fixture.store, status).get("/api/v1/report?\(query)").json
                let frugal = TestAPI(SpanDurationsOnly(store: fixture.store), status)
                let health = try await frugal.get("/api/v1/health?\(query)").json
                #expect(health == report["health"])
                #expect(health["details"]?["failing"]?.items.count == components.count)
                #expect((health["details"]?["errors"]?.number ?? 0) > 0)
            }
        }
    }

    @Test func `an empty store answers every path`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let api = TestAPI(fixture)
            for path in [
                "traces", "services", "services/x/operations", "logs", "metrics", "report", "health", "node",
            ] {
                #expect(try await api.get("/api/v1/\(path)").status == 200, "\(path)")
            }
            #expect(try await api.get("/api/v1/metrics").json["series"] == .list([]))
        }
    }

    @Test func `administration deletes, seals and merges`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture.store, FakeStatus(fixture.store), at: .socket("/nowhere"))
            let id = fixture.traces[0].hex
            for path in ["seal", "merge"] {
                #expect(try await api.ask("/api/v1/\(path)", .post).status == 200)
            }
            let purged = try await api.ask("/api/v1/purge?trace=\(id)", .post).json
            #expect((purged["purged_items"]?.number ?? 0) > 0)
            #expect(try await api.get("/api/v1/traces/\(id)").status == 404)
            #expect(try await api.ask("/api/v1/purge", .post).status == 400)
            #expect(try await api.ask("/api/v1/purge?trace=1", .post).status == 400)
            #expect(try await api.ask("/api/v1/purge?before=never", .post).status == 400)
            #expect(try await api.ask("/api/v1/purge?before=now", .post).status == 200)
            #expect(try await api.get("/api/v1/traces").json["traces"] == .list([]))
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            let hex = String(byte, radix: 16)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
        }.joined()
    }
}

/// A reader that knows logs of a trace whose spans never came.
private struct LogsOnly: TelemetryReader {
    let store: any TelemetryReader

    func trace(_ id: TraceID) async throws -> StoredTrace? {
        StoredTrace(spans: [], logs: [], spanCount: 0, logCount: 0, duplicateCount: 0, damagedFrames: 0)
    }

    func search(_ query: SearchQuery) async throws -> SearchAnswer { try await self.store.search(query) }

    func values(_ field: Term.Field, limit: Int) async throws -> [String] {
        try await self.store.values(field, limit: limit)
    }

    func logs(_ query: LogQuery) async throws -> LogAnswer { try await self.store.logs(query) }

    func series(_ query: SeriesQuery) async throws -> [SeriesLine] { try await self.store.series(query) }
}

/// A reader that answers for the series of span durations and nothing else.
private struct SpanDurationsOnly: TelemetryReader {
    struct Refusal: Error {}

    let store: any TelemetryReader

    func trace(_ id: TraceID) async throws -> StoredTrace? { throw Refusal() }

    func search(_ query: SearchQuery) async throws -> SearchAnswer { throw Refusal() }

    func values(_ field: Term.Field, limit: Int) async throws -> [String] { throw Refusal() }

    func logs(_ query: LogQuery) async throws -> LogAnswer { throw Refusal() }

    func series(_ query: SeriesQuery) async throws -> [SeriesLine] {
        guard query.names == ["traces.span.duration"] else { throw Refusal() }
        return try await self.store.series(query)
    }
}
