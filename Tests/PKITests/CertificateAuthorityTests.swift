import Cluster
import Foundation
import Testing

@testable import PKI

/// Authorities in folders of their own, and what the `openssl` program says of what they make.
@Suite struct CertificateAuthorityTests {
    private static func scratch() -> String {
        NSTemporaryDirectory() + "neoscope-pki-" + UUID().uuidString
    }

    private static func with(_ body: (CertificateAuthority, String) throws -> Void) throws {
        let folder = Self.scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(try CertificateAuthority.create(in: folder), folder)
    }

    private static func identity(_ role: Role, _ id: String) throws -> Identity {
        try #require(Identity(role, id))
    }

    /// The end of the program, and what it wrote.
    private static func openssl(_ arguments: String...) throws -> (code: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test func `an authority comes back from its folder, and names its cluster`() throws {
        try Self.with { authority, folder in
            let again = try CertificateAuthority(folder: folder)
            #expect(again.cluster == authority.cluster && authority.cluster.count == 16)
            #expect(again.certificate.serial == authority.certificate.serial)
            #expect(authority.certificate.isAuthority && authority.certificate.signed(again.certificate))
            #expect(throws: PKIFailure.self) { try CertificateAuthority.create(in: folder) }
            let mode = try FileManager.default.attributesOfItem(atPath: folder + "/ca.key")[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test(arguments: Role.allCases)
    func `a certificate says who holds it, and openssl verifies it`(_ role: Role) throws {
        try Self.with { authority, folder in
            let identity = try Self.identity(role, "node-1.eu")
            let request = CertificateRequest(
                identity,
                dns: ["node-1.example", "localhost"],
                addresses: ["127.0.0.1", "::1"],
                days: 30
            )
            let paths = try authority.issue(request)
            let bytes = try #require(FileManager.default.contents(atPath: paths.certificate))
            let certificate = try Certificate(pem: Array(bytes))
            #expect(certificate.identity == identity)
            #expect(certificate.names.dns == ["node-1.example", "localhost"])
            #expect(certificate.names.addresses.map(\.count) == [4, 16])
            #expect(!certificate.isAuthority && authority.certificate.signed(certificate))
            #expect(certificate.serial.count >= 30)
            let days = (certificate.notAfter - Int64(Date().timeIntervalSince1970)) / 3600
            #expect((30 * 24 - 2...30 * 24).contains(Int(days)))
            let mode = try FileManager.default.attributesOfItem(atPath: paths.key)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let purpose = role == .collector ? "sslserver" : "sslclient"
            let verified = try Self.openssl(
                "verify",
                "-x509_strict",
                "-crl_check",
                "-purpose",
                purpose,
                "-CAfile",
                folder + "/ca.crt",
                "-CRLfile",
                folder + "/crl.pem",
                paths.certificate
            )
            #expect(verified.code == 0, "\(verified.text)")
            let other = try Self.openssl(
                "verify",
                "-purpose",
                "sslserver",
                "-CAfile",
                folder + "/ca.crt",
                paths.certificate
            )
            #expect((other.code == 0) == (role != .operator), "\(other.text)")
        }
    }

    @Test func `a revoked certificate is refused by openssl, and its name is free again`() throws {
        try Self.with { authority, folder in
            let identity = try Self.identity(.agent, "host-7")
            let first = try authority.issue(CertificateRequest(identity))
            let serial = try Certificate(
                pem: Array(try #require(FileManager.default.contents(atPath: first.certificate)))
            ).serial
            #expect(throws: PKIFailure.self) { try authority.issue(CertificateRequest(identity)) }
            let before = try authority.revocationList()
            #expect(before.number == 1)
            let list = try authority.revoke(identity)
            #expect(list.number == 2 && list.serials == [serial] && list.isSigned(by: authority.certificate))
            let after = try authority.revocationList()
            #expect(after.serials == [serial])
            let refused = try Self.openssl(
                "verify",
                "-crl_check",
                "-CAfile",
                folder + "/ca.crt",
                "-CRLfile",
                folder + "/crl.pem",
                first.certificate + ".revoked-" + serial
            )
            #expect(refused.code != 0 && refused.text.contains("revoked"), "\(refused.text)")
            #expect(throws: PKIFailure.self) { try authority.revoke(serial: serial) }
            _ = try authority.issue(CertificateRequest(identity))
        }
    }

    @Test func `a renewed certificate keeps key and names, and has a number of its own`() throws {
        try Self.with { authority, _ in
            let identity = try Self.identity(.collector, "node-1")
            let paths = try authority.issue(
                CertificateRequest(identity, dns: ["a.example"], addresses: ["10.1.2.3", "fe80::1"], days: 1)
            )
            let key = FileManager.default.contents(atPath: paths.key)
            let old = try Certificate(
                pem: Array(try #require(FileManager.default.contents(atPath: paths.certificate)))
            )
            _ = try authority.renew(identity, days: 90)
            let new = try Certificate(
                pem: Array(try #require(FileManager.default.contents(atPath: paths.certificate)))
            )
            #expect(FileManager.default.contents(atPath: paths.key) == key)
            #expect(new.names == old.names && new.serial != old.serial && new.notAfter > old.notAfter)
            let nobody = try Self.identity(.agent, "nobody")
            #expect(throws: PKIFailure.self) { try authority.renew(nobody) }
        }
    }

    @Test func `another authority's signature is no signature`() throws {
        try Self.with { mine, _ in
            try Self.with { theirs, _ in
                #expect(!mine.certificate.signed(theirs.certificate))
                let list = try theirs.revocationList()
                #expect(!list.isSigned(by: mine.certificate) && list.isSigned(by: theirs.certificate))
                #expect(mine.cluster != theirs.cluster)
            }
        }
    }

    @Test func `what would say something else in OpenSSL's language is refused`() throws {
        for bad in ["", "A", "a,DNS:evil", "a b", "a/b", String(repeating: "x", count: 64)] {
            #expect(Identity(.agent, bad) == nil, "\(bad)")
        }
        for uri in ["neoscope://agent", "neoscope://root/a", "http://agent/a", "neoscope://agent/a/b"] {
            #expect(Identity(uri: uri) == nil, "\(uri)")
        }
        try Self.with { authority, _ in
            let identity = try Self.identity(.agent, "a")
            let requests = [
                CertificateRequest(identity, dns: ["a,URI:neoscope://operator/me"]),
                CertificateRequest(identity, dns: ["a\nb"]),
                CertificateRequest(identity, addresses: ["1.2.3.4,DNS:b"]),
                CertificateRequest(identity, addresses: ["999.1.1.1"]), CertificateRequest(identity, days: 0),
                CertificateRequest(identity, days: 4000),
            ]
            for request in requests { #expect(throws: PKIFailure.self) { try authority.issue(request) } }
            #expect(!FileManager.default.fileExists(atPath: authority.paths(identity).certificate))
        }
    }

    @Test func `damaged files are told, never trapped on`() throws {
        try Self.with { authority, folder in
            let files = ["ca.crt", "ca.key", "crl.pem"]
            for file in files {
                let bytes = Array(try #require(FileManager.default.contents(atPath: folder + "/" + file)))
                for cut in [0, 1, 20, bytes.count / 2, bytes.count - 30] {
                    let part = Array(bytes.prefix(cut))
                    #expect(throws: PKIFailure.self) { try Certificate(pem: part) }
                    #expect(throws: PKIFailure.self) { try RevocationList(pem: part) }
                    #expect(throws: PKIFailure.self) { try PrivateKey(pem: part) }
                }
            }
            _ = authority
            try FileManager.default.removeItem(atPath: folder + "/ca.key")
            #expect(throws: PKIFailure.self) { try CertificateAuthority(folder: folder) }
        }
    }
}
