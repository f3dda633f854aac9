internal import Cluster

/// What a node, an agent or an operator shows and trusts: read together, and known to fit together.
package struct Credentials: Sendable, CustomStringConvertible {
    /// The own certificate and those between it and the authority, in PEM, the own first.
    package let chain: [UInt8]
    /// The private key of the own certificate, in PEM; never for a log.
    package let key: [UInt8]
    /// The authorities that are trusted, in PEM.
    package let authorities: [UInt8]
    /// The revocation list in force, in PEM; nil where there is none.
    package let revocationList: [UInt8]?
    /// The own certificate as a peer sees it.
    package let own: VerifiedPeer
    /// Judges peers.
    package let verifier: PeerVerifier
    /// SHA-256 of everything that was read, in hexadecimal: two of the same fingerprint do not differ.
    package let fingerprint: String

    /// The id of the cluster.
    package var cluster: String { self.verifier.cluster }

    /// Who it is and until when; never the key.
    package var description: String {
        "\(self.own.identity) of cluster \(self.cluster), serial \(self.own.serial)"
    }

    /// Checks that the parts fit together.
    ///
    /// - Parameters:
    ///   - authorities: Certificates in PEM.
    ///   - chain: Certificates in PEM, the own first.
    ///   - key: In PEM, without a password.
    ///   - revocationList: In PEM; nil where the cluster has none.
    ///   - seconds: The present time since the Unix epoch.
    /// - Throws: `mismatch` where the key is another certificate's; what ``PeerVerifier`` throws where peers that trust
    ///   the same authorities would not let the own certificate in, expired and revoked ones among them; `openSSL`
    ///   where something is no PEM.
    package init(
        authorities: [UInt8],
        chain: [UInt8],
        key: [UInt8],
        revocationList: [UInt8]?,
        at seconds: Int64
    ) throws(PKIFailure) {
        self.verifier = try PeerVerifier(authorities: authorities, revocationList: revocationList)
        let certificates = try Certificate.all(pem: chain)
        guard certificates[0].fits(try PrivateKey(pem: key)) else {
            throw PKIFailure(.mismatch, "the private key is not that of the certificate")
        }
        self.own = try Self.verify(certificates, by: self.verifier, at: seconds)
        self.authorities = authorities
        self.chain = chain
        self.key = key
        self.revocationList = revocationList
        self.fingerprint = try Self.fingerprint([authorities, chain, key, revocationList])
    }

    /// The same with another revocation list, whatever has become of the own certificate meanwhile.
    ///
    /// - Parameter revocationList: In PEM.
    /// - Returns: Credentials whose peers are judged by that list.
    /// - Throws: As ``PeerVerifier`` does where the list is none, or none by the authorities that are trusted.
    package func replacing(revocationList: [UInt8]) throws(PKIFailure) -> Credentials {
        try Credentials(
            self,
            PeerVerifier(authorities: self.authorities, revocationList: revocationList),
            revocationList
        )
    }

    private init(
        _ other: Credentials,
        _ verifier: PeerVerifier,
        _ revocationList: [UInt8]
    ) throws(PKIFailure) {
        self.chain = other.chain
        self.key = other.key
        self.authorities = other.authorities
        self.own = other.own
        self.verifier = verifier
        self.revocationList = revocationList
        self.fingerprint = try Self.fingerprint([other.authorities, other.chain, other.key, revocationList])
    }

    /// Judges the own certificate at every end of a connection at which its holder stands.
    private static func verify(
        _ certificates: [Certificate],
        by verifier: PeerVerifier,
        at seconds: Int64
    ) throws(PKIFailure) -> VerifiedPeer {
        var chain: [[UInt8]] = []
        for certificate in certificates { chain.append(try certificate.der()) }
        let own = try verifier.verify(chain: chain, as: .client, at: seconds)
        guard own.identity.role == .collector else { return own }
        return try verifier.verify(chain: chain, as: .server, at: seconds)
    }

    /// The digest of the parts' own digests, so that no byte can move from one part to the next.
    private static func fingerprint(_ parts: [[UInt8]?]) throws(PKIFailure) -> String {
        var digests: [UInt8] = []
        for part in parts {
            digests.append(part == nil ? 0 : 1)
            digests += try Bytes.sha256(part ?? [])
        }
        return Bytes.hexadecimal(try Bytes.sha256(digests))
    }
}
