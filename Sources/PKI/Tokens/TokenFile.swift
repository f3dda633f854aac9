internal import Foundation

/// The tokens of a folder, beside its authority: `tokens.json`, readable by its owner only.
///
/// A JSON object: `version` 1, and `tokens`, each with `id`, `name`, `scopes`, `sha256` (of the whole secret, in
/// hexadecimal), `created_at`, and `expires_at` and `revoked_at` where there are such; times in seconds since the Unix
/// epoch. Secrets are in no file. Whoever changes it holds ``lock()``; who reads it needs none.
package struct TokenFile: Equatable, Sendable {
    /// Tokens of the longest file, revoked ones included.
    package static let tokensMax = 10_000
    /// Characters of the longest name.
    package static let nameMax = 64
    /// Days of the longest time.
    package static let daysMax = 3650

    /// The file.
    package let path: String

    /// The file of a folder, which need not have one yet.
    package init(folder: String) { self.path = folder + "/tokens.json" }

    /// A file, as a node has its copy of it.
    package init(path: String) { self.path = path }

    /// The folder.
    package var folder: String { (self.path as NSString).deletingLastPathComponent }

    /// What the file looks like from outside, for a ``TokenWatch``; nil where there is none.
    package var facts: FileFacts? { FileFacts(path: self.path) }

    /// Reads all tokens, the oldest first; none where there is no file.
    ///
    /// - Returns: Revoked and expired ones too.
    /// - Throws: `file` where it may not be read or is damaged.
    package func tokens() throws(PKIFailure) -> [Token] {
        let bytes: [UInt8]
        do throws(PKIFailure) { bytes = try PKIFile.read(self.path) } catch {
            guard error.code == .notFound else { throw error }
            return []
        }
        return try self.decode(bytes)
    }

    /// Reads all tokens into what a door asks.
    ///
    /// - Returns: The table; empty where there is no file.
    /// - Throws: As ``tokens()``.
    package func table() throws(PKIFailure) -> TokenTable { TokenTable(try self.tokens()) }

    /// Reads all tokens of a file that must be there.
    ///
    /// - Returns: The table.
    /// - Throws: `notFound` where there is no file; else as ``tokens()``.
    package func load() throws(PKIFailure) -> TokenTable {
        TokenTable(try self.decode(try PKIFile.read(self.path)))
    }

    /// The lock for reading, changing and writing it as one step.
    ///
    /// - Throws: `file` where the folder may not be written, or where somebody else holds it for too long.
    package func lock() throws(PKIFailure) -> FolderLock { try FolderLock(self.folder) }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - name: For people: 1 to 64 characters. Several tokens may have one name.
    ///   - scopes: What its bearer may do; at least one.
    ///   - days: How long it counts: 1 to 3650; nil until it is revoked.
    ///   - seconds: The present time since the Unix epoch.
    /// - Returns: The token, and its secret, which nothing can tell again.
    /// - Throws: `invalid` with the value at fault; `notFound` without the folder; `file`.
    package func create(
        name: String,
        scopes: Set<TokenScope>,
        days: Int? = nil,
        at seconds: Int64
    ) throws(PKIFailure) -> (token: Token, secret: String) {
        try Self.check(name, scopes, days)
        guard FileManager.default.fileExists(atPath: self.folder) else {
            throw PKIFailure(
                .notFound,
                "\(self.folder) is not there; make an authority with neoscope pki init"
            )
        }
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        let tokens = try self.tokens()
        guard tokens.count < Self.tokensMax else {
            throw PKIFailure(.invalid, "\(self.path) has \(tokens.count) tokens, the most that there may be")
        }
        let (id, secret) = try TokenSecret.draw()
        let token = Token(
            id: id,
            name: name,
            scopes: scopes,
            digest: try TokenSecret.digest(of: secret),
            createdAt: seconds,
            expiresAt: days.map { seconds + Int64($0) * 86_400 }
        )
        try self.write(tokens + [token])
        return (token, secret)
    }

    /// Revokes a token; it stays in the file, so that its id tells who had it.
    ///
    /// - Parameters:
    ///   - id: The token's.
    ///   - seconds: The present time since the Unix epoch.
    /// - Returns: The token as it is now.
    /// - Throws: `notFound` for an unknown id, `exists` where it is revoked already, `file`.
    @discardableResult
    package func revoke(id: String, at seconds: Int64) throws(PKIFailure) -> Token {
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        var tokens = try self.tokens()
        guard let index = tokens.firstIndex(where: { $0.id == id }) else {
            throw PKIFailure(.notFound, "no token has the id \"\(id.prefix(Self.nameMax))\"")
        }
        guard tokens[index].revokedAt == nil else { throw PKIFailure(.exists, "\(id) is revoked already") }
        tokens[index].revokedAt = seconds
        try self.write(tokens)
        return tokens[index]
    }

    /// Takes in what other nodes know; what a command writes at the same time stays.
    ///
    /// - Parameter others: Their tokens.
    /// - Returns: Tokens that found no room in the file.
    /// - Throws: `notFound` where the file is gone, `file` where it is damaged, cannot be written, or is held by somebody
    ///   else for two seconds: then nothing changes.
    package func merge(_ others: TokenTable) throws(PKIFailure) -> Int {
        let lock = try FolderLock(self.folder, patience: 2)
        defer { extendLifetime(lock) }
        let own = try self.load()
        var merged = own
        let leftOut = merged.merge(others)
        if merged != own { try self.write(merged.all) }
        return leftOut
    }

    private static func check(_ name: String, _ scopes: Set<TokenScope>, _ days: Int?) throws(PKIFailure) {
        guard Self.isName(name) else {
            throw PKIFailure(
                .invalid,
                "expected a name of 1 to \(Self.nameMax) characters without control characters"
            )
        }
        guard !scopes.isEmpty else { throw PKIFailure(.invalid, "expected a scope: read or write") }
        guard days.map({ (1...Self.daysMax).contains($0) }) ?? true else {
            throw PKIFailure(.invalid, "expected 1 to \(Self.daysMax) days, not \(days ?? 0)")
        }
    }

    static func isName(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard (1...Self.nameMax).contains(scalars.count), !scalars.allSatisfy(\.properties.isWhitespace)
        else {
            return false
        }
        return scalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
            default: true
            }
        }
    }
}
