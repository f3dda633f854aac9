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
}
