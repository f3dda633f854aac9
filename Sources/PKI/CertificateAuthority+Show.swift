package import Cluster
internal import Foundation

extension CertificateAuthority {
    /// One certificate of the folder, for a person or a program to look at.
    package struct Line: Equatable, Sendable {
        /// `ca`, or the path below the folder.
        package var file: String
        /// Nil for the authority itself.
        package var identity: Identity?
        /// In hexadecimal.
        package var serial: String
        /// Seconds since the Unix epoch.
        package var notAfter: Int64
        /// DNS names and addresses.
        package var names: [String]
        /// Whether the list in force names it.
        package var isRevoked: Bool
    }

    /// The authority and everything it issued, revoked certificates last, sorted by file.
    package func lines() throws(PKIFailure) -> [Line] {
        let revoked = Set(try self.revocationList().serials)
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: self.folder + "/issued")) ?? [])
            .filter { $0.hasSuffix(".crt") || $0.contains(".crt.revoked-") }.sorted()
        var lines = [Self.line(self.certificate, file: "ca.crt", revoked)]
        for file in files {
            let path = "\(self.folder)/issued/\(file)"
            let certificate = try Certificate(pem: try PKIFile.read(path))
            lines.append(Self.line(certificate, file: "issued/" + file, revoked))
        }
        return lines.filter { !$0.isRevoked } + lines.filter(\.isRevoked)
    }

    private static func line(_ certificate: Certificate, file: String, _ revoked: Set<String>) -> Line {
        let names = certificate.names
        return Line(
            file: file,
            identity: certificate.identity,
            serial: certificate.serial,
            notAfter: certificate.notAfter,
            names: names.dns + names.addresses.map { Self.text($0) },
            isRevoked: revoked.contains(certificate.serial)
        )
    }
}
