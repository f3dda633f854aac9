import Telemetry
import Testing
import WebServer

@Suite struct JaegerRoutesTests {
    private static let range = "start=1699999990000000&end=1700000100000000"

    @Test func `the older paths as Grafana asks them`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let services = try await api.get("/api/services").json["data"]?.items.compactMap(\.text)
            #expect(services == fixture.services.sorted())
            let service = fixture.services[0]
            let operations =
                try await api.get("/api/services/\(service)/operations").json["data"]?.items ?? []
            #expect(!operations.isEmpty)
            let kinded = try await api.get("/api/operations?service=\(service)").json["data"]?.items ?? []
            #expect(Set(kinded.compactMap { $0["name"]?.text }) == Set(operations.compactMap(\.text)))
            let known = ["", "internal", "server", "client", "producer", "consumer"]
            #expect(kinded.allSatisfy { known.contains($0["spanKind"]?.text ?? "?") })
            for kind in Set(kinded.compactMap { $0["spanKind"]?.text }) where !kind.isEmpty {
                let some = try await api.get("/api/operations?service=\(service)&spanKind=\(kind)").json[
                    "data"
                ]
                #expect(some?.items == kinded.filter { $0["spanKind"]?.text == kind })
            }
            #expect(try await api.get("/api/operations?service=\(service)&spanKind=odd").status == 400)
            let found = try await api.get("/api/traces?service=\(service)&\(Self.range)&limit=1500").json
            #expect(found["data"]?.items.count == fixture.traces.count)
            #expect(found["limit"]?.number == 1500)
            let id = try #require(found["data"]?[0]?["traceID"]?.text)
            let one = try await api.get("/api/traces/\(id)").json["data"]
            #expect(one?.items.count == 1)
            #expect(one?[0]?["spans"]?.items.isEmpty == false)
            #expect(one?[0]?["processes"]?.keys.isEmpty == false)
            let late = "start=1800000000000000&end=1900000000000000"
            #expect(try await api.get("/api/traces?service=\(service)&\(late)").json["data"] == .list([]))
        }
    }

    @Test func `an attribute narrows a search`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let service = fixture.services[0]
            let query = "/api/traces?service=\(service)&limit=1500&tags="
            let none = try await api.get(query + "%7B%22no.such%22:%22key%22%7D").json["data"]?.items.count
            #expect(none == 0)
            let all = try await api.get(query + "%7B%22service.name%22:%22\(service)%22%7D").json["data"]?
                .items.count
            #expect(all == fixture.traces.count)
        }
    }

    @Test func `dependencies count calls between services`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let links = try await api.get("/api/dependencies?endTs=1700000100000&lookback=3600000").json[
                "data"
            ]?.items
            #expect(links?.isEmpty == false)
            for link in links ?? [] {
                #expect(link.keys == ["parent", "child", "callCount"])
                #expect(link["parent"] != link["child"])
            }
            let none = try await api.get("/api/dependencies?endTs=1000").json["data"]
            #expect(none == .list([]))
            #expect(try await api.get("/api/dependencies?endTs=18446744073709").status == 200)
        }
    }

    @Test func `the newer paths`() async throws {
        try await TelemetryFixture.with { fixture async throws in
            let api = TestAPI(fixture)
            let service = fixture.services[0]
            #expect(
                try await api.get("/api/v3/services").json["services"]?.items.count == fixture.services.count
            )
            let operations = try await api.get("/api/v3/operations?service=\(service)").json["operations"]?
                .items
            #expect(operations?.first?["name"]?.text?.isEmpty == false)
            #expect(operations?.first?["spanKind"]?.text != nil)
            let times = [
                "query.startTimeMin=2023-11-14T22:13:00Z&query.startTimeMax=2023-11-14T22:15:00Z",
                "query.start_time_min=2023-11-14T22:13:00Z&query.start_time_max=2023-11-14T22:15:00Z",
            ]
            for time in times {
                let path = "/api/v3/traces?query.serviceName=\(service)&\(time)&query.searchDepth=5"
                #expect(try await api.get(path).json["result"]?["resourceSpans"]?.items.isEmpty == false)
                let summaries = try await api.get("/api/v3/trace-summaries?\(time)&query.num_traces=4").json
                #expect(summaries["summaries"]?.items.count == 4)
            }
            let id = fixture.traces[0].hex
            #expect(
                try await api.get("/api/v3/traces/\(id)").json["result"]?["resourceSpans"]?.items.isEmpty
                    == false
            )
        }
    }
}
