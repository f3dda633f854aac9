internal import COpenSSL

/// Decides who is let in: chains of certificates by a cluster's authority, less what its revocation list names.
///
/// The rules are OpenSSL's, strict (RFC 5280, section 6). An authority's list stays in force whatever its dates say: one
/// that has expired is still the best that is known (``isListExpired(at:)`` tells of it), and one from the future is
/// only seen by a clock that is late. Only the peer's own certificate is looked up in it.
///
/// Immutable; every method may be called from any thread at any time. What is trusted and revoked changes with a new
/// verifier, by which ``recheck(_:at:)`` judges those again who were let in before.
@safe package final class PeerVerifier: Sendable {
    /// At which end of a connection a peer stands.
    package enum Purpose: Sendable, CaseIterable {
        /// It connected to us.
        case client
        /// We connected to it.
        case server
    }

    /// Certificates of the longest chain; the authority that `neoscope pki` makes allows for two.
    package static let chainMax = 4

    /// The id of the cluster, as its authority's certificate says it.
    package let cluster: String
    /// The number of the revocation list in force; nil where there is none.
    ///
    /// It counts up; the higher one holds.
    package let listNumber: UInt64?
    /// When another list is expected, in seconds since the Unix epoch; nil where there is no list, or it does not say.
    package let listNextUpdate: Int64?

    // Filled in init and only read afterwards; OpenSSL locks what it keeps in it.
    nonisolated(unsafe) private let store: OpaquePointer

    /// A verifier that trusts authorities.
    ///
    /// - Parameters:
    ///   - authorities: Certificates in PEM. Several are of one cluster: the one to come beside the present one.
    ///   - revocationList: In PEM, signed by one of them. What another one signed is then refused as `noList`.
    /// - Throws: `invalid` where a certificate is no authority's, the cluster is not clear, or the list is not one;
    ///   `unknownAuthority` where no authority signed the list; `openSSL` where something is no PEM.
    package init(authorities: [UInt8], revocationList: [UInt8]? = nil) throws(PKIFailure) {
        let certificates = try Certificate.all(pem: authorities)
        self.cluster = try Self.cluster(certificates)
        let list: RevocationList?
        if let revocationList {
            list = try Self.list(revocationList, signedBy: certificates)
        } else {
            list = nil
        }
        self.listNumber = list?.number
        self.listNextUpdate = list.flatMap { $0.nextUpdate < 0 ? nil : $0.nextUpdate }
        guard let store = unsafe X509_STORE_new() else { throw .openSSL("no store of certificates") }
        unsafe self.store = store
        for certificate in certificates {
            guard unsafe X509_STORE_add_cert(store, certificate.pointer) == 1 else {
                throw .openSSL("an authority could not be trusted")
            }
        }
        var flags = UInt(X509_V_FLAG_X509_STRICT)
        if let list {
            guard unsafe X509_STORE_add_crl(store, list.pointer) == 1 else {
                throw .openSSL("a revocation list could not be used")
            }
            flags |= UInt(X509_V_FLAG_CRL_CHECK)
        }
        guard unsafe X509_STORE_set_flags(store, flags) == 1 else { throw .openSSL("no strict checks") }
    }

    deinit { unsafe X509_STORE_free(self.store) }

    /// Whether another list is expected by now, in seconds since the Unix epoch; the present one stays in force.
    package func isListExpired(at seconds: Int64) -> Bool {
        self.listNextUpdate.map { $0 < seconds } ?? false
    }

    /// Judges the certificates that a peer showed.
    ///
    /// - Parameters:
    ///   - chain: In DER, the peer's own first.
    ///   - purpose: At which end the peer stands.
    ///   - seconds: The present time since the Unix epoch.
    /// - Returns: Who it is.
    /// - Throws: The reason, its code fit for a metric, its message for a log.
    package func verify(
        chain: [[UInt8]],
        as purpose: Purpose,
        at seconds: Int64
    ) throws(PKIFailure) -> VerifiedPeer {
        defer { ERR_clear_error() }
        let certificates = try Self.read(chain)
        let own = certificates[0]
        let end = try self.check(certificates, purpose, seconds)
        guard !own.isAuthority else {
            throw PKIFailure(.wrongPurpose, "an authority's certificate lets nobody in")
        }
        return VerifiedPeer(
            identity: try Self.identity(own),
            cluster: self.cluster,
            serial: own.serial,
            notBefore: own.notBefore,
            notAfter: own.notAfter,
            endsAt: end,
            chain: chain,
            purpose: purpose
        )
    }

    /// Judges again who was let in before, perhaps by another verifier.
    ///
    /// - Parameters:
    ///   - peer: Who it was.
    ///   - seconds: The present time since the Unix epoch.
    /// - Throws: As ``verify(chain:as:at:)`` does; its connections are to end.
    package func recheck(_ peer: VerifiedPeer, at seconds: Int64) throws(PKIFailure) {
        _ = try self.verify(chain: peer.chain, as: peer.purpose, at: seconds)
    }

    /// When the first certificate ends of those that speak for it.
    private func check(
        _ certificates: [Certificate],
        _ purpose: Purpose,
        _ seconds: Int64
    ) throws(PKIFailure) -> Int64 {
        // OpenSSL borrows them until the context is gone.
        defer { withExtendedLifetime(certificates) {} }
        guard let others = unsafe neoscope_chain_new() else { throw .openSSL("no chain") }
        defer { unsafe neoscope_chain_free(others) }
        for certificate in certificates.dropFirst() {
            guard unsafe neoscope_chain_add(others, certificate.pointer) == 1 else {
                throw .openSSL("no chain")
            }
        }
        guard let context = unsafe X509_STORE_CTX_new() else { throw .openSSL("no verification") }
        defer { unsafe X509_STORE_CTX_free(context) }
        guard unsafe X509_STORE_CTX_init(context, self.store, certificates[0].pointer, others) == 1,
            unsafe X509_STORE_CTX_set_purpose(context, purpose.number) == 1,
            let parameters = unsafe X509_STORE_CTX_get0_param(context)
        else { throw .openSSL("no verification") }
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(seconds))
        unsafe X509_STORE_CTX_set_verify_cb(context) { isWell, context in
            guard isWell == 0 else { return isWell }
            return unsafe PeerVerifier.isBorne(X509_STORE_CTX_get_error(context)) ? 1 : 0
        }
        guard unsafe X509_verify_cert(context) == 1 else {
            throw unsafe Self.refusal(
                X509_STORE_CTX_get_error(context),
                depth: X509_STORE_CTX_get_error_depth(context),
                of: certificates[0]
            )
        }
        return unsafe neoscope_chain_end(context)
    }
}
