internal import Foundation
internal import NIOSSL
internal import Node
internal import PKI

/// What a command shows a door, and by what it knows the door; read when it is needed.
struct ClientCredentials: Sendable {
    /// Path of the authority's certificate; nil for those that the system trusts.
    var ca: String?
    /// Path.
    var certificate: String?
    /// Path.
    var key: String?
    /// A secret.
    var token: String?
    /// Path of a secret.
    var tokenFile: String?

    /// The value of `Authorization`; nil without a token.
    ///
    /// - Throws: Where the file cannot be read, the token is none, or it would be read by others on its way.
    func authorization(to host: String, isSecure: Bool) throws(CommandFailure) -> String? {
        guard let secret = try self.secret() else { return nil }
        // Not just any name that begins with 127.
        guard isSecure || NodeConfiguration.Address.isLoopback(host.filter { $0 != "[" && $0 != "]" }) else {
            throw .usage("a token is not sent without TLS beyond this machine; expected https://\(host)")
        }
        return "Bearer \(secret)"
    }

    private func secret() throws(CommandFailure) -> String? {
        var secret = self.token
        if let path = self.tokenFile {
            guard self.token == nil else { throw .usage("expected either --token or --token-file") }
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw .usage("\(path) cannot be read")
            }
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let secret else { return nil }
        guard secret.hasPrefix("nsk_"), secret.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            // Never the text itself: it may be somebody's password.
            throw .usage("expected a token as neoscope token create makes it, nsk_ and more")
        }
        return secret
    }

    /// What a connection is encrypted with, TLS 1.3.
    ///
    /// - Throws: Where files cannot be read or do not fit together, with what to do.
    func tls() throws(CommandFailure) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        if let ca = self.ca {
            guard let authorities = try? NIOSSLCertificate.fromPEMFile(ca) else {
                throw .usage("expected --ca as a certificate in PEM, not \(ca)")
            }
            configuration.trustRoots = .certificates(authorities)
        }
        guard let (certificate, key) = try self.own() else { return configuration }
        do {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        } catch { throw .usage("\(certificate) and \(key) cannot be used: \(error)") }
        return configuration
    }

    /// The own certificate and its key; nil where there is none.
    private func own() throws(CommandFailure) -> (certificate: String, key: String)? {
        switch (self.certificate, self.key) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            if let ca = self.ca { try Self.check(ca, certificate, key) }
            return (certificate, key)
        default: throw .usage("expected --certificate and --key together")
        }
    }

    /// Says at once what the node would say with a broken connection.
    private static func check(_ ca: String, _ certificate: String, _ key: String) throws(CommandFailure) {
        let files = CredentialFiles(authorities: ca, certificate: certificate, key: key)
        do throws(PKIFailure) {
            _ = try files.load(at: Int64(Date().timeIntervalSince1970))
        } catch {
            let hint = error.code == .expired ? "; renew it with neoscope pki renew" : ""
            throw .runtime("\(error.message)\(hint)")
        }
    }
}
