import COpenSSL
import Cluster
import Testing

@testable import PKI

/// What a revocation list does to those who are let in.
@Suite struct RevocationTests {
    @Test func `a revoked certificate lets nobody in, and its renewal does`() throws {
        try TestAuthority.with { mine in
            let identity = try #require(Identity(.agent, "host-1"))
            let (old, other) = (try mine.chain(.agent, "host-1"), try mine.chain(.agent, "host-2"))
            let before = try mine.verifier()
            let peer = try before.verify(chain: old, as: .client, at: mine.now)
            try mine.authority.revoke(identity)
            let after = try mine.verifier()
            #expect(before.listNumber == 1 && after.listNumber == 2)
            #expect(PeerVerifierTests.refusal(after, old, .client, mine.now) == .revoked)
            #expect(PeerVerifierTests.refusal(after, other, .client, mine.now) == nil)
            #expect(
                PeerVerifierTests.refusal(after, try mine.chain(.agent, "host-1"), .client, mine.now) == nil
            )
            let without = try mine.verifier(withList: false)
            #expect(without.listNumber == nil && without.listNextUpdate == nil)
            #expect(PeerVerifierTests.refusal(without, old, .client, mine.now) == nil)
            // Who is connected already is judged again.
            #expect(code { () throws(PKIFailure) in try before.recheck(peer, at: mine.now) } == nil)
            #expect(code { () throws(PKIFailure) in try after.recheck(peer, at: mine.now) } == .revoked)
            #expect(
                code { () throws(PKIFailure) in try before.recheck(peer, at: peer.notAfter + 1) } == .expired
            )
        }
    }

    @Test func `a list stays in force before and after its dates, and says when it has expired`() throws {
        try TestAuthority.with { mine in
            let (revoked, other) = (try mine.chain(.agent, "host-1"), try mine.chain(.agent, "host-2"))
            try mine.authority.revoke(try #require(Identity(.agent, "host-1")))
            let (verifier, list) = (try mine.verifier(), try mine.authority.revocationList())
            let next = try #require(verifier.listNextUpdate)
            #expect(next == list.nextUpdate && next > mine.now)
            for (seconds, isExpired) in [(mine.now - 1800, false), (next, false), (next + 1, true)] {
                #expect(
                    PeerVerifierTests.refusal(verifier, revoked, .client, seconds) == .revoked,
                    "\(seconds)"
                )
                #expect(PeerVerifierTests.refusal(verifier, other, .client, seconds) == nil, "\(seconds)")
                #expect(verifier.isListExpired(at: seconds) == isExpired)
            }
            let without = try mine.verifier(withList: false)
            #expect(!without.isListExpired(at: .max))
        }
    }

    @Test func `a list that is signed anew has a higher number and the same names`() throws {
        try TestAuthority.with { mine in
            let revoked = try mine.issue(.agent, "host-1")
            let old = try mine.authority.revoke(serial: revoked.serial)
            let new = try mine.authority.renewList()
            #expect(new.number == old.number + 1 && new.serials == [revoked.serial])
            #expect(new.nextUpdate >= old.nextUpdate && new.isSigned(by: mine.certificate))
            #expect(try mine.authority.revocationList().number == new.number)
        }
    }

    @Test func `a list that expects no other one never expires`() throws {
        try TestAuthority.with { mine in
            let list = unsafe RevocationList(owning: try #require(unsafe X509_CRL_new()))
            let isFilled =
                unsafe X509_CRL_set_version(list.pointer, 1) == 1
                && X509_CRL_set_issuer_name(list.pointer, X509_get_subject_name(mine.certificate.pointer))
                    == 1
                && X509_CRL_set1_lastUpdate(list.pointer, X509_get0_notBefore(mine.certificate.pointer)) == 1
                && X509_CRL_sign(list.pointer, mine.key.pointer, EVP_sha256()) > 0
            #expect(isFilled)
            let verifier = try PeerVerifier(
                authorities: try mine.certificate.pem(),
                revocationList: try list.pem()
            )
            #expect(verifier.listNumber == 0 && verifier.listNextUpdate == nil)
            #expect(!verifier.isListExpired(at: .max))
        }
    }

    @Test func `a list that the authority did not sign is refused, and so is what is no list`() throws {
        try TestAuthority.with { mine in
            let (authority, list) = (try mine.certificate.pem(), try mine.authority.revocationList().pem())
            var bad: [([UInt8], PKIFailure.Code)] = [
                ([], .openSSL), (Array("no list".utf8), .openSSL), (authority, .openSSL),
                (Array(list.prefix(list.count / 2)), .openSSL), (list + list, .invalid),
                (list + list.prefix(100), .openSSL),
            ]
            try TestAuthority.with { theirs in
                bad.append((try theirs.authority.revocationList().pem(), .unknownAuthority))
            }
            let forged = try RevocationList.make(
                number: 9,
                revoked: [],
                days: 30,
                authority: mine.certificate,
                key: try PrivateKey.make()
            )
            bad.append((try forged.pem(), .unknownAuthority))
            for (pem, reason) in bad {
                #expect(
                    code { () throws(PKIFailure) in
                        _ = try PeerVerifier(authorities: authority, revocationList: pem)
                    } == reason,
                    "\(String(decoding: pem, as: UTF8.self))"
                )
            }
        }
    }

    @Test func `only authorities of one cluster are trusted`() throws {
        try TestAuthority.with { mine in
            let agent = try mine.issue(.agent, "host-1")
            let own = try mine.certificate.pem()
            var bad: [([UInt8], PKIFailure.Code)] = [
                ([], .openSSL), (Array("nothing".utf8), .openSSL), (try agent.pem(), .invalid),
                (own + (try agent.pem()), .invalid), (own + own.prefix(200), .openSSL),
            ]
            try TestAuthority.with { theirs in bad.append((own + (try theirs.certificate.pem()), .invalid)) }
            for (pem, reason) in bad {
                #expect(
                    code { () throws(PKIFailure) in _ = try PeerVerifier(authorities: pem) } == reason,
                    "\(String(decoding: pem, as: UTF8.self))"
                )
            }
        }
    }

    @Test func `the next authority of a cluster stands beside the present one`() throws {
        try TestAuthority.with { mine in
            let twin = try mine.twin()
            let both = try mine.certificate.pem() + twin.certificate.pem()
            let old = try mine.chain(.agent, "host-1")
            let new = [try mine.sign(names: "URI:neoscope://agent/host-2", by: twin).der()]
            let verifier = try PeerVerifier(authorities: both)
            for chain in [old, new] {
                #expect(PeerVerifierTests.refusal(verifier, chain, .client, mine.now) == nil)
            }
            let listed = try PeerVerifier(
                authorities: both,
                revocationList: try mine.authority.revocationList().pem()
            )
            #expect(PeerVerifierTests.refusal(listed, old, .client, mine.now) == nil)
            #expect(PeerVerifierTests.refusal(listed, new, .client, mine.now) == .noList)
        }
    }
}
