package import Cluster

/// Who is at the other end, as a ``PeerVerifier`` found it in the certificates that the peer showed.
package struct VerifiedPeer: Equatable, Sendable {
    /// What it may do, and its name.
    package let identity: Identity
    /// The id of the cluster whose authority says so.
    package let cluster: String
    /// Lower-case hexadecimal digits.
    package let serial: String
    /// Seconds since the Unix epoch; before it the certificate is not valid yet.
    package let notBefore: Int64
    /// Seconds since the Unix epoch; after it the certificate is not valid any more.
    package let notAfter: Int64
    /// Seconds since the Unix epoch; from it on a certificate of its chain is not valid, its own or an authority's.
    package let endsAt: Int64

    /// As the peer showed it, kept so that it can be judged again.
    let chain: [[UInt8]]
    /// At which end it stood.
    let purpose: PeerVerifier.Purpose

    /// Checks that the peer has one of the roles, and the name where one is expected.
    ///
    /// - Throws: `wrongRole` or `wrongIdentity`, with what was expected and what came.
    package func check(_ roles: Role..., id: String? = nil) throws(PKIFailure) {
        guard roles.contains(self.identity.role) else {
            let expected = roles.map(\.rawValue).joined(separator: " or ")
            throw PKIFailure(.wrongRole, "expected \(expected), not \(self.identity)")
        }
        guard let id, id != self.identity.id else { return }
        throw PKIFailure(
            .wrongIdentity,
            "expected \(self.identity.role.rawValue) \(id), not \(self.identity)"
        )
    }
}
