internal import Foundation

extension TokenFile {
    private struct Content: Codable {
        var version: Int
        var tokens: [Entry]
    }

    private struct Entry: Codable {
        var id: String
        var name: String
        var scopes: [TokenScope]
        var sha256: String
        var createdAt: Int64
        var expiresAt: Int64?
        var revokedAt: Int64?

        enum CodingKeys: String, CodingKey {
            case id
            case name
            case scopes
            case sha256
            case createdAt = "created_at"
            case expiresAt = "expires_at"
            case revokedAt = "revoked_at"
        }

        init(_ token: Token) {
            self.id = token.id
            self.name = token.name
            self.scopes = token.scopes.sorted { $0.rawValue < $1.rawValue }
            self.sha256 = Bytes.hexadecimal(token.digest)
            self.createdAt = token.createdAt
            self.expiresAt = token.expiresAt
            self.revokedAt = token.revokedAt
        }

        /// Nil where something in it is none of ours.
        var token: Token? {
            guard self.id.utf8.count == TokenSecret.idCharacters, Bytes.read(hexadecimal: self.id) != nil,
                TokenFile.isName(self.name), !self.scopes.isEmpty,
                let digest = Bytes.read(hexadecimal: self.sha256), digest.count == 32
            else { return nil }
            return Token(
                id: self.id,
                name: self.name,
                scopes: Set(self.scopes),
                digest: digest,
                createdAt: self.createdAt,
                expiresAt: self.expiresAt,
                revokedAt: self.revokedAt
            )
        }
    }

    func decode(_ bytes: [UInt8]) throws(PKIFailure) -> [Token] {
        let content: Content
        do { content = try JSONDecoder().decode(Content.self, from: Data(bytes)) } catch {
            throw PKIFailure(.file, "\(self.path) is damaged: \(error)")
        }
        guard content.version == 1 else {
            throw PKIFailure(.file, "\(self.path) has version \(content.version), and this program knows 1")
        }
        guard content.tokens.count <= Self.tokensMax else {
            throw PKIFailure(
                .file,
                "\(self.path) has \(content.tokens.count) tokens, expected at most \(Self.tokensMax)"
            )
        }
        var ids: Set<String> = []
        var tokens: [Token] = []
        for (index, entry) in content.tokens.enumerated() {
            guard let token = entry.token, ids.insert(token.id).inserted else {
                throw PKIFailure(.file, "\(self.path) is damaged: token \(index) is none, or is there twice")
            }
            tokens.append(token)
        }
        return tokens.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    func write(_ tokens: [Token]) throws(PKIFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(Content(version: 1, tokens: tokens.map { Entry($0) })) else {
            throw PKIFailure(.file, "tokens.json could not be made")
        }
        try PKIFile.write(Array(data), to: self.path, isSecret: true)
    }
}
