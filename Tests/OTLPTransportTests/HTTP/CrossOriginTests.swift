import Testing

@testable import OTLPTransport

@Suite struct CrossOriginTests {
    @Test(arguments: [
        ("http://localhost:3000", true), ("http://localhost", true), ("http://localhost:", true),
        ("https://localhost:3000", false), ("http://localhost:3000.evil.example", false),
        ("http://localhost.evil.example", false), ("http://evil.example", false), ("null", false),
        ("", false),
        ("https://app.example.com", true), ("https://app.example.com:8443", false),
    ])
    func `an origin is allowed as spelled, or with any port`(origin: String, isAllowed: Bool) {
        let crossOrigin = CrossOrigin(origins: ["http://localhost:*", "https://app.example.com"])
        #expect(crossOrigin.allows(origin) == isAllowed)
    }

    @Test func `a star allows everything and nothing allows nothing`() {
        #expect(CrossOrigin(origins: ["*"]).allows("https://anything.example"))
        #expect(!CrossOrigin(origins: []).allows("http://localhost"))
    }
}
