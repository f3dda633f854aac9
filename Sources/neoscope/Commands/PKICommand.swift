internal import ArgumentParser
internal import Cluster
internal import Foundation
internal import PKI

struct PKICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki",
        abstract: "Make, renew and revoke the certificates of a cluster.",
        discussion: """
            Certificates let nodes, agents and operators into a cluster, and its API shows the node's. \
            The authority is a folder; keep it away from \
            the nodes, and copy to each only its own certificate and key, ca.crt, crl.pem and tokens.json.
            """,
        subcommands: [
            PKIInitCommand.self, PKIIssueCommand.self, PKIRenewCommand.self, PKIRevokeCommand.self,
            PKIShowCommand.self,
        ]
    )
}

extension Role: ExpressibleByArgument {}

struct AuthorityOptions: ParsableArguments {
    @Option(help: "The authority's folder. Default: $NEOSCOPE_PKI_DIR, else pki.")
    var dir: String?

    var folder: String { self.dir ?? ProcessInfo.processInfo.environment["NEOSCOPE_PKI_DIR"] ?? "pki" }

    /// Does something with the folder's authority; what is wrong with it becomes the command's failure.
    func with<Result>(_ body: (CertificateAuthority) throws(PKIFailure) -> Result) throws -> Result {
        try Self.told { () throws(PKIFailure) in try body(try CertificateAuthority(folder: self.folder)) }
    }

    static func told<Result>(_ body: () throws(PKIFailure) -> Result) throws -> Result {
        do throws(PKIFailure) { return try body() } catch {
            throw CommandFailure(message: error.message, code: error.code == .invalid ? 2 : 1)
        }
    }
}

struct IdentityArguments: ParsableArguments {
    @Argument(help: "collector, agent or operator.")
    var role: Role

    @Argument(help: "Its name: lower-case letters, digits, hyphens and dots.")
    var id: String

    func identity() throws -> Identity {
        guard let identity = Identity(self.role, self.id) else {
            throw CommandFailure.usage(
                "expected a name of lower-case letters, digits, hyphens and dots, not \"\(self.id)\""
            )
        }
        return identity
    }
}

struct PKIInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "init", abstract: "Make a new authority.")

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "Days that its own certificate is valid.")
    var days = 3650

    func run() throws {
        let made = try AuthorityOptions.told { () throws(PKIFailure) in
            try CertificateAuthority.create(in: self.authority.folder, days: self.days)
        }
        StandardOutput.write("cluster \(made.cluster)\n\(made.folder)/ca.crt\n")
    }
}

struct PKIIssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a key and its certificate."
    )

    @OptionGroup var who: IdentityArguments
    @OptionGroup var authority: AuthorityOptions

    @Option(help: "A host name under which a collector or an agent is reached; may be given several times.")
    var dns: [String] = []

    @Option(help: "An IP address under which a collector or an agent is reached; may be given several times.")
    var ip: [String] = []

    @Option(help: "Days that it is valid.")
    var days = 365

    func run() throws {
        let request = CertificateRequest(
            try self.who.identity(),
            dns: self.dns,
            addresses: self.ip,
            days: self.days
        )
        let paths = try self.authority.with { authority throws(PKIFailure) in try authority.issue(request) }
        StandardOutput.write("\(paths.certificate)\n\(paths.key)\n")
    }
}

struct PKIRenewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Make a new certificate for a key that has one."
    )

    @OptionGroup var who: IdentityArguments
    @OptionGroup var authority: AuthorityOptions

    @Option(help: "Days that it is valid.")
    var days = 365

    func run() throws {
        let identity = try self.who.identity()
        let paths = try self.authority.with { authority throws(PKIFailure) in
            try authority.renew(identity, days: self.days)
        }
        StandardOutput.write("\(paths.certificate)\n")
    }
}

struct PKIRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a certificate; the new revocation list is written at once."
    )

    @OptionGroup var who: IdentityArguments
    @OptionGroup var authority: AuthorityOptions

    func run() throws {
        let identity = try self.who.identity()
        let number = try self.authority.with { authority throws(PKIFailure) in
            try authority.revoke(identity).number
        }
        StandardOutput.write("\(self.authority.folder)/crl.pem is list \(number)\n")
    }
}

struct PKIShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tell what the authority issued, and what ends soon."
    )

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    private struct Answer: Encodable {
        struct Entry: Encodable {
            var file: String
            var role: String?
            var id: String?
            var serial: String
            var notAfter: String
            var daysLeft: Int64
            var names: [String]
            var revoked: Bool
        }

        var cluster: String
        var revocationListNumber: UInt64
        var revocationListNextUpdate: String
        var certificates: [Entry]
    }

    func run() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let answer = try self.authority.with { authority throws(PKIFailure) in
            let list = try authority.revocationList()
            return Answer(
                cluster: authority.cluster,
                revocationListNumber: list.number,
                revocationListNextUpdate: Self.text(list.nextUpdate),
                certificates: try authority.lines().map { line in
                    Answer.Entry(
                        file: line.file,
                        role: line.identity?.role.rawValue,
                        id: line.identity?.id,
                        serial: line.serial,
                        notAfter: Self.text(line.notAfter),
                        daysLeft: (line.notAfter - now) / 86_400,
                        names: line.names,
                        revoked: line.isRevoked
                    )
                }
            )
        }
        switch self.output {
        case .json:
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            StandardOutput.write(Array(try encoder.encode(answer)))
            StandardOutput.write("\n")
        case .table: self.show(answer)
        }
    }

    private func show(_ answer: Answer) {
        var table = TextTable(["  file", "holder", "ends", "days left", "names"])
        for entry in answer.certificates {
            let days = entry.revoked ? "revoked" : String(entry.daysLeft)
            table.add([
                "  " + entry.file, entry.role.map { "\($0) \(entry.id ?? "")" } ?? "the authority",
                String(entry.notAfter.prefix(10)), days, entry.names.joined(separator: " "),
            ])
        }
        StandardOutput.write(
            "\(Paint.bold("Cluster")) \(answer.cluster), revocation list \(answer.revocationListNumber) until "
                + "\(answer.revocationListNextUpdate)\n" + table.text
        )
        for entry in answer.certificates where !entry.revoked && entry.daysLeft < 30 {
            let what = entry.daysLeft < 0 ? "has ended" : "ends in \(entry.daysLeft) days"
            StandardError.write("warning: \(entry.file) \(what); renew it with neoscope pki renew\n")
        }
    }

    private static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
