import Telemetry
import Testing
import WebServer

@Suite struct HealthRoutesTests {
    private typealias State = ComponentHealth.State

    /// Every pair of a component that readiness needs and one that it does not.
    @Test(arguments: [State.healthy, .degraded, .unhealthy], [State.healthy, .degraded, .unhealthy])
    func `the truth table`(needed: ComponentHealth.State, other: ComponentHealth.State) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            var status = FakeStatus()
            status.shownComponents = [
                ComponentHealth("disk", needed, detail: "d", isNeededForReadiness: true),
                ComponentHealth("sensors", other, detail: "s"),
            ]
            let api = TestAPI(fixture.store, status)
            for path in ["/livez", "/-/healthy"] { #expect(try await api.get(path).status == 200) }
            for path in ["/readyz", "/-/ready"] {
                let answer = try await api.get(path)
                #expect(answer.status == (needed == .unhealthy ? 503 : 200))
                #expect(answer.text == (needed == .unhealthy ? "disk: d\n" : "ok\n"))
            }
            let worst: State =
                [needed, other].contains(.unhealthy)
                ? .unhealthy : [needed, other].contains(.degraded) ? .degraded : .healthy
            let plain = try await api.get("/healthz")
            #expect(plain.status == (worst == .unhealthy ? 503 : 200))
            #expect(plain.text == worst.rawValue + "\n")
            for path in ["/healthz?verbose", "/healthz?verbose=1"] {
                let verbose = try await api.get(path)
                #expect(verbose.status == plain.status)
                let json = try verbose.json
                #expect(json["status"]?.text == worst.rawValue)
                #expect(json["components"]?[0]?["status"]?.text == needed.rawValue)
                #expect(json["components"]?[1]?["needed_for_readiness"] == .bool(false))
            }
        }
    }

    @Test func `a process without components is healthy`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let api = TestAPI(fixture)
            #expect(try await api.get("/readyz").status == 200)
            #expect(try await api.get("/healthz").text == "healthy\n")
        }
    }
}
