import Access
import HTTPTypes
import PKI
import Testing

@testable import WebServer

/// An API that is not open to this machine.
@Suite struct GatedAPITests {
    private static func with(
        tokens: TokenTable = TokenTable(),
        _ body: @escaping @Sendable (TestAPI) async throws -> Void
    ) async throws {
        let gate = Gate(tls: nil, isOpen: false, tokens: { tokens }, now: { 0 })
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let place = APIServer.Place.port(host: "127.0.0.1", 0, gate)
            try await body(TestAPI(fixture.store, FakeStatus(fixture.store), at: place))
        }
    }

    @Test func `without a credential every path but health is refused, in the dialect of the path`()
        async throws
    {
        try await Self.with { api in
            for path in ["/livez", "/-/healthy", "/readyz", "/-/ready", "/healthz"] {
                #expect(try await api.get(path).status == 200, "\(path)")
            }
            for path in [
                "/healthz?verbose", "/metrics", "/api/v1/services", "/api/v1/traces", "/api/v1/traces/1",
                "/api/v1/logs", "/api/v1/metrics", "/api/v1/report", "/api/v1/health", "/api/v1/node",
                "/api/services", "/api/traces", "/api/v3/services",
            ] {
                let answer = try await api.get(path)
                #expect(answer.status == 401 && answer.type == "application/json", "\(path) \(answer.text)")
                #expect(answer.challenge == "Bearer realm=\"neoscope\"", "\(path)")
                #expect(answer.text.contains("expected a certificate of the cluster"), "\(answer.text)")
                #expect(try await api.ask(path, .head).status == 401, "\(path)")
            }
            #expect(try await api.get("/nothing").status == 404)
            #expect(try await api.ask("/api/v1/seal", .post).status == 404, "not served without TLS")
            #expect(try await api.get("/api/v1/backup").status == 404, "not served without TLS")
        }
    }

    @Test func `a token that is none of ours is named as such`() async throws {
        try await Self.with { api in
            let answer = try await api.get("/metrics", headers: ["authorization": "Bearer nsk_1"])
            #expect(answer.status == 401)
            #expect(answer.challenge == "Bearer realm=\"neoscope\", error=\"invalid_token\"")
        }
    }
}
