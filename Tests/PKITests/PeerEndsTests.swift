import Cluster
import Testing

@testable import PKI

/// When standing connections are judged again for the sake of time.
@Suite struct PeerEndsTests {
    @Test func `peers are judged again when the first certificate ends, once for each end`() throws {
        try TestAuthority.with { mine in
            let verifier = try mine.verifier()
            let peers = try [20, 10, 30].map { days in
                try verifier.verify(
                    chain: mine.chain(.agent, "host-\(days)", days: days),
                    as: .client,
                    at: mine.now
                )
            }
            let ends = PeerEnds()
            #expect(!ends.isDue(at: .max), "nobody is there")
            for peer in peers { ends.note(peer) }
            let first = peers[1].notAfter
            #expect(peers[1].endsAt == first && !ends.isDue(at: first - 1))
            #expect(ends.isDue(at: first) && !ends.isDue(at: .max))
            // Those who were found good again.
            for peer in [peers[0], peers[2]] { ends.note(peer) }
            #expect(!ends.isDue(at: peers[0].notAfter - 1) && ends.isDue(at: peers[0].notAfter + 9))
        }
    }

    @Test func `a peer ends with the authority that speaks for it, if that ends before`() throws {
        try TestAuthority.with { mine in
            let authority = try mine.authority.renewAuthority(days: 5)
            let chain = try mine.chain(.agent, "host-1", days: 90)
            let verifier = try PeerVerifier(authorities: try authority.certificate.pem())
            let peer = try verifier.verify(chain: chain, as: .client, at: mine.now)
            #expect(peer.endsAt == authority.certificate.notAfter && peer.notAfter > peer.endsAt)
            #expect(code { () throws(PKIFailure) in try verifier.recheck(peer, at: peer.endsAt - 1) } == nil)
            #expect(
                code { () throws(PKIFailure) in try verifier.recheck(peer, at: peer.endsAt) } == .expired
            )
        }
    }
}
