extension Credentials {
    /// Host names and IP addresses under which the own certificate says that its holder is reached.
    ///
    /// - Throws: `openSSL` where the certificate cannot be read again.
    package func names() throws(PKIFailure) -> [String] {
        let names = try Certificate(pem: self.chain).names
        return names.dns + names.addresses.map(CertificateAuthority.text)
    }

    /// Checks that clients take the own certificate for a server's: it was made for one, and names a host.
    ///
    /// - Parameter seconds: The present time since the Unix epoch.
    /// - Throws: `wrongPurpose` where it was made for a client alone; else as ``PeerVerifier/verify(chain:as:at:)``.
    package func checkServer(at seconds: Int64) throws(PKIFailure) {
        _ = try self.verifier.verify(chain: self.own.chain, as: .server, at: seconds)
        guard try self.names().isEmpty else { return }
        throw PKIFailure(
            .wrongPurpose,
            "the certificate of \(self.own.identity) names no host; issue it with --dns or --ip"
        )
    }
}
