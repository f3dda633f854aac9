/// The tokens that a door knows; immutable, asked from any thread.
package struct TokenTable: Equatable, Sendable {
    private let tokens: [String: Token]

    /// A table; of two tokens with one id, the revoked one holds.
    package init(_ tokens: [Token] = []) {
        self.tokens = Dictionary(tokens.map { ($0.id, $0) }) { $0.merged(with: $1) }
    }

    /// All that it knows, revoked and expired ones too, sorted by id.
    package var all: [Token] { self.tokens.values.sorted { $0.id < $1.id } }

    /// Whether it knows none, so that nobody gets in by a token.
    package var isEmpty: Bool { self.tokens.isEmpty }

    /// What the bearer of a secret may do, in seconds since the Unix epoch; nil where it lets nobody in.
    package func scopes(of secret: String, at seconds: Int64) -> Set<TokenScope>? {
        self.token(of: secret, at: seconds)?.scopes
    }

    /// The token of a secret, in seconds since the Unix epoch; nil where it is none, unknown, expired or revoked.
    ///
    /// The digest is compared, and in constant time: how long an answer takes tells nothing of a secret.
    package func token(of secret: String, at seconds: Int64) -> Token? {
        guard let id = TokenSecret.id(of: secret), let digest = try? TokenSecret.digest(of: secret),
            let token = self.tokens[id], Bytes.areEqual(token.digest, digest), token.isGood(at: seconds)
        else { return nil }
        return token
    }
}
