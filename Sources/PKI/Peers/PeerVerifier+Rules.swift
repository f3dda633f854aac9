internal import COpenSSL
internal import Cluster

extension PeerVerifier {
    /// The one cluster that authorities name.
    static func cluster(_ authorities: [Certificate]) throws(PKIFailure) -> String {
        for authority in authorities where !authority.isAuthority {
            throw PKIFailure(.invalid, "\(authority.subject) is not the certificate of an authority")
        }
        let clusters = Set(authorities.compactMap(\.cluster)).sorted()
        guard let cluster = clusters.first, clusters.count == 1, !cluster.isEmpty else {
            throw PKIFailure(
                .invalid,
                "expected authorities of one cluster, not of \(clusters.isEmpty ? "none" : "several")"
            )
        }
        return cluster
    }

    /// The one list of a PEM file, if an authority signed it.
    static func list(
        _ pem: [UInt8],
        signedBy authorities: [Certificate]
    ) throws(PKIFailure) -> RevocationList {
        let lists = try RevocationList.all(pem: pem)
        guard lists.count == 1 else {
            throw PKIFailure(.invalid, "expected one revocation list, not \(lists.count)")
        }
        defer { ERR_clear_error() }
        guard authorities.contains(where: { lists[0].isSigned(by: $0) }) else {
            throw PKIFailure(.unknownAuthority, "the revocation list is not signed by the authority")
        }
        return lists[0]
    }

    /// The certificates of a chain: at least one, and not too many.
    static func read(_ chain: [[UInt8]]) throws(PKIFailure) -> [Certificate] {
        guard (1...Self.chainMax).contains(chain.count) else {
            throw PKIFailure(
                .malformed,
                "expected 1 to \(Self.chainMax) certificates, not \(chain.count)"
            )
        }
        var certificates: [Certificate] = []
        for der in chain { certificates.append(try Certificate(der: der)) }
        return certificates
    }

    /// The one identity of a certificate.
    static func identity(_ certificate: Certificate) throws(PKIFailure) -> Identity {
        let identities = certificate.names.uris.compactMap { Identity(uri: $0) }
        guard identities.count == 1 else {
            throw PKIFailure(
                .noIdentity,
                "expected one name such as neoscope://agent/ID in the certificate, not \(identities.count)"
            )
        }
        return identities[0]
    }

    /// Whether a peer is let in in spite of what OpenSSL found: the dates of a list do not weaken it.
    static func isBorne(_ error: Int32) -> Bool {
        error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_CRL_NOT_YET_VALID
    }

    /// Why OpenSSL refused, in our words and its own; `depth` 0 is the peer's own certificate.
    static func refusal(_ error: Int32, depth: Int32, of own: Certificate) -> PKIFailure {
        let reason = unsafe String(cString: X509_verify_cert_error_string(Int(error)))
        let holder = own.identity.map { "\($0), as it says," } ?? "somebody"
        let place = depth == 0 ? "" : " (certificate \(depth) above it)"
        return PKIFailure(
            Self.code(error),
            "the certificate of \(holder) with serial \(own.serial.prefix(40)) is refused: \(reason)\(place)"
        )
    }

    private static func code(_ error: Int32) -> PKIFailure.Code {
        switch error {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
            X509_V_ERR_DIFFERENT_CRL_SCOPE,
            X509_V_ERR_CRL_SIGNATURE_FAILURE:
            .noList
        // Nobody signed it, nobody we know, one who may not sign, or one who signed something else.
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_REJECTED,
            X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE,
            X509_V_ERR_INVALID_CA, X509_V_ERR_CERT_CHAIN_TOO_LONG, X509_V_ERR_PATH_LENGTH_EXCEEDED,
            X509_V_ERR_KEYUSAGE_NO_CERTSIGN, X509_V_ERR_SUBJECT_ISSUER_MISMATCH,
            X509_V_ERR_AKID_SKID_MISMATCH,
            X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
            .unknownAuthority
        case X509_V_ERR_OUT_OF_MEM, X509_V_ERR_UNSPECIFIED, X509_V_ERR_INVALID_CALL: .openSSL
        default: .malformed
        }
    }
}

extension PeerVerifier.Purpose {
    /// As OpenSSL counts them.
    var number: Int32 {
        switch self {
        case .client: X509_PURPOSE_SSL_CLIENT
        case .server: X509_PURPOSE_SSL_SERVER
        }
    }
}
