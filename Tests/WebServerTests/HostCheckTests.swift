import Testing

@testable import WebServer

@Suite struct HostCheckTests {
    @Test(arguments: [
        "", "localhost", "localhost:8900", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8900", "127.255.0.3",
        "[::1]", "[::1]:8900",
    ])
    func `names of this machine pass`(authority: String) {
        #expect(HostCheck.isLoopback(authority))
    }

    @Test(arguments: [
        "evil.example", "evil.example:8900", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.evil.example",
        "127.0.0", "127.0.0.256", "127..0.1", "128.0.0.1", "0.0.0.0", "192.168.1.5", "[::2]",
        "[::1].evil.example",
        "localhost:80:evil", "localhost:evil", "evil@localhost", "::1", "１２７.0.0.1",
    ])
    func `everything else does not`(authority: String) {
        #expect(!HostCheck.isLoopback(authority))
    }

    @Test(arguments: [
        ("http://localhost:3000", 200), ("http://127.0.0.1", 200), ("null", 200), ("https://[::1]:1", 200),
        ("http://evil.example", 403), ("http://evil.example:8900", 403), ("localhost", 403),
        ("http://evil.example/127.0.0.1", 403), ("", 403),
    ])
    func `an origin must be of this machine`(origin: String, status: Int) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let answer = try await TestAPI(fixture).get("/livez", headers: ["origin": origin])
            #expect(answer.status == status, "\(answer.text)")
        }
    }
}
