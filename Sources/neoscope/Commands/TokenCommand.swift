internal import ArgumentParser
internal import Foundation
internal import PKI

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, revoke and list the tokens of clients that have no certificate.",
        discussion: """
            Tokens stand in tokens.json of a folder: beside the certificates of a cluster's authority, or where a node has its \
            file (api.tokens_file). Each node needs such a file once; what changes in that of one collector counts on all nodes \
            and agents within seconds. A token's secret is shown once, when it is made, and kept nowhere.
            """,
        subcommands: [TokenCreateCommand.self, TokenRevokeCommand.self, TokenListCommand.self]
    )
}

extension TokenScope: ExpressibleByArgument {}

extension AuthorityOptions {
    /// Does something with the folder's tokens; what is wrong with them becomes the command's failure.
    func withTokens<Result>(_ body: (TokenFile) throws(PKIFailure) -> Result) throws -> Result {
        try Self.told { () throws(PKIFailure) in try body(TokenFile(folder: self.folder)) }
    }
}

/// A token as programs read it; the digest stays in the file.
private struct TokenAnswer: Encodable {
    var id: String
    var name: String
    var scopes: [String]
    var createdAt: String
    var expiresAt: String?
    var revokedAt: String?
    /// Whether it lets its bearer in at present.
    var good: Bool
    /// Only when it is made.
    var secret: String?

    init(_ token: Token, at now: Int64, secret: String? = nil) {
        self.id = token.id
        self.name = token.name
        self.scopes = token.scopes.map(\.rawValue).sorted()
        self.createdAt = ISOTime.text(token.createdAt)
        self.expiresAt = token.expiresAt.map(ISOTime.text)
        self.revokedAt = token.revokedAt.map(ISOTime.text)
        self.good = token.isGood(at: now)
        self.secret = secret
    }
}

struct TokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token, and show its secret this once."
    )

    @Argument(help: "What it is for: 1 to 64 characters.")
    var name: String

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "read or write; may be given several times.")
    var scope: [TokenScope]

    @Option(help: "Days that it counts. Default: until it is revoked.")
    var days: Int?

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    func run() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let (token, secret) = try self.authority.withTokens { file throws(PKIFailure) in
            try file.create(name: self.name, scopes: Set(self.scope), days: self.days, at: now)
        }
        switch self.output {
        case .json: try StandardOutput.write(json: TokenAnswer(token, at: now, secret: secret))
        case .table:
            // Nothing but the secret, so that a shell can take it.
            StandardOutput.write(secret + "\n")
            guard StandardError.isTerminal else { return }
            StandardError.write("token \(token.id); this secret is not shown again\n")
        }
    }
}

struct TokenRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a token; it stays in the list."
    )

    @Argument(help: "The token's id, as neoscope token list tells it.")
    var id: String

    @OptionGroup var authority: AuthorityOptions

    func run() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let token = try self.authority.withTokens { file throws(PKIFailure) in
            try file.revoke(id: self.id, at: now)
        }
        StandardOutput.write("token \(token.id) is revoked\n")
    }
}

struct TokenListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Tell which tokens there are."
    )

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    private struct Answer: Encodable {
        var tokens: [TokenAnswer]
    }

    func run() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let tokens = try self.authority.withTokens { file throws(PKIFailure) in try file.tokens() }
        let answers = tokens.map { TokenAnswer($0, at: now) }
        switch self.output {
        case .json: try StandardOutput.write(json: Answer(tokens: answers))
        case .table: self.show(answers)
        }
    }

    private func show(_ answers: [TokenAnswer]) {
        guard !answers.isEmpty else { return StandardOutput.write("no tokens\n") }
        var table = TextTable(["  id", "name", "scopes", "made", "ends", "state"])
        for answer in answers {
            let state = answer.revokedAt != nil ? "revoked" : answer.good ? "good" : "expired"
            table.add([
                "  " + answer.id, answer.name, answer.scopes.joined(separator: " "),
                String(answer.createdAt.prefix(10)), answer.expiresAt.map { String($0.prefix(10)) } ?? "-",
                state,
            ])
        }
        StandardOutput.write(table.text)
    }
}
