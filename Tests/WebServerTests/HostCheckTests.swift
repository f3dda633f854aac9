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

    @Test func `an origin must be this server's own`() {
        for (origin, isOwn) in [
            ("http://localhost:8900", true), ("HTTP://LOCALHOST:8900", true),
            ("https://localhost:8900", false),
            ("http://localhost:3000", false), ("http://localhost", false), ("http://127.0.0.1:8900", false),
            ("null", false), ("http://evil.example", false), ("http://evil.example:8900", false),
            ("localhost:8900", false), ("moz-extension://localhost:8900", false), ("", false),
        ] {
            #expect(HostCheck.isOwn(origin, host: "localhost:8900", isSecure: false) == isOwn, "\(origin)")
        }
        #expect(HostCheck.isOwn("https://node-1", host: "node-1", isSecure: true))
        #expect(!HostCheck.isOwn("http://node-1", host: "node-1", isSecure: true))
    }

    @Test(arguments: ["null", "http://localhost:3000", "http://evil.example"])
    func `a page of somebody else is refused`(origin: String) async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            let answer = try await TestAPI(fixture).get("/livez", headers: ["origin": origin])
            #expect(answer.status == 403, "\(answer.text)")
        }
    }
}
