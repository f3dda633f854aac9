internal import COpenSSL
package import Cluster
internal import Foundation

/// A cluster's own authority in a folder: it makes, renews and revokes certificates.
///
/// `ca.crt` and `ca.key`; `crl.pem`, the signed revocation list; `issued/ROLE-ID.crt` and `.key`; `issued.json`, the serial
/// numbers of all that was issued; and `revoked.json`, what the list is made of. Keys are readable by their owner only, and
/// those of `issued` may be moved elsewhere. Who changes a folder holds its lock.
package struct CertificateAuthority {
    /// The folder.
    package let folder: String
    /// Its own certificate.
    package let certificate: Certificate
    let key: PrivateKey

    /// Makes a new authority with a random cluster id, in a folder that has none yet.
    ///
    /// - Returns: The authority; its certificate names the cluster as `neoscope://cluster/ID`.
    package static func create(in folder: String, days: Int = 3650) throws(PKIFailure) -> CertificateAuthority
    {
        try Self.check(authorityDays: days)
        try PKIFile.makeFolder(folder + "/issued")
        let lock = try FolderLock(folder)
        defer { extendLifetime(lock) }
        guard !FileManager.default.fileExists(atPath: folder + "/ca.key") else {
            throw PKIFailure(.exists, "\(folder) has an authority already; choose another folder")
        }
        let cluster = Bytes.hexadecimal(try Bytes.random(8))
        let key = try PrivateKey.make()
        let certificate = try Self.certify(key, cluster, days)
        try PKIFile.write(try key.pem(), to: folder + "/ca.key", isSecret: true)
        try PKIFile.write(try certificate.pem(), to: folder + "/ca.crt")
        let authority = CertificateAuthority(folder: folder, certificate: certificate, key: key)
        try authority.publish(Revoked(number: 0, serials: []))
        return authority
    }

    /// Checks how long an authority's own certificate is to be valid.
    private static func check(authorityDays days: Int) throws(PKIFailure) {
        guard (1...7300).contains(days) else {
            throw PKIFailure(.invalid, "expected 1 to 7300 days, not \(days)")
        }
    }

    /// An authority's own certificate, signed by itself.
    private static func certify(
        _ key: PrivateKey,
        _ cluster: String,
        _ days: Int
    ) throws(PKIFailure) -> Certificate {
        try Certificate(
            Certificate.Draft(
                key: key,
                commonName: "Neoscope cluster \(cluster)",
                seconds: days * 86_400,
                extensions: [
                    (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                    (NID_key_usage, "critical,keyCertSign,cRLSign"),
                    (NID_subject_key_identifier, "hash"),
                    (NID_subject_alt_name, "URI:neoscope://cluster/\(cluster)"),
                ]
            )
        )
    }

    /// Opens the authority of a folder.
    package init(folder: String) throws(PKIFailure) {
        self.folder = folder
        self.certificate = try Certificate(pem: try PKIFile.read(folder + "/ca.crt"))
        self.key = try PrivateKey(pem: try PKIFile.read(folder + "/ca.key"))
    }

    private init(folder: String, certificate: Certificate, key: PrivateKey) {
        self.folder = folder
        self.certificate = certificate
        self.key = key
    }

    /// The cluster's id; empty where the certificate names none.
    package var cluster: String { self.certificate.cluster ?? "" }

    /// Makes a key and a certificate, and writes both; an identity that has one already is refused.
    ///
    /// - Returns: Paths of the certificate and of the key.
    package func issue(
        _ request: CertificateRequest
    ) throws(PKIFailure) -> (certificate: String, key: String) {
        try request.check()
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        let paths = self.paths(request.identity)
        guard !FileManager.default.fileExists(atPath: paths.certificate) else {
            throw PKIFailure(
                .exists,
                "\(request.identity) has a certificate already; renew it, or revoke it first"
            )
        }
        let key = try PrivateKey.make()
        let certificate = try self.sign(request, key)
        try self.note([certificate], of: request.identity)
        try PKIFile.write(try key.pem(), to: paths.key, isSecret: true)
        try PKIFile.write(try certificate.pem(), to: paths.certificate)
        return paths
    }

    /// Makes a new certificate for the key of the one that an identity has, with the names it has.
    ///
    /// The key itself is not needed. The old certificate counts until its end, or until the identity is revoked.
    ///
    /// - Parameters:
    ///   - identity: Whose.
    ///   - days: How long the new one is valid: 1 to 3650.
    ///   - dns: Host names that come to those it has.
    ///   - addresses: Addresses that come to those it has, in text.
    /// - Returns: Paths of the certificate, and of the key where it is not kept elsewhere.
    /// - Throws: `notFound` where it has none, `revoked` where that one is, `invalid`, `file`.
    package func renew(
        _ identity: Identity,
        days: Int = 365,
        dns: [String] = [],
        addresses: [String] = []
    ) throws(PKIFailure) -> (certificate: String, key: String) {
        var request = CertificateRequest(identity, dns: dns, addresses: addresses, days: days)
        try request.checkDays()
        try request.checkNames()
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        let paths = self.paths(identity)
        let old = try Certificate(pem: try PKIFile.read(paths.certificate))
        guard self.certificate.signed(old) else {
            throw PKIFailure(.unknownAuthority, "\(paths.certificate) is not by this authority")
        }
        guard try !self.revocationList().serials.contains(old.serial) else {
            throw PKIFailure(
                .revoked,
                "\(paths.certificate) is revoked; revoke \(identity), and issue it anew"
            )
        }
        // What it has was checked when it was issued, perhaps by older rules.
        let names = old.names
        request.dns = names.dns + dns.filter { !names.dns.contains($0) }
        request.addresses =
            names.addresses.map(Self.text)
            + addresses.filter { text in
                CertificateRequest.bytes(ofAddress: text).map { !names.addresses.contains($0) } ?? true
            }
        let new = try self.sign(request, try PublicKey(of: old))
        try self.note([old, new], of: identity)
        try PKIFile.write(try new.pem(), to: paths.certificate)
        return paths
    }

    /// Makes a new certificate for the authority itself, with the key, the cluster and the name that it has: what it
    /// signed stays good, and each host gets the new `ca.crt` before the old one ends.
    ///
    /// - Parameter days: How long it is valid: 1 to 7300.
    /// - Returns: The authority as it is now.
    /// - Throws: `invalid`, `file`.
    package func renewAuthority(days: Int = 3650) throws(PKIFailure) -> CertificateAuthority {
        try Self.check(authorityDays: days)
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        let new = try Self.certify(self.key, self.cluster, days)
        try PKIFile.write(try new.pem(), to: self.folder + "/ca.crt")
        return CertificateAuthority(folder: self.folder, certificate: new, key: self.key)
    }

    /// Takes certificates into the record; before they are written, so that none is without its serial number.
    private func note(_ certificates: [Certificate], of identity: Identity) throws(PKIFailure) {
        var record = try self.issued()
        for certificate in certificates { record.add(certificate, of: identity, at: Self.now()) }
        try self.write(record, to: "issued.json")
    }

    /// Where the files of an identity are.
    package func paths(_ identity: Identity) -> (certificate: String, key: String) {
        let stem = "\(self.folder)/issued/\(identity.role.rawValue)-\(identity.id)"
        return (stem + ".crt", stem + ".key")
    }

    private func sign(_ request: CertificateRequest, _ key: PublicKey) throws(PKIFailure) -> Certificate {
        let usage = request.isForServer ? "serverAuth,clientAuth" : "clientAuth"
        return try Certificate(
            Certificate.Draft(
                key: key,
                commonName: request.identity.description,
                seconds: request.days * 86_400,
                extensions: [
                    (NID_basic_constraints, "critical,CA:FALSE"),
                    (NID_key_usage, "critical,digitalSignature"),
                    (NID_ext_key_usage, usage),
                    (NID_subject_key_identifier, "hash"),
                    (NID_authority_key_identifier, "keyid"),
                    (NID_subject_alt_name, request.alternativeNames),
                ],
                issuer: (self.certificate, self.key)
            )
        )
    }

    static func text(_ address: [UInt8]) -> String {
        guard address.count == 16 else { return address.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map {
            String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
        }
        .joined(separator: ":")
    }
}
