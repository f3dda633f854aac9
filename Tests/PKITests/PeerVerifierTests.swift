import Cluster
import Dispatch
import Synchronization
import Testing

@testable import PKI

/// Who is let in, and for which reason somebody is not.
@Suite struct PeerVerifierTests {
    @Test(arguments: Role.allCases, PeerVerifier.Purpose.allCases)
    func `a certificate lets its holder in at the end it is for`(
        _ role: Role,
        _ purpose: PeerVerifier.Purpose
    ) throws {
        try TestAuthority.with { mine in
            let certificate = try mine.issue(role, "one-1")
            let chain = [try certificate.der()]
            let verifier = try mine.verifier()
            guard role == .collector || purpose == .client else {
                #expect(
                    code { () throws(PKIFailure) in
                        _ = try verifier.verify(chain: chain, as: purpose, at: mine.now)
                    } == .wrongPurpose
                )
                return
            }
            let peer = try verifier.verify(chain: chain, as: purpose, at: mine.now)
            #expect(peer.identity == Identity(role, "one-1") && peer.serial == certificate.serial)
            #expect(peer.cluster == mine.authority.cluster && verifier.cluster == mine.authority.cluster)
            #expect(peer.notBefore == certificate.notBefore && peer.notAfter == certificate.notAfter)
            // Many peers send the authority along.
            let whole = chain + [try mine.certificate.der()]
            #expect(try verifier.verify(chain: whole, as: purpose, at: mine.now).identity == peer.identity)
        }
    }

    @Test func `a certificate counts from its first second to its last, at the time that is given`() throws {
        try TestAuthority.with { mine in
            let certificate = try mine.issue(.agent, "host-1", days: 10)
            let chain = [try certificate.der()]
            let verifier = try mine.verifier()
            let expected: [(Int64, PKIFailure.Code?)] = [
                (certificate.notBefore - 1, .notYetValid), (certificate.notBefore, nil),
                (certificate.notAfter - 1, nil), (certificate.notAfter + 1, .expired),
                (0, .notYetValid), (-1, .notYetValid), (253_402_300_799, .expired),
            ]
            for (seconds, reason) in expected {
                #expect(Self.refusal(verifier, chain, .client, seconds) == reason, "\(seconds)")
            }
            for seconds in [Int64.min, Int64.max] {
                #expect(Self.refusal(verifier, chain, .client, seconds) != nil, "\(seconds)")
            }
        }
    }

    @Test func `another authority's certificates let nobody in, whatever name it has`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            try TestAuthority.with { theirs in
                let stranger = try theirs.chain(.agent, "host-1")
                let whole = stranger + [try theirs.certificate.der()]
                #expect(Self.refusal(verifier, stranger, .client, mine.now) == .unknownAuthority)
                #expect(Self.refusal(verifier, whole, .client, mine.now) == .unknownAuthority)
            }
            let twin = try mine.twin()
            let forged = try mine.sign(names: "URI:neoscope://collector/node-1", by: twin)
            for chain in [[try forged.der()], [try forged.der(), try twin.certificate.der()]] {
                #expect(Self.refusal(verifier, chain, .client, mine.now) == .unknownAuthority)
            }
            let selfMade = try mine.sign(
                names: "URI:neoscope://operator/me",
                by: (forged, try PrivateKey.make())
            )
            #expect(Self.refusal(verifier, [try selfMade.der()], .client, mine.now) == .unknownAuthority)
        }
    }

    @Test func `an authority between is taken from what the peer shows, where the upper one allows it`()
        throws
    {
        try TestAuthority.with { mine in
            for (constraint, reason) in [("pathlen:1", nil), ("pathlen:0", PKIFailure.Code.unknownAuthority)]
            {
                let upper = try mine.twin(constraint: constraint)
                let lower = try mine.twin(by: upper)
                let own = try mine.sign(names: "URI:neoscope://agent/host-1", by: lower).der()
                let verifier = try PeerVerifier(authorities: try upper.certificate.pem())
                let whole = [own, try lower.certificate.der()]
                #expect(Self.refusal(verifier, whole, .client, mine.now) == reason)
                #expect(Self.refusal(verifier, [own], .client, mine.now) == .unknownAuthority)
            }
        }
    }

    @Test func `what an agent signs with its own key is worth nothing`() throws {
        try TestAuthority.with { mine in
            let key = try PrivateKey.make()
            let agent = try mine.sign(names: "URI:neoscope://agent/host-1", key: key)
            let grabbed = try mine.sign(names: "URI:neoscope://operator/root", by: (agent, key))
            let chain = [try grabbed.der(), try agent.der()]
            #expect(Self.refusal(try mine.verifier(), chain, .client, mine.now) == .unknownAuthority)
            #expect(Self.refusal(try mine.verifier(), [try agent.der()], .client, mine.now) == nil)
        }
    }

    @Test func `the authority's own certificate lets nobody in`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            for purpose in PeerVerifier.Purpose.allCases {
                let chain = [try mine.certificate.der()]
                #expect(Self.refusal(verifier, chain, purpose, mine.now) == .wrongPurpose)
            }
        }
    }

    @Test func `a certificate that names nobody, or two, lets nobody in`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            let names: [String?] = [
                nil, "DNS:neoscope", "URI:https://agent/host-1", "URI:neoscope://cluster/host-1",
                "URI:neoscope://agent/HOST", "URI:neoscope://agent/a,URI:neoscope://collector/b",
            ]
            for name in names {
                let chain = [try mine.sign(names: name).der()]
                #expect(Self.refusal(verifier, chain, .client, mine.now) == .noIdentity, "\(name ?? "none")")
            }
        }
    }

    @Test func `bytes that are no certificate are refused, never trapped on`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            let good = try mine.chain(.agent, "host-1")[0]
            let bad: [[[UInt8]]] = [
                [], [[]], [[0]], [Array("-----BEGIN CERTIFICATE-----".utf8)], [good + [0]], [good, []],
                [good, [0x30, 0x80]], [[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]],
                Array(repeating: good, count: PeerVerifier.chainMax + 1),
                [[UInt8](repeating: 0x30, count: Certificate.bytesMax + 1)],
            ]
            for chain in bad {
                #expect(Self.refusal(verifier, chain, .client, mine.now) == .malformed, "\(chain.count)")
            }
            for cut in good.indices {
                #expect(
                    Self.refusal(verifier, [Array(good[..<cut])], .client, mine.now) == .malformed,
                    "\(cut)"
                )
            }
        }
    }

    @Test func `a certificate with any bit changed lets nobody in`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            let good = try mine.chain(.agent, "host-1")[0]
            var reasons: Set<PKIFailure.Code> = []
            for bit in 0..<good.count * 8 {
                var bytes = good
                bytes[bit / 8] ^= 1 << (bit % 8)
                let reason = Self.refusal(verifier, [bytes], .client, mine.now)
                #expect(reason != nil, "bit \(bit)")
                if let reason { reasons.insert(reason) }
            }
            #expect(reasons.isSuperset(of: [.malformed, .unknownAuthority]))
            #expect(Self.refusal(verifier, [good], .client, mine.now) == nil)
        }
    }

    @Test func `many threads may ask at once`() throws {
        try TestAuthority.with { mine in
            let good = try mine.chain(.collector, "node-1")
            let revoked = try mine.chain(.agent, "host-1")
            try mine.authority.revoke(try #require(Identity(.agent, "host-1")))
            let (verifier, now) = (try mine.verifier(), mine.now)
            let counts = Mutex([PKIFailure.Code?: Int]())
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<100 {
                    for chain in [good, revoked] {
                        let reason = Self.refusal(verifier, chain, .client, now)
                        counts.withLock { $0[reason, default: 0] += 1 }
                    }
                }
            }
            let seen = counts.withLock { $0 }
            #expect(seen == [nil: 800, .revoked: 800])
        }
    }

    @Test func `a role or a name that is not the expected one is told`() throws {
        try TestAuthority.with { mine in
            let chain = try mine.chain(.agent, "host-1")
            let peer = try mine.verifier().verify(chain: chain, as: .client, at: mine.now)
            #expect(code { () throws(PKIFailure) in try peer.check(.agent) } == nil)
            #expect(code { () throws(PKIFailure) in try peer.check(.collector, .agent, id: "host-1") } == nil)
            #expect(code { () throws(PKIFailure) in try peer.check(.collector, .operator) } == .wrongRole)
            #expect(code { () throws(PKIFailure) in try peer.check(.collector, id: "host-1") } == .wrongRole)
            #expect(code { () throws(PKIFailure) in try peer.check(.agent, id: "host-2") } == .wrongIdentity)
        }
    }

    /// Why a chain is refused; nil where it is not.
    static func refusal(
        _ verifier: PeerVerifier,
        _ chain: [[UInt8]],
        _ purpose: PeerVerifier.Purpose,
        _ seconds: Int64
    ) -> PKIFailure.Code? {
        code { () throws(PKIFailure) in
            _ = try verifier.verify(chain: chain, as: purpose, at: seconds)
        }
    }
}
