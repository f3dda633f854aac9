internal import COpenSSL
package import Cluster
internal import Foundation

/// A cluster's own authority in a folder: it makes, renews and revokes certificates.
///
/// `ca.crt` and `ca.key`; `crl.pem`, the signed revocation list; `issued/ROLE-ID.crt` and `.key`; and `revoked.json`,
/// what the list is made of. Keys are readable by their owner only. One process at a time changes a folder.
package struct CertificateAuthority {
    /// The folder.
    package let folder: String
    /// Its own certificate.
    package let certificate: Certificate
    private let key: PrivateKey

    private struct Revoked: Codable {
        var number: UInt64
        var serials: [Entry]

        struct Entry: Codable {
            var serial: String
            var at: Int64
        }
    }

    /// Days of a revocation list until another one is expected.
    private static let listDays = 30

    /// Makes a new authority with a random cluster id, in a folder that has none yet.
    ///
    /// - Returns: The authority; its certificate names the cluster as `neoscope://cluster/ID`.
    package static func create(in folder: String, days: Int = 3650) throws(PKIFailure) -> CertificateAuthority
    {
        guard !FileManager.default.fileExists(atPath: folder + "/ca.key") else {
            throw PKIFailure(.exists, "\(folder) has an authority already; choose another folder")
        }
        guard (1...7300).contains(days) else {
            throw PKIFailure(.invalid, "expected 1 to 7300 days, not \(days)")
        }
        try PKIFile.makeFolder(folder + "/issued")
        let cluster = Bytes.hexadecimal(try Bytes.random(8))
        let key = try PrivateKey.make()
        let certificate = try Certificate(
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
        try PKIFile.write(try key.pem(), to: folder + "/ca.key", isSecret: true)
        try PKIFile.write(try certificate.pem(), to: folder + "/ca.crt")
        let authority = CertificateAuthority(folder: folder, certificate: certificate, key: key)
        try authority.publish(Revoked(number: 1, serials: []))
        return authority
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
        let paths = self.paths(request.identity)
        guard !FileManager.default.fileExists(atPath: paths.certificate) else {
            throw PKIFailure(
                .exists,
                "\(request.identity) has a certificate already; renew it, or revoke it first"
            )
        }
        let key = try PrivateKey.make()
        let certificate = try self.sign(request, key)
        try PKIFile.write(try key.pem(), to: paths.key, isSecret: true)
        try PKIFile.write(try certificate.pem(), to: paths.certificate)
        return paths
    }

    /// Makes a new certificate for the key that an identity has, with the names it has.
    package func renew(
        _ identity: Identity,
        days: Int = 365
    ) throws(PKIFailure) -> (certificate: String, key: String) {
        let paths = self.paths(identity)
        let old = try Certificate(pem: try PKIFile.read(paths.certificate))
        let key = try PrivateKey(pem: try PKIFile.read(paths.key))
        var request = CertificateRequest(identity, days: days)
        request.dns = old.names.dns
        request.addresses = old.names.addresses.map(Self.text)
        try PKIFile.write(try self.sign(request, key).pem(), to: paths.certificate)
        return paths
    }

    /// Revokes a serial number; the new list is written at once.
    ///
    /// - Returns: The list.
    @discardableResult
    package func revoke(serial: String) throws(PKIFailure) -> RevocationList {
        var revoked = try self.revoked()
        guard !revoked.serials.contains(where: { $0.serial == serial }) else {
            throw PKIFailure(.exists, "\(serial) is revoked already")
        }
        revoked.serials.append(.init(serial: serial, at: Int64(Date().timeIntervalSince1970)))
        revoked.number += 1
        return try self.publish(revoked)
    }

    /// Revokes the certificate of an identity, and sets its files aside under its serial number.
    @discardableResult
    package func revoke(_ identity: Identity) throws(PKIFailure) -> RevocationList {
        let paths = self.paths(identity)
        let certificate = try Certificate(pem: try PKIFile.read(paths.certificate))
        let list = try self.revoke(serial: certificate.serial)
        for path in [paths.certificate, paths.key] {
            do {
                try FileManager.default.moveItem(
                    atPath: path,
                    toPath: path + ".revoked-" + certificate.serial
                )
            } catch {
                throw PKIFailure(.file, "\(path) could not be set aside: \(error.localizedDescription)")
            }
        }
        return list
    }

    /// The list in force.
    package func revocationList() throws(PKIFailure) -> RevocationList {
        try RevocationList(pem: try PKIFile.read(self.folder + "/crl.pem"))
    }

    /// Where the files of an identity are.
    package func paths(_ identity: Identity) -> (certificate: String, key: String) {
        let stem = "\(self.folder)/issued/\(identity.role.rawValue)-\(identity.id)"
        return (stem + ".crt", stem + ".key")
    }

    private func sign(_ request: CertificateRequest, _ key: PrivateKey) throws(PKIFailure) -> Certificate {
        try request.check()
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

    // MARK: - Files

    private func revoked() throws(PKIFailure) -> Revoked {
        let bytes = try PKIFile.read(self.folder + "/revoked.json")
        do { return try JSONDecoder().decode(Revoked.self, from: Data(bytes)) } catch {
            throw PKIFailure(.file, "\(self.folder)/revoked.json is damaged: \(error)")
        }
    }

    @discardableResult
    private func publish(_ revoked: Revoked) throws(PKIFailure) -> RevocationList {
        let list = try RevocationList.make(
            number: revoked.number,
            revoked: revoked.serials.map { ($0.serial, $0.at) },
            days: Self.listDays,
            authority: self.certificate,
            key: self.key
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(revoked) else {
            throw PKIFailure(.file, "revoked.json could not be made")
        }
        // The source first: a list can always be made again from it.
        try PKIFile.write(Array(data), to: self.folder + "/revoked.json")
        try PKIFile.write(try list.pem(), to: self.folder + "/crl.pem")
        return list
    }

    static func text(_ address: [UInt8]) -> String {
        guard address.count == 16 else { return address.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map {
            String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
        }
        .joined(separator: ":")
    }
}
