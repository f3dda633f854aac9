import Cluster
import Foundation
import PKI
import PeerTransport
import Testing

/// An authority in a folder of its own, and what its certificates show and judge.
final class TestAuthority: Sendable {
    let folder: String
    let cluster: String

    init() throws {
        self.folder = NSTemporaryDirectory() + "neoscope-peers-" + UUID().uuidString
        self.cluster = try CertificateAuthority.create(in: self.folder).cluster
    }

    deinit { try? FileManager.default.removeItem(atPath: self.folder) }

    /// A certificate of an identity, made where there is none; gives the paths.
    func files(_ identity: Identity) throws -> (certificate: String, key: String) {
        let authority = try CertificateAuthority(folder: self.folder)
        let paths = authority.paths(identity)
        if FileManager.default.fileExists(atPath: paths.certificate) { return paths }
        let addresses = identity.role == .collector ? ["127.0.0.1"] : []
        return try authority.issue(CertificateRequest(identity, addresses: addresses))
    }

    func revoke(_ identity: Identity) throws {
        _ = try CertificateAuthority(folder: self.folder).revoke(identity)
    }

    /// What an identity shows its peers, and how it judges them.
    ///
    /// - Parameters:
    ///   - identity: Whose it is.
    ///   - other: Whose certificates it counts; its own authority's where nil.
    ///   - daysAhead: Days that its clock is ahead.
    /// - Returns: Material of a fresh certificate where it had none.
    /// - Throws: What the authority says.
    func tls(
        _ identity: Identity,
        judgingBy other: TestAuthority? = nil,
        daysAhead: Int64 = 0
    ) throws -> PeerTLS {
        let paths = try self.files(identity)
        return try PeerTLS(
            chain: try Self.read(paths.certificate),
            key: try Self.read(paths.key),
            authorities: try Self.read((other ?? self).folder + "/ca.crt"),
            judge: try (other ?? self).judge(daysAhead: daysAhead)
        )
    }

    /// Uses the certificate and the revocation list that the folder has now.
    func reload(_ tls: PeerTLS, _ identity: Identity, daysAhead: Int64 = 0) throws {
        let paths = try self.files(identity)
        try tls.replace(
            chain: try Self.read(paths.certificate),
            key: try Self.read(paths.key),
            authorities: try Self.read(self.folder + "/ca.crt"),
            judge: try self.judge(daysAhead: daysAhead)
        )
    }

    private func judge(daysAhead: Int64) throws -> PeerTLS.Judge {
        let verifier = try PeerVerifier(
            authorities: try Self.read(self.folder + "/ca.crt"),
            revocationList: try Self.read(self.folder + "/crl.pem")
        )
        return { chain, side in
            let now = Int64(Date().timeIntervalSince1970) + daysAhead * 86_400
            return try verifier.verify(chain: chain, as: side == .client ? .client : .server, at: now)
                .identity
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

extension Identity {
    /// An identity that a test writes out.
    static func named(_ role: Role, _ name: String) -> Identity {
        guard let identity = Identity(role, name) else { preconditionFailure("\(name) is no name") }
        return identity
    }
}
