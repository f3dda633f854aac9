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
            the nodes, and copy to each only its own certificate and key, ca.crt, crl.pem and tokens.json. A key may \
            then be taken out of the folder: nothing here needs it again. `neoscope pki show` warns of what ends soon.
            """,
        subcommands: [
            PKIInitCommand.self, PKIIssueCommand.self, PKIRenewCommand.self, PKIRenewListCommand.self,
            PKIRenewAuthorityCommand.self, PKIRevokeCommand.self, PKIShowCommand.self,
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
            throw CommandFailure.usage(Self.invalid(self.id).message)
        }
        return identity
    }

    static func invalid(_ id: String) -> PKIFailure {
        PKIFailure(
            .invalid,
            "expected a name of lower-case letters, digits, hyphens and dots, not \"\(id)\""
        )
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
        abstract: "Make a key and its certificate.",
        discussion: "A collector needs a name or an address under which others reach it: --dns or --ip."
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
        abstract: "Make a new certificate for a key that has one.",
        discussion: """
            It keeps its names, and gets those that are given here. The old one counts until its end; revoking its \
            holder ends both.
            """
    )

    @OptionGroup var who: IdentityArguments
    @OptionGroup var authority: AuthorityOptions

    @Option(help: "A further host name; may be given several times.")
    var dns: [String] = []

    @Option(help: "A further IP address; may be given several times.")
    var ip: [String] = []

    @Option(help: "Days that it is valid.")
    var days = 365

    func run() throws {
        let identity = try self.who.identity()
        let paths = try self.authority.with { authority throws(PKIFailure) in
            try authority.renew(identity, days: self.days, dns: self.dns, addresses: self.ip)
        }
        StandardOutput.write("\(paths.certificate)\n")
    }
}

struct PKIRenewListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew-list",
        abstract: "Sign the revocation list again, before its time is over.",
        discussion: "A list whose time is over stays in force, and every node warns of it."
    )

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "Days until another one is expected.")
    var days = CertificateAuthority.listDays

    func run() throws {
        let number = try self.authority.with { authority throws(PKIFailure) in
            try authority.renewList(days: self.days).number
        }
        StandardOutput.write("\(self.authority.folder)/crl.pem is list \(number)\n")
    }
}

struct PKIRenewAuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew-authority",
        abstract: "Make a new certificate for the authority's own key.",
        discussion: """
            Everything that it signed stays good. Copy the new ca.crt to every node, agent and operator before the old \
            one ends; running processes take it up. The key stays the same: one that is no secret any more asks for \
            another authority, which is another cluster.
            """
    )

    @OptionGroup var authority: AuthorityOptions

    @Option(help: "Days that it is valid.")
    var days = 3650

    func run() throws {
        let folder = try self.authority.with { authority throws(PKIFailure) in
            try authority.renewAuthority(days: self.days).folder
        }
        StandardOutput.write("\(folder)/ca.crt\n")
    }
}

struct PKIRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke all certificates of a holder; the new revocation list is written at once.",
        discussion: """
            Copy the new crl.pem to any one collector; the others, and agents, get it from there. Renewed certificates \
            are revoked with the newest. A certificate of which the folder knows nothing is revoked by its serial number, \
            as `openssl x509 -noout -serial` tells it.
            """
    )

    @Argument(help: "collector, agent or operator.")
    var role: Role?

    @Argument(help: "Its name: lower-case letters, digits, hyphens and dots.")
    var id: String?

    @Option(help: "A serial number in hexadecimal, in place of role and name.")
    var serial: String?

    @OptionGroup var authority: AuthorityOptions

    func run() throws {
        let number = try self.authority.with { authority throws(PKIFailure) in
            try self.revoke(authority).number
        }
        StandardOutput.write("\(self.authority.folder)/crl.pem is list \(number)\n")
    }

    private func revoke(_ authority: CertificateAuthority) throws(PKIFailure) -> RevocationList {
        switch (self.role, self.id, self.serial) {
        case (nil, nil, .some(let serial)): return try authority.revoke(serial: serial)
        case (.some(let role), .some(let id), nil):
            guard let identity = Identity(role, id) else { throw IdentityArguments.invalid(id) }
            return try authority.revoke(identity)
        default: throw PKIFailure(.invalid, "expected a role and a name, or --serial")
        }
    }
}
