import HostSensors
import Pipeline
import Storage
import Telemetry
import Testing

@testable import WebServer

@Suite struct ReportTests {
    private static let keys: Set<String> = [
        "from", "to", "node", "host", "services", "operations", "slowest_traces", "recent_traces", "models",
        "tools",
        "skills", "agents", "accounts", "trace", "metrics", "profile", "bottleneck", "recommendations",
        "health", "missing_nodes", "hosts", "cluster", "slowest_operations", "drops", "timeline",
        "answered_by",
    ]

    private func report(
        _ series: [SeriesLine],
        from: UInt64 = 0,
        to: UInt64 = 10_000_000_000,
        failing: [ComponentHealth] = []
    ) -> Report {
        Report(
            from: from,
            to: to,
            identity: FakeStatus().identity,
            host: nil,
            series: series,
            slowest: [],
            recent: [],
            exampleTrace: nil,
            accounts: [],
            failing: failing
        )
    }

    private func line(
        _ operation: String,
        _ status: String,
        seconds: [Double],
        isEstimated: Bool = false
    ) -> SeriesLine {
        var histogram = ExponentialHistogram()
        for value in seconds { histogram.record(value) }
        let series = Series(
            MetricName.spanDuration,
            unit: "s",
            kind: .histogram,
            subject: .service("shop"),
            attributes: [
                MetricLabel("span.name", operation), MetricLabel("span.kind", "server"),
                MetricLabel("status.code", status),
            ]
        )
        let point = SeriesPoint(start: 0, value: .histogram(histogram))
        return SeriesLine(series: series, points: [point], isEstimated: isEstimated)
    }

    @Test func `every key of the seed's shapes is there even when nothing is known`() throws {
        let json = try JSONValue.parse(self.report([]).json)
        #expect(json.keys == Self.keys)
        #expect(
            json["metrics"]?.keys == ["cpu_usage", "memory_usage", "operation_duration", "operation_count"]
        )
        #expect(json["metrics"]?["operation_duration"]?.keys == ["avg", "p95", "p99"])
        #expect(json["metrics"]?["operation_duration"]?["avg"] == .null)
        #expect(json["metrics"]?["operation_count"]?.keys == ["total", "success", "error"])
        #expect(json["health"]?.keys == ["status", "score", "details", "missing_nodes"])
        #expect(json["health"]?["score"]?.number == 100)
        #expect(json["recommendations"] == .list([]))
        for key in ["trace", "host", "profile", "bottleneck"] { #expect(json[key] == .null) }
    }

