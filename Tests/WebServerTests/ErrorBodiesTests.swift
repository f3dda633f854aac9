import HTTPTypes
import Telemetry
import Testing
import WebServer

@Suite struct ErrorBodiesTests {
    @Test(arguments: [
        ("/api/v1/nothing", 404), ("/api/v1/traces/xyz", 400), ("/nothing", 404), ("/", 404),
        ("/healthzz", 404),
        ("/api/v1/traces/00000000000000000000000000000001", 404), ("/api/v1/logs?limit=0", 400),
        ("/api/v1/services/%ff/operations", 400), ("/api/v1/services/%2/operations", 400),
    ])
    func `the native dialect`(path: String, status: Int) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let answer = try await TestAPI(fixture).get(path)
            #expect(answer.status == status)
            #expect(answer.type == "application/json")
            let error = try #require(try answer.json["error"])
            #expect(error.keys == ["code", "message"])
            #expect(error["code"]?.number == Double(status))
            #expect(error["message"]?.text?.isEmpty == false)
        }
    }

    @Test(arguments: [
        ("/api/nothing", 404), ("/api/traces", 400), ("/api/traces/xyz", 400), ("/api/traces/1", 404),
        ("/api/operations", 400), ("/api/dependencies", 400), ("/api/traces?service=a&start=x", 400),
        ("/api/traces?service=a&limit=0", 400), ("/api/dependencies?endTs=9007199254740991", 400),
        ("/api/dependencies?endTs=1&lookback=x", 400),
        ("/api/traces?service=a&end=18446744073709551615", 400),
    ])
    func `Jaeger's older dialect`(path: String, status: Int) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let answer = try await TestAPI(fixture).get(path)
            #expect(answer.status == status)
            let json = try answer.json
            #expect(json.keys == ["data", "total", "limit", "offset", "errors"])
            #expect(json["data"] == .null)
            #expect(json["errors"]?[0]?["code"]?.number == Double(status))
        }
    }

    @Test(arguments: [
        ("/api/v3/nothing", 404), ("/api/v3/traces", 400), ("/api/v3/operations", 400),
        ("/api/v3/traces/xyz", 400),
        ("/api/v3/traces/00000000000000000000000000000001", 404),
        ("/api/v3/traces?query.startTimeMin=2023-01-01T00:00:00Z&query.startTimeMax=x", 400),
    ])
    func `Jaeger's newer dialect`(path: String, status: Int) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let answer = try await TestAPI(fixture).get(path)
            #expect(answer.status == status)
            let error = try #require(try answer.json["error"])
            #expect(error["httpCode"]?.number == Double(status))
        }
    }

    @Test(arguments: [
        "/api/v1/traces", "/api/v1/traces/00000000000000000000000000000001",
        "/api/v1/services/a%20b/operations",
        "/api/traces", "/api/v3/services", "/metrics", "/healthz",
    ])
    func `another method than a path answers is told which it does`(path: String) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            for method in [HTTPRequest.Method.post, .put, .delete, .patch] {
                let answer = try await TestAPI(fixture).ask(path, method)
                #expect(answer.status == 405)
                #expect(answer.allow == "GET, HEAD")
                #expect(answer.text.contains("expected GET or HEAD"))
            }
        }
    }

    @Test func `HEAD is GET without a body`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            for path in ["/metrics", "/livez", "/api/v1/services"] {
                let answer = try await TestAPI(fixture).ask(path, .head)
                #expect(answer.status == 200 && answer.body.isEmpty, "\(path)")
            }
            #expect(try await TestAPI(fixture).ask("/nothing", .head).status == 404)
        }
    }

    @Test(arguments: ["/api/v1/purge?before=now", "/api/v1/seal", "/api/v1/merge", "/api/v1/scrub"])
    func `a port serves no administration`(path: String) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            #expect(try await TestAPI(fixture).ask(path, .post).status == 404)
        }
    }
}
