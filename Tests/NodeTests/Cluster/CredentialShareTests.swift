import Cluster
import Foundation
import Logging
import PKI
import Testing

@testable import Node

/// What a node does with credentials that another one gives it.
@Suite struct CredentialShareTests {
    /// A node with files of its own, made when its cluster had no more than its certificate and one token.
    private struct Member {
        let share: CredentialShare
        let tokens: TokenService
        let files: CredentialFiles
        let folder: String

        init(of authority: CertificateAuthority, in folder: String) throws {
            let identity = try #require(Identity(.collector, "node-1"))
            let paths = try authority.issue(CertificateRequest(identity, dns: ["localhost"]))
            self.folder = folder + "/own"
            try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
            for name in ["crl.pem", "tokens.json"] {
                try FileManager.default.copyItem(
                    atPath: "\(authority.folder)/\(name)",
                    toPath: "\(self.folder)/\(name)"
                )
            }
            self.files = CredentialFiles(
                authorities: authority.folder + "/ca.crt",
                certificate: paths.certificate,
                key: paths.key,
                revocationList: self.folder + "/crl.pem"
            )
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            self.tokens = try TokenService(path: self.folder + "/tokens.json", logger: logger)
            self.share = CredentialShare(
                credentials: try CredentialService(files: self.files, role: .collector, logger: logger),
                tokens: self.tokens,
                logger: logger
            )
        }

        func counts() -> [CredentialShare.Event] {
            CredentialShare.Event.allCases.flatMap { event in
                Array(repeating: event, count: Int(self.share.counts[event] ?? 0))
            }
        }
    }

    private static let other = NodeID(number: 2)

    private static func with(_ body: (CertificateAuthority, Member) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-share-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let authority = try CertificateAuthority.create(in: folder + "/pki")
        _ = try TokenFile(folder: authority.folder).create(name: "first", scopes: [.read], at: 0)
        try body(authority, try Member(of: authority, in: folder))
    }

    private static func list(_ authority: CertificateAuthority) throws -> [UInt8] {
        try authority.revocationList().pem()
    }

    @Test func `a newer list counts at once, and is given to who lacks it`() throws {
        try Self.with { authority, member in
            let asker = member.share.summary
            let isSame = member.share.update(for: asker).isEmpty
            #expect(asker.list == 1 && isSame)
            try authority.revoke(serial: "01")
            let list = try Self.list(authority)
            let isTaken = member.share.take(CredentialUpdate(list: list), from: Self.other)
            #expect(isTaken && member.share.summary.list == 2 && member.counts() == [.listTaken])
            #expect(member.share.update(for: asker) == CredentialUpdate(list: list))
            #expect(member.share.credentials.problem == nil && member.share.problem == nil)
        }
    }

    @Test func `what is older, another authority's or damaged is counted, and settled`() throws {
        try Self.with { authority, member in
            let folder = authority.folder + "-other"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let foreign = try CertificateAuthority.create(in: folder).renewList().pem()
            for list in [try Self.list(authority), foreign, Array("garbage".utf8)] {
                let isSettled = member.share.take(CredentialUpdate(list: list), from: Self.other)
                #expect(isSettled)
            }
            let isSettled = member.share.take(CredentialUpdate(tokens: [[1, 2, 3]]), from: Self.other)
            #expect(isSettled && member.share.summary.list == 1 && member.share.problem == nil)
            #expect(member.counts() == [.listOlder, .listForeign, .listDamaged, .tokensDamaged])
        }
    }

    @Test func `tokens of others are united with the own ones, and those that differ are given`() throws {
        try Self.with { authority, member in
            let file = TokenFile(folder: authority.folder)
            let before = member.share.summary
            let (token, secret) = try file.create(name: "late", scopes: [.write], at: 1)
            let given = try file.table().encoded(buckets: Array(0..<16))
            let isTaken = member.share.take(CredentialUpdate(tokens: given), from: Self.other)
            #expect(isTaken && member.tokens.current.scopes(of: secret, at: 2) == [.write])
            let update = member.share.update(for: before)
            let names = try TokenTable(encoded: update.tokens).all.map(\.name)
            #expect(update.list == nil && names.contains("late"))
            try file.revoke(id: token.id, at: 3)
            let revoked = try file.table().encoded(buckets: Array(0..<16))
            _ = member.share.take(CredentialUpdate(tokens: revoked), from: Self.other)
            #expect(member.tokens.current.scopes(of: secret, at: 2) == nil)
            #expect(member.counts() == [.tokensTaken, .tokensTaken])
        }
    }

    @Test func `what cannot be kept is asked for again, and told of until it can`() throws {
        try Self.with { authority, member in
            let path = member.folder + "/tokens.json"
            let good = try #require(FileManager.default.contents(atPath: path))
            try FileManager.default.removeItem(atPath: path)
            let given = member.tokens.current.encoded(buckets: Array(0..<16))
            let isKept = member.share.take(CredentialUpdate(tokens: given), from: Self.other)
            #expect(!isKept && member.share.problem != nil && member.counts() == [.failed])
            #expect(FileManager.default.createFile(atPath: path, contents: good))
            let isKeptNow = member.share.take(CredentialUpdate(tokens: given), from: Self.other)
            #expect(isKeptNow && member.share.problem == nil)
        }
    }
}
