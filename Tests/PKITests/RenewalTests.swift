import Cluster
import Foundation
import Testing

@testable import PKI

/// What becomes of certificates that are renewed, and of the keys, lists and authorities that they need.
@Suite struct RenewalTests {
    private static func agent() throws -> Identity { try #require(Identity(.agent, "host-1")) }

    /// What a peer with the certificate of an identity shows at present.
    private static func chain(_ mine: TestAuthority, _ identity: Identity) throws -> [[UInt8]] {
        [try Certificate(pem: try PKIFile.read(mine.authority.paths(identity).certificate)).der()]
    }

    @Test func `who is revoked is refused with every certificate that he ever had`() throws {
        try TestAuthority.with { mine in
            let agent = try Self.agent()
            var chains = [try mine.chain(.agent, "host-1")]
            for _ in 0..<2 {
                _ = try mine.authority.renew(agent)
                chains.append(try Self.chain(mine, agent))
            }
            let other = try mine.chain(.agent, "host-2")
            let list = try mine.authority.revoke(agent)
            #expect(list.number == 2 && list.serials.count == 3)
            let verifier = try mine.verifier()
            for chain in chains {
                #expect(PeerVerifierTests.refusal(verifier, chain, .client, mine.now) == .revoked)
            }
            #expect(PeerVerifierTests.refusal(verifier, other, .client, mine.now) == nil)
            // The next holder of the name is another one.
            let next = try mine.chain(.agent, "host-1")
            #expect(PeerVerifierTests.refusal(try mine.verifier(), next, .client, mine.now) == nil)
            #expect(try mine.authority.revoke(agent).serials.count == 4)
            #expect(code { () throws(PKIFailure) in try mine.authority.revoke(agent) } == .notFound)
        }
    }

    @Test func `a folder from before the record knows what it can know`() throws {
        try TestAuthority.with { mine in
            let agent = try Self.agent()
            let record = mine.folder + "/issued.json"
            let first = try mine.chain(.agent, "host-1")
            try FileManager.default.removeItem(atPath: record)
            _ = try mine.authority.renew(agent)
            let second = try Self.chain(mine, agent)
            #expect(try mine.authority.revoke(agent).serials.count == 2)
            for chain in [first, second] {
                #expect(
                    PeerVerifierTests.refusal(try mine.verifier(), chain, .client, mine.now) == .revoked
                )
            }
            _ = try mine.issue(.agent, "host-1")
            try FileManager.default.removeItem(atPath: record)
            #expect(try mine.authority.revoke(agent).serials.count == 3)
            for (text, reason) in [("", "damaged"), ("{\"version\":2,\"certificates\":[]}", "version 2")] {
                try PKIFile.write(Array(text.utf8), to: record)
                do throws(PKIFailure) {
                    _ = try mine.authority.issue(CertificateRequest(agent))
                    Issue.record("it was issued")
                } catch { #expect(error.code == .file && error.message.contains(reason)) }
            }
        }
    }

    @Test func `what has ended is forgotten a day later`() throws {
        try TestAuthority.with { mine in
            let agent = try Self.agent()
            var record = IssuedRecord()
            let old = try mine.issue(.agent, "a", days: 1)
            let new = try mine.issue(.agent, "b", days: 9)
            record.add(old, of: agent, at: mine.now)
            record.add(old, of: agent, at: mine.now)
            #expect(record.serials(of: agent, at: old.notAfter + 86_400) == [old.serial])
            #expect(record.serials(of: agent, at: old.notAfter + 86_401) == [])
            record.add(new, of: agent, at: old.notAfter + 86_401)
            #expect(record.certificates.map(\.serial) == [new.serial])
            #expect(record.serials(of: try #require(Identity(.agent, "b")), at: mine.now) == [])
        }
    }

    @Test func `keys may be kept elsewhere, when a certificate is renewed and when it is revoked`() throws {
        try TestAuthority.with { mine in
            let agent = try Self.agent()
            let paths = try mine.authority.issue(CertificateRequest(agent))
            let key = try PrivateKey(pem: try PKIFile.read(paths.key))
            try FileManager.default.removeItem(atPath: paths.key)
            _ = try mine.authority.renew(agent)
            let renewed = try Certificate(pem: try PKIFile.read(paths.certificate))
            #expect(renewed.fits(key) && mine.certificate.signed(renewed))
            #expect(try mine.authority.revoke(agent).serials.contains(renewed.serial))
            #expect(!FileManager.default.fileExists(atPath: paths.certificate))
            #expect(try mine.authority.lines().filter(\.isRevoked).map(\.serial) == [renewed.serial])
        }
    }

    @Test func `a revocation that was begun is finished by doing it again`() throws {
        try TestAuthority.with { mine in
            let agent = try Self.agent()
            let certificate = try mine.issue(.agent, "host-1")
            try mine.authority.revoke(serial: certificate.serial)
            #expect(code { () throws(PKIFailure) in _ = try mine.authority.renew(agent) } == .revoked)
            let list = try mine.authority.revoke(agent)
            #expect(list.number == 3 && list.serials == [certificate.serial])
            _ = try mine.issue(.agent, "host-1")
        }
    }

    @Test func `a serial number is taken as people copy it, and nothing else is`() throws {
        try TestAuthority.with { mine in
            let serial = try mine.issue(.agent, "host-1").serial
            let spelled = "00:" + serial.uppercased()
            #expect(try mine.authority.revoke(serial: spelled).serials == [serial])
            #expect(code { () throws(PKIFailure) in try mine.authority.revoke(serial: serial) } == .exists)
            for bad in ["", "0", ":", "abxy", "-1", "0xab", "é", String(repeating: "a", count: 41)] {
                #expect(
                    code { () throws(PKIFailure) in try mine.authority.revoke(serial: bad) } == .invalid,
                    "\(bad)"
                )
            }
            #expect(try mine.authority.revocationList().number == 2)
        }
    }

