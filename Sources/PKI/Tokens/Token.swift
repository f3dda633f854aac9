/// What a token lets its bearer do.
package enum TokenScope: String, CaseIterable, Codable, Sendable {
    /// Send telemetry.
    case write
    /// Ask for what is stored.
    case read
}

/// A credential of a client that has no certificate, as it is kept: not the secret, only its digest.
package struct Token: Equatable, Sendable {
    /// Names it in commands, logs and in the secret: 16 hexadecimal digits.
    package let id: String
    /// For people.
    package let name: String
    /// What its bearer may do.
    package let scopes: Set<TokenScope>
    /// SHA-256 of the secret.
    ///
    /// The secret has 256 random bits, so that a slow digest would protect nothing more.
    package let digest: [UInt8]
    /// Seconds since the Unix epoch.
    package let createdAt: Int64
    /// Seconds since the Unix epoch, from which on it counts no more; nil where it counts until it is revoked.
    package let expiresAt: Int64?
    /// Seconds since the Unix epoch; nil while it is not revoked.
    package internal(set) var revokedAt: Int64?

    /// Whether it still lets its bearer in, in seconds since the Unix epoch.
    ///
    /// Revoking holds whatever the clock says.
    package func isGood(at seconds: Int64) -> Bool {
        self.revokedAt == nil && self.expiresAt.map { seconds < $0 } ?? true
    }
}

/// What the bearer of a token shows: `nsk_`, the token's id, `_`, and 64 random hexadecimal digits.
enum TokenSecret {
    static let prefix = "nsk_"
    static let idCharacters = 16
    static let characters = 4 + Self.idCharacters + 1 + 64

    /// Draws a new id and a new secret that holds it.
    static func draw() throws(PKIFailure) -> (id: String, secret: String) {
        let id = Bytes.hexadecimal(try Bytes.random(Self.idCharacters / 2))
        return (id, "\(Self.prefix)\(id)_\(Bytes.hexadecimal(try Bytes.random(32)))")
    }

    /// The id that a secret holds; nil for any text that is no secret.
    static func id(of secret: String) -> String? {
        guard secret.utf8.count == Self.characters, secret.hasPrefix(Self.prefix) else { return nil }
        let id = secret.utf8.dropFirst(Self.prefix.utf8.count).prefix(Self.idCharacters)
        return String(id)
    }

    /// What is kept of it.
    static func digest(of secret: String) throws(PKIFailure) -> [UInt8] {
        try Bytes.sha256(Array(secret.utf8))
    }
}
