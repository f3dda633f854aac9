import Cluster
import Testing

@testable import PKI

@Suite struct CertificateRequestTests {
    @Test func `a node is a server, an agent where it has a name, an operator never`() throws {
        for (role, isAlways, isNamed) in [
            (Role.collector, true, true), (.agent, false, true), (.operator, false, false),
        ] {
            let identity = try #require(Identity(role, "a"))
            #expect(CertificateRequest(identity).isForServer == isAlways)
            #expect(CertificateRequest(identity, dns: ["a.example"]).isForServer == isNamed)
            #expect(CertificateRequest(identity, addresses: ["10.0.0.7"]).isForServer == isNamed)
        }
    }

    /// Why a request is refused; nil where it is not.
    private static func refusal(
        _ role: Role,
        dns: [String] = [],
        addresses: [String] = []
    ) throws -> PKIFailure? {
        let request = CertificateRequest(try #require(Identity(role, "a")), dns: dns, addresses: addresses)
        do throws(PKIFailure) {
            try request.check()
            return nil
        } catch { return error }
    }

    @Test func `host names and addresses are what they are called`() throws {
        let label = String(repeating: "x", count: 63)
        let names = [
            "a", "localhost", "Node-1.example", "*.wild.example", "10.example", "a.\(label)", "x1--y.z",
        ]
        for name in names { #expect(try Self.refusal(.collector, dns: [name]) == nil, "\(name)") }
        let bad = [
            "", "*", "*.example", "a.*.b", "a*.b.c", "**.b.c", "a..b", ".a", "a.", ".", "-a", "a-.b", "a_b",
            "a b", "a,DNS:b", "é.example", "10.0.0.1", "a.7", "\(label)x", "::1",
            Array(repeating: "abcdefghi", count: 26).joined(separator: "."),
        ]
        for name in bad {
            let failure = try #require(try Self.refusal(.collector, dns: [name]), "\(name)")
            #expect(failure.code == .invalid && failure.message.contains(name), "\(failure)")
        }
        for address in ["10.0.0.1", "::1", "fe80::1", "::ffff:10.0.0.1", "2001:DB8::7"] {
            #expect(try Self.refusal(.collector, addresses: [address]) == nil, "\(address)")
        }
        for address in [
            "", "999.1.1.1", "1.2.3", "010.0.0.1", "1.2.3.4.5", "fe80::1%eth0", ":::", "g::1", "host",
        ] {
            let failure = try #require(try Self.refusal(.collector, addresses: [address]), "\(address)")
            #expect(failure.code == .invalid && failure.message.contains(address), "\(failure)")
        }
        #expect(CertificateRequest.bytes(ofAddress: "10.0.0.7") == [10, 0, 0, 7])
        #expect(CertificateRequest.bytes(ofAddress: "::7")?.last == 7)
    }

    @Test func `only a node needs a name`() throws {
        let failure = try #require(try Self.refusal(.collector))
        #expect(failure.code == .invalid && failure.message.contains("--dns"))
        #expect(try Self.refusal(.agent) == nil && Self.refusal(.operator) == nil)
        try TestAuthority.with { mine in
            let node = try #require(Identity(.collector, "node-1"))
            #expect(
                code { () throws(PKIFailure) in _ = try mine.authority.issue(CertificateRequest(node)) }
                    == .invalid
            )
            _ = try mine.authority.issue(CertificateRequest(node, dns: ["a.example"]))
        }
    }
}