    @Test func `statuses of one operation add up, most time first`() throws {
        let report = self.report([
            self.line("GET /a", "unset", seconds: [0.1, 0.1, 0.1]),
            self.line("GET /a", "error", seconds: [0.7], isEstimated: true),
            self.line("GET /b", "ok", seconds: [0.2]),
        ])
        let json = try JSONValue.parse(report.json)
        let first = try #require(json["operations"]?[0])
        #expect(first["operation"]?.text == "GET /a")
        #expect(first["service"]?.text == "shop")
        #expect(first["kind"]?.text == "server")
        #expect(first["count"]?.number == 4)
        #expect(first["errors"]?.number == 1)
        #expect(first["error_ratio"]?.number == 0.25)
        #expect(first["rate_per_second"]?.number == 0.4)
        #expect(first["total_ms"]?.number == 1000)
        #expect(first["max_ms"]?.number == 700)
        #expect(first["estimated"] == .bool(true))
        #expect(json["services"]?[0]?["count"]?.number == 5)
        #expect(
            json["metrics"]?["operation_count"]
                == .object([
                    "total": .number(5), "success": .number(4), "error": .number(1),
                ])
        )
        #expect(json["metrics"]?["operation_duration"]?["avg"]?.number == 240)
        #expect(json["health"]?["score"]?.number == 95)
        #expect(json["health"]?["details"]?["errors"]?.number == 1)
    }

    @Test func `counts that only a hostile sender has do not end the process`() throws {
        var huge = ExponentialHistogram()
        huge.record(nanoseconds: 1, weight: .max)
        let lines = ["one", "two"].map { name in
            var line = self.line(name, "error", seconds: [])
            line.points = [
                SeriesPoint(start: 0, value: .histogram(huge)),
                SeriesPoint(start: 1, value: .histogram(huge)),
            ]
            return line
        }
        let json = try JSONValue.parse(self.report(lines).json)
        #expect(json["health"]?["score"]?.number == 50)
        #expect(SeedHealth(of: lines).score == 50)
    }

    @Test func `a report is not healthy where a part of the node fails`() throws {
        let report = self.report([], failing: [ComponentHealth("disk", .unhealthy, detail: "full")])
        let health = try JSONValue.parse(report.json)["health"]
        #expect(health?["status"]?.text == "unhealthy")
        #expect(health?["score"]?.number == 49)
        #expect(health?["details"]?["failing"] == .list([.text("disk: full")]))
    }

    @Test func `a range of no length divides by a second`() throws {
        let report = self.report([self.line("a", "ok", seconds: [1])], from: 5, to: 5)
        let json = try JSONValue.parse(report.json)
        #expect(json["operations"]?[0]?["rate_per_second"]?.number == 1)
    }

    @Test func `the host of a past range is what is stored of it, of a present one what is seen`()
        async throws
    {
        try await TelemetryFixture.with { fixture async throws in
            var status = FakeStatus(fixture.store)
            let live = FakeStatus.sampledHost()
            status.shownHost = live
            let api = TestAPI(fixture.store, status)
            let past = try await api.get("/api/v1/report?from=1699999990&to=1700000040").json
            #expect(past["host"]?["live"] == .bool(false))
            #expect(past["host"]?["cpu_utilization"]?.number == 0.5)
            #expect(past["metrics"]?["cpu_usage"]?.number == 50)
            #expect(past["metrics"]?["memory_usage"] == .null)
            #expect(past["host"]?["top_cpu"] == .null)
            #expect(past["host"]?["name"]?.text == status.identity.hostName)
            let part = try await api.get("/api/v1/report?from=1700000000&to=1700000009").json
            #expect(part["host"]?["cpu_utilization"]?.number == 0.25)
            let empty = try await api.get("/api/v1/report?from=1600000000&to=1600000060").json
            #expect(empty["host"] == .null && empty["metrics"]?["cpu_usage"] == .null)
            for query in ["", "?to=now", "?from=-1m", "?to=1700000055"] {
                let present = try await api.get("/api/v1/report\(query)").json
                #expect(present["host"]?["live"] == .bool(true), "\(query)")
                #expect(present["host"]?["kernel"]?.text == live.kernel)
                #expect(present["metrics"]?["memory_usage"]?.number == live.memory.used.map { Double($0) })
            }
        }
    }

    @Test func `the report of a real store fits what was stored`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            var status = FakeStatus(fixture.store)
            status.shownHost = FakeStatus.sampledHost()
            let answer = try await TestAPI(fixture.store, status).get(
                "/api/v1/report?from=1699999990&to=1700000050"
            )
            let json = try answer.json
            #expect(json.keys == Self.keys)
            #expect(json["metrics"]?["operation_count"]?["total"]?.number == Double(fixture.spanCount))
            #expect(json["slowest_traces"]?.items.count == 10)
            let durations = try #require(
                json["slowest_traces"]?.items.compactMap { $0["duration_ms"]?.number }
            )
            #expect(durations == durations.sorted(by: >))
            let trace = try #require(json["trace"])
            #expect(trace.keys.isSuperset(of: ["trace_id", "spans"]))
            #expect(trace["trace_id"] == json["slowest_traces"]?[0]?["trace_id"])
            #expect(
                trace["spans"]?[0]?.keys.isSuperset(of: [
                    "span_id", "parent_span_id", "operation_name", "start_time", "duration_ms", "status",
                    "tags",
                ]) == true
            )
            #expect(json["services"]?.items.compactMap { $0["service"]?.text } == fixture.services.sorted())
            #expect(json["models"]?.items.isEmpty == false)
        }
    }
}
