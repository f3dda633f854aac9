import PKI
import Testing

@testable import Access

/// A gate without TLS: tokens, whether it is open, and what is counted.
@Suite struct GateTests {
    private static func gate(_ table: TokenTable, isOpen: Bool = false, now: Int64 = 0) -> Gate {
        Gate(tls: nil, isOpen: isOpen, tokens: { table }, now: { now })
    }

    private static let here = DoorConnection(isLocal: true)

    @Test func `a token opens what its scope says, until its end`() throws {
        try Fixture.with { fixture in
            let file = TokenFile(folder: fixture.authority.folder)
            let (token, secret) = try file.create(name: "a", scopes: [.read], days: 1, at: 1000)
            let end = try #require(token.expiresAt)
            let table = try file.load()
            func refusal(_ right: AccessRight, _ header: String?, at now: Int64 = 2000) -> AccessRefusal? {
                Self.gate(table, now: now).refusal(of: right, to: Self.here, authorization: header)
            }
            #expect(refusal(.reading, "Bearer \(secret)") == nil)
            #expect(refusal(.reading, "bearer   \(secret)") == nil)
            #expect(refusal(.writing, "Bearer \(secret)") == .wrongScope)
            #expect(refusal(.reading, "Bearer \(secret)", at: end) == .badToken)
            for header in [
                "Bearer", "Bearer ", secret, "Basic \(secret)", "Bearer \(secret) ", "", "Bearer nsk_",
            ] {
                #expect(refusal(.reading, header) == .badToken, "\(header)")
            }
            #expect(refusal(.reading, nil) == .noCredential)
        }
    }

    @Test func `refusals are counted by reason, and health is never one`() {
        let gate = Self.gate(TokenTable())
        for _ in 0..<3 { _ = gate.refusal(of: .reading, to: Self.here, authorization: nil) }
        _ = gate.refusal(of: .figures, to: Self.here, authorization: "Bearer x")
        let health = gate.refusal(of: .health, to: Self.here, authorization: "Bearer x")
        #expect(health == nil)
        let counts = AccessRefusal.allCases.map { gate.tally[$0] }
        #expect(counts == [3, 1, 0, 0, 0])
    }

    @Test func `a gate is open to this machine alone`() {
        let gate = Self.gate(TokenTable(), isOpen: true)
        for (connection, wanted) in [(Self.here, nil), (DoorConnection(isLocal: false), .noCredential)]
            as [(DoorConnection, AccessRefusal?)]
        {
            let refusal = gate.refusal(of: .reading, to: connection, authorization: nil)
            #expect(refusal == wanted)
        }
        let refusal = Gate.openLoopback.refusal(of: .administration, to: Self.here, authorization: nil)
        #expect(refusal == .noCredential)
    }
}
