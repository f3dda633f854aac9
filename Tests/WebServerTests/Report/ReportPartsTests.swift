import Cluster
import Storage
import Telemetry
import Testing

@testable import WebServer

/// What a central report is put together from.
@Suite struct ReportPartsTests {
    private func busy(_ host: String, _ value: Double) -> SeriesLine {
        let gauge = GaugeValue(value, at: ClusterTime(nanoseconds: 1))
        return SeriesLine(
            series: Series("system.linux.cpu.busy", unit: "1", kind: .gauge, subject: .host(host)),
            points: [SeriesPoint(start: 0, value: .gauge(gauge))],
            isEstimated: false
        )
    }

    @Test func `every host that something is stored of is told, with the node that runs there`() {
        let cluster = FakeCluster([.alive, .alive, .dead])
        let picture = ClusterPicture(
            cluster: "c",
            node: cluster.node,
            view: cluster.view,
            figures: cluster.shownFigures
        )
        let lines = [self.busy("id-of-node-2", 0.5), self.busy("0123456789abcdef", 0.25)]
        let hosts = ReportHost.all(in: lines, nodes: picture)
        #expect(hosts.map(\.figures.name) == ["0123456789ab", "node-2.example"])
        #expect(hosts.map(\.node) == [nil, "node-2"])
        #expect(ReportHost.all(in: [], nodes: nil).isEmpty)
    }

    @Test func `of too many hosts the busiest are told`() {
        let lines = (0..<300).map { self.busy("host-\(1000 + $0)", Double($0) / 300) }
        let hosts = ReportHost.all(in: lines, nodes: nil)
        #expect(hosts.count == ReportHost.hostsMax)
        #expect(hosts.first?.id == "host-1044" && hosts.last?.id == "host-1299")
    }

    @Test func `drops of one kind add up over nodes, the most first`() {
        func drop(_ reason: String, _ count: Double, stage: String = "edge") -> Drop {
            Drop(kind: .dropped, signal: "spans", stage: stage, reason: reason, count: count)
        }
        let united = ReportDrop.united([
            ("node-1", drop("sampled", 2)), ("node-2", drop("write_failed", 4)),
            ("node-2", drop("sampled", 3)),
            ("node-2", drop("sampled", 1, stage: "store")), (nil, drop("backlog_full", 9)),
        ])
        #expect(united.map(\.drop.count) == [9, 5, 4, 1])
        #expect(united.map(\.nodes) == [[], ["node-1", "node-2"], ["node-2"], ["node-2"]])
    }

    @Test func `families of nodes add up by their labels`() {
        func family(_ readings: [(String, Double)]) -> MetricFamily {
            MetricFamily(
                "a",
                help: "A.",
                kind: .counter,
                readings: readings.map { MetricReading($1, labels: [MetricLabel("l", $0)]) }
            )
        }
        let other = MetricFamily("b", help: "B.", kind: .gauge, readings: [MetricReading(7)])
        let sum = MetricFamily.sum([
            [family([("x", 1), ("y", 2)])], [other, family([("y", 3), ("z", 4)])], [],
        ])
        #expect(sum == [family([("x", 1), ("y", 5), ("z", 4)]), other])
        #expect(MetricFamily.sum([]).isEmpty)
    }

    @Test func `a slow operation's example is a trace with such a call`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let json = try await api.get("/api/v1/report?from=1699999990&to=1700000050").json
            let slow = json["slowest_operations"]?.items ?? []
            #expect(slow.count == 10)
            let bars = slow.compactMap { $0["p99_ms"]?.number }
            #expect(bars.count == 10 && bars == bars.sorted(by: >))
            for operation in slow {
                let example = try #require(operation["example"]?["trace_id"]?.text, "\(operation)")
                let trace = try await api.get("/api/v1/traces/\(example)").json
                let calls = (trace["spans"]?.items ?? []).filter {
                    $0["operation_name"] == operation["operation"] && $0["service"] == operation["service"]
                        && $0["kind"] == operation["kind"]
                }
                let longest = calls.compactMap { $0["duration_ms"]?.number }.max()
                #expect(longest == operation["example"]?["duration_ms"]?.number)
                // The store is small, so that the very slowest is found.
                let slowest = try #require(operation["max_ms"]?.number)
                #expect(abs((longest ?? 0) - slowest) < slowest / 1000)
            }
        }
    }

    @Test func `a cluster's report of a past range is the same from every node`()
        async throws
    {
        try await TelemetryFixture.with { fixture async throws in
            var answers: [[JSONValue?]] = []
            for number in 1...2 {
                var (status, cluster) = (FakeStatus(fixture.store), FakeCluster([.alive, .alive, .dead]))
                cluster.node = FakeCluster.name(number)
                status.shownCluster = cluster
                status.shownHost = number == 1 ? FakeStatus.sampledHost() : nil
                let api = TestAPI(fixture.store, status)
                let json = try await api.get("/api/v1/report?from=1699999990&to=1700000050").json
                #expect(json["answered_by"]?["host_name"]?.text == status.identity.hostName)
                #expect(json["metrics"]?["operation_count"]?["total"]?.number == Double(fixture.spanCount))
                answers.append(json.keys.sorted().filter { $0 != "answered_by" }.map { json[$0] })
            }
            #expect(answers.count == 2 && answers[0] == answers[1])
        }
    }

    @Test func `a cluster's report tells nodes, their drops and who is missing`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            var status = FakeStatus(fixture.store)
            status.shownCluster = FakeCluster([.alive, .alive, .dead])
            let api = TestAPI(fixture.store, status)
            let json = try await api.get("/api/v1/report?from=1699999990&timeline=true").json
            #expect(json["cluster"]?["members"]?.items.count == 3)
            #expect(json["missing_nodes"] == .list([.text("node-3")]))
            #expect(json["drops"]?[0]?["count"]?.number == 6)
            #expect(json["drops"]?[0]?["nodes"] == .list([.text("node-1"), .text("node-2")]))
            #expect(json["accounts"]?[0]?["values"]?[0]?["value"]?.number == 6)
            #expect(json["hosts"]?[0]?["host_id"]?.text == TelemetryFixture.hostID)
            let timeline = try #require(json["timeline"])
            let calls = timeline["calls_per_second"]?.items.compactMap(\.number) ?? []
            #expect(timeline["step_seconds"]?.number == 10)
            #expect(Int((calls.reduce(0, +) * 10).rounded()) == fixture.spanCount)
            #expect(timeline["hosts"]?[0]?["cpu"]?.items.contains(.number(0.25)) == true)
        }
    }

    @Test func `a page is HTML, and tells what the report tells`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let page = try await TestAPI(fixture).get(
                "/api/v1/report?from=1699999990&to=1700000050&format=html"
            )
            #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
            for service in fixture.services { #expect(page.text.contains(Markup.escaped(service))) }
            #expect(try await TestAPI(fixture).get("/api/v1/report?format=pdf").status == 400)
        }
    }
}
