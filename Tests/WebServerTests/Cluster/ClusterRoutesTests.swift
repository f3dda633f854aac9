import Cluster
import Telemetry
import Testing

@testable import WebServer

@Suite struct ClusterRoutesTests {
    private func api(_ fixture: TelemetryFixture, _ cluster: FakeCluster?) -> TestAPI {
        var status = FakeStatus(fixture.store)
        status.shownCluster = cluster
        return TestAPI(fixture.store, status)
    }

    @Test func `a process that runs alone says so`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let api = self.api(fixture, nil)
            for path in ["", "/members", "/placement/00000000000000000000000000000001"] {
                let answer = try await api.get("/api/v1/cluster\(path)")
                #expect(answer.status == 404 && answer.text.contains("has no cluster"), "\(path)")
            }
        }
    }

    @Test func `members are told with what they say of themselves`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let api = self.api(fixture, FakeCluster([.alive, .alive, .dead]))
            let json = try await api.get("/api/v1/cluster/members").json
            #expect(json["node"]?.text == "node-1")
            #expect(json["members"]?.items.compactMap { $0["name"]?.text } == ["node-1", "node-2", "node-3"])
            #expect(json["members"]?[0]?["is_self"] == .bool(true))
            #expect(json["members"]?[1]?["is_self"] == .bool(false))
            #expect(json["members"]?[2]?["figures"] == .null)
            #expect(json["members"]?[0]?["share"]?.number == 1)
            let figures = try #require(json["members"]?[0]?["figures"])
            #expect(figures["certificate_days_left"]?.number == 9)
            #expect(figures["load"]?[0]?["items_per_second"]?.number == 100)
            #expect(figures["drops"]?.items.count == 2)
            #expect(figures["drops"]?[0]?["reason"]?.text == "sampled")
            #expect(json["agents"]?[0]?["name"]?.text == "node-100")
            #expect(json["agents"]?[0]?["silent_seconds"]?.number == 0)
            #expect(json["missing_nodes"] == .list([.text("node-3")]))
        }
    }

    @Test func `the summary counts members by status`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let api = self.api(fixture, FakeCluster([.alive, .alive, .dead]))
            let json = try await api.get("/api/v1/cluster").json
            #expect(json["members"]?["alive"]?.number == 2 && json["members"]?["dead"]?.number == 1)
            #expect(json["parameters"]?["replication"]?.number == 2)
            #expect(json["partitions"]?["replicated"]?.number == 1024)
            #expect(json["owed_frames"]?.number == 6)
        }
    }

    @Test func `a trace's place is told, and an id that is none is refused`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            var cluster = FakeCluster([.alive, .alive, .alive, .dead])
            for node in cluster.shownChunks.keys { cluster.shownChunks[node] = 1 }
            let api = self.api(fixture, cluster)
            let id = "00000000000000000000000000000001"
            let json = try await api.get("/api/v1/cluster/placement/\(id)").json
            #expect(json["trace_id"]?.text == id)
            #expect(json["owners"]?.items.count == 2 && json["holders"]?.items.count == 3)
            #expect(json["ranking"]?[2]?["foreign"] == .bool(true))
            #expect(json["ranking"]?[3]?["rank"] == .null)
            #expect(json["missing_nodes"] == .list([.text("node-4")]))
            for bad in ["1", "zz", "g0000000000000000000000000000001"] {
                #expect(try await api.get("/api/v1/cluster/placement/\(bad)").status == 400, "\(bad)")
            }
        }
    }
}
