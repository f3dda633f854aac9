import Cluster
import Foundation
import PKI
import Testing

/// An authority in a folder of its own, which is gone afterwards.
struct Fixture {
    let authority: CertificateAuthority
    /// The present time of every test, in seconds since the Unix epoch.
    let now: Int64

    /// The present time, for those who ask for it.
    var clock: @Sendable () -> Int64 {
        let now = self.now
        return { now }
    }

    static func with(_ body: (Fixture) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-access-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try CertificateAuthority.create(in: folder)
        try body(Fixture(authority: authority, now: Int64(Date().timeIntervalSince1970)))
    }

    /// Credentials of a certificate that is issued for them, with the list in force.
    func credentials(
        _ role: Role,
        _ id: String,
        dns: [String] = [],
        addresses: [String] = []
    ) throws -> Credentials {
        let identity = try #require(Identity(role, id))
        // A node's certificate has to name something.
        let isNameless = role == .collector && dns.isEmpty && addresses.isEmpty
        let addresses = isNameless ? ["127.0.0.1"] : addresses
        let request = CertificateRequest(identity, dns: dns, addresses: addresses, days: 2)
        _ = try self.authority.issue(request)
        return try self.load(role, id)
    }

    /// Reads credentials again.
    func load(_ role: Role, _ id: String) throws -> Credentials {
        let paths = self.authority.paths(try #require(Identity(role, id)))
        let files = CredentialFiles(
            authorities: self.authority.folder + "/ca.crt",
            certificate: paths.certificate,
            key: paths.key,
            revocationList: self.authority.folder + "/crl.pem"
        )
        return try files.load(at: self.now)
    }
}