    @Test func `names come to a certificate that is renewed, once each, and bad ones do not`() throws {
        try TestAuthority.with { mine in
            let node = try #require(Identity(.collector, "node-1"))
            _ = try mine.authority.issue(CertificateRequest(node, dns: ["a.example"], addresses: ["fe80::1"]))
            let paths = try mine.authority.renew(
                node,
                dns: ["a.example", "b.example"],
                addresses: ["fe80:0::1", "10.0.0.7"]
            )
            let names = try Certificate(pem: try PKIFile.read(paths.certificate)).names
            #expect(names.dns == ["a.example", "b.example"] && names.addresses.map(\.count) == [16, 4])
            for (dns, address, days) in [("*", "::1", 1), ("a", "1.2.3", 1), ("a", "::1", 0)] {
                #expect(
                    code { () throws(PKIFailure) in
                        _ = try mine.authority.renew(node, days: days, dns: [dns], addresses: [address])
                    } == .invalid
                )
            }
            try TestAuthority.with { theirs in
                let other = try theirs.issue(.collector, "node-1")
                try PKIFile.write(try other.pem(), to: paths.certificate)
            }
            #expect(code { () throws(PKIFailure) in _ = try mine.authority.renew(node) } == .unknownAuthority)
        }
    }

    @Test func `a certificate from before the rules of names is renewed as it is`() throws {
        try TestAuthority.with { mine in
            let node = try #require(Identity(.collector, "node-1"))
            let old = try mine.sign(names: "URI:\(node.uri),DNS:*,DNS:a..b", usage: "serverAuth,clientAuth")
            try PKIFile.write(try old.pem(), to: mine.authority.paths(node).certificate)
            let paths = try mine.authority.renew(node, addresses: ["10.0.0.7"])
            let names = try Certificate(pem: try PKIFile.read(paths.certificate)).names
            #expect(names.dns == ["*", "a..b"] && names.addresses == [[10, 0, 0, 7]])
        }
    }

    @Test func `a list is signed again, for another time and with what it names`() throws {
        try TestAuthority.with { mine in
            let revoked = try mine.chain(.agent, "host-1")
            try mine.authority.revoke(try Self.agent())
            let old = try mine.authority.revocationList()
            let list = try mine.authority.renewList(days: 90)
            #expect(list.number == 3 && list.serials == old.serials && list.nextUpdate > old.nextUpdate)
            #expect(try mine.authority.revocationList().number == 3)
            #expect(PeerVerifierTests.refusal(try mine.verifier(), revoked, .client, mine.now) == .revoked)
            for days in [0, -1, 366, .max] {
                #expect(
                    code { () throws(PKIFailure) in try mine.authority.renewList(days: days) } == .invalid
                )
            }
        }
    }

    @Test func `an authority's new certificate holds for what it signed before, and longer`() throws {
        try TestAuthority.with { mine in
            let (agent, revoked) = (try mine.chain(.agent, "host-1"), try mine.chain(.agent, "host-2"))
            try mine.authority.revoke(try #require(Identity(.agent, "host-2")))
            let new = try mine.authority.renewAuthority(days: 7300)
            #expect(
                new.cluster == mine.authority.cluster && new.certificate.subject == mine.certificate.subject
            )
            #expect(new.certificate.serial != mine.certificate.serial)
            #expect(new.certificate.notAfter > mine.certificate.notAfter)
            let verifier = try PeerVerifier(
                authorities: try PKIFile.read(mine.folder + "/ca.crt"),
                revocationList: try new.revocationList().pem()
            )
            #expect(PeerVerifierTests.refusal(verifier, agent, .client, mine.now) == nil)
            #expect(PeerVerifierTests.refusal(verifier, revoked, .client, mine.now) == .revoked)
            // What it signs from now on counts where the old one is still trusted.
            let next = try new.issue(CertificateRequest(try #require(Identity(.agent, "host-3"))))
            let chain = [try Certificate(pem: try PKIFile.read(next.certificate)).der()]
            #expect(PeerVerifierTests.refusal(try mine.verifier(), chain, .client, mine.now) == nil)
            for days in [0, 7301] {
                #expect(
                    code { () throws(PKIFailure) in _ = try new.renewAuthority(days: days) } == .invalid
                )
            }
        }
    }
}
