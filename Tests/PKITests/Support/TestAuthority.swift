import COpenSSL
import Cluster
import Foundation
import Testing

@testable import PKI

/// An authority in a folder of its own, which is gone afterwards, and certificates that it would never make.
struct TestAuthority {
    let authority: CertificateAuthority
    let key: PrivateKey

    var folder: String { self.authority.folder }
    var certificate: Certificate { self.authority.certificate }
    /// When it was made, by its own certificate: the present time of every test.
    var now: Int64 { self.certificate.notBefore + 3600 }

    static func with(_ body: (TestAuthority) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-pki-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try CertificateAuthority.create(in: folder)
        let key = try PrivateKey(pem: try PKIFile.read(folder + "/ca.key"))
        try body(TestAuthority(authority: authority, key: key))
    }

    /// A certificate as `neoscope pki issue` makes it, read back.
    func issue(_ role: Role, _ id: String, days: Int = 365) throws -> Certificate {
        let identity = try #require(Identity(role, id))
        let addresses = role == .collector ? ["127.0.0.1"] : []
        let request = CertificateRequest(identity, addresses: addresses, days: days)
        let paths = try self.authority.issue(request)
        return try Certificate(pem: try PKIFile.read(paths.certificate))
    }

    /// What a peer with such a certificate shows.
    func chain(_ role: Role, _ id: String, days: Int = 365) throws -> [[UInt8]] {
        [try self.issue(role, id, days: days).der()]
    }

    /// A certificate that says what a test wants, signed by the authority or by another one.
    func sign(
        names: String?,
        usage: String = "clientAuth",
        by issuer: (certificate: Certificate, key: PrivateKey)? = nil,
        key: PrivateKey? = nil
    ) throws -> Certificate {
        var extensions: [(id: Int32, value: String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, usage),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid"),
        ]
        if let names { extensions.append((NID_subject_alt_name, names)) }
        return try Certificate(
            Certificate.Draft(
                key: try key ?? PrivateKey.make(),
                commonName: "test",
                seconds: 86_400,
                extensions: extensions,
                issuer: issuer ?? (self.certificate, self.key)
            )
        )
    }

    /// Another authority with the same name and the same cluster, and with a key of its own.
    func twin(
        constraint: String = "pathlen:0",
        by issuer: (certificate: Certificate, key: PrivateKey)? = nil
    ) throws -> (certificate: Certificate, key: PrivateKey) {
        let key = try PrivateKey.make()
        var extensions: [(id: Int32, value: String)] = [
            (NID_basic_constraints, "critical,CA:TRUE,\(constraint)"),
            (NID_key_usage, "critical,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
            (NID_subject_alt_name, "URI:neoscope://cluster/\(self.authority.cluster)"),
        ]
        if issuer != nil { extensions.append((NID_authority_key_identifier, "keyid")) }
        let certificate = try Certificate(
            Certificate.Draft(
                key: key,
                commonName: "Neoscope cluster \(self.authority.cluster)" + (issuer == nil ? "" : " below"),
                seconds: 86_400,
                extensions: extensions,
                issuer: issuer
            )
        )
        return (certificate, key)
    }

    /// A verifier of its present list, or of none.
    func verifier(withList: Bool = true) throws -> PeerVerifier {
        try PeerVerifier(
            authorities: try self.certificate.pem(),
            revocationList: withList ? try self.authority.revocationList().pem() : nil
        )
    }
}

/// The code of the failure that something ends with; nil where it ends well.
func code(_ body: () throws(PKIFailure) -> Void) -> PKIFailure.Code? {
    do throws(PKIFailure) {
        try body()
        return nil
    } catch { return error.code }
}
