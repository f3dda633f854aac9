internal import ArgumentParser
internal import Cluster
internal import Foundation
internal import PKI

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
        var revocationListDaysLeft: Int64
        var certificates: [Entry]
    }

    func run() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let answer = try self.authority.with { authority throws(PKIFailure) in
            let list = try authority.revocationList()
            return Answer(
                cluster: authority.cluster,
                revocationListNumber: list.number,
                revocationListNextUpdate: ISOTime.text(list.nextUpdate),
                revocationListDaysLeft: Self.days(until: list.nextUpdate, from: now),
                certificates: try authority.lines().map { line in
                    Answer.Entry(
                        file: line.file,
                        role: line.identity?.role.rawValue,
                        id: line.identity?.id,
                        serial: line.serial,
                        notAfter: ISOTime.text(line.notAfter),
                        daysLeft: Self.days(until: line.notAfter, from: now),
                        names: line.names,
                        revoked: line.isRevoked
                    )
                }
            )
        }
        switch self.output {
        case .json: try StandardOutput.write(json: answer)
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
        for warning in Self.warnings(answer) { StandardError.write("warning: \(warning)\n") }
    }

    /// What ends within a month, or the list within a week, with what to do about it.
    private static func warnings(_ answer: Answer) -> [String] {
        var warnings: [String] = []
        if answer.revocationListDaysLeft < 7 {
            warnings.append(
                "crl.pem \(Self.when(answer.revocationListDaysLeft)); sign it again with neoscope pki renew-list"
            )
        }
        for entry in answer.certificates where !entry.revoked && entry.daysLeft < 30 {
            let command = entry.role.map { "renew \($0) \(entry.id ?? "")" } ?? "renew-authority"
            warnings.append(
                "\(entry.file) \(Self.when(entry.daysLeft)); renew it with neoscope pki \(command)"
            )
        }
        return warnings
    }

    private static func when(_ daysLeft: Int64) -> String {
        daysLeft < 0 ? "has ended" : "ends in \(daysLeft) days"
    }

    /// Whole days; negative once the time is over.
    private static func days(until end: Int64, from now: Int64) -> Int64 {
        let seconds = end - now
        return seconds < 0 ? -1 - (-1 - seconds) / 86_400 : seconds / 86_400
    }
}
