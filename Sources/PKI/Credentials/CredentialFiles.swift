/// Where a process finds its credentials.
package struct CredentialFiles: Equatable, Sendable {
    /// The authority's certificate, `ca.crt`.
    package var authorities: String
    /// The own certificate.
    package var certificate: String
    /// Its private key.
    package var key: String
    /// The revocation list, `crl.pem`; nil where the cluster has none.
    package var revocationList: String?

    /// The paths of four files, or of three.
    package init(authorities: String, certificate: String, key: String, revocationList: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.revocationList = revocationList
    }

    /// What the files look like from outside, for a ``CredentialWatch``; nil for one that is not there.
    ///
    /// To be asked before ``load(at:)``: what changes while files are read is then seen the next time.
    package var facts: [FileFacts?] {
        [self.authorities, self.certificate, self.key, self.revocationList].map { path in
            path.flatMap { FileFacts(path: $0) }
        }
    }

    /// Reads the revocation list alone, for ``CredentialWatch/take(list:using:)``; blocking IO.
    ///
    /// - Returns: Its bytes; nil where the cluster has none.
    /// - Throws: `notFound` or `file`.
    package func loadList() throws(PKIFailure) -> [UInt8]? {
        guard let path = self.revocationList else { return nil }
        return try PKIFile.read(path)
    }

    /// Reads all files, and checks that they fit together; blocking IO.
    ///
    /// - Parameter seconds: The present time since the Unix epoch.
    /// - Returns: The credentials.
    /// - Throws: `notFound` or `file` with the path at fault; else as ``Credentials`` does, with the paths that were read.
    package func load(at seconds: Int64) throws(PKIFailure) -> Credentials {
        let authorities = try PKIFile.read(self.authorities)
        let chain = try PKIFile.read(self.certificate)
        let key = try PKIFile.read(self.key)
        var revocationList: [UInt8]?
        if let path = self.revocationList { revocationList = try PKIFile.read(path) }
        do throws(PKIFailure) {
            return try Credentials(
                authorities: authorities,
                chain: chain,
                key: key,
                revocationList: revocationList,
                at: seconds
            )
        } catch {
            let paths = [self.authorities, self.certificate, self.key, self.revocationList].compactMap { $0 }
            throw PKIFailure(error.code, "\(paths.joined(separator: ", ")): \(error.message)")
        }
    }
}
