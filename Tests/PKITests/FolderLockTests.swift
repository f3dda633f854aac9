import Cluster
import Foundation
import Synchronization
import Testing

@testable import PKI

/// Files that several change at once: nobody's change is lost.
@Suite struct FolderLockTests {
    private static func with(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-pki-locks-" + UUID().uuidString
        try PKIFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// Takes the lock and lets go of it at once.
    private static func refusal(_ folder: String) -> PKIFailure.Code? {
        code { () throws(PKIFailure) in _ = try FolderLock(folder, patience: 0) }
    }

    private final class Problems: Sendable {
        let texts = Mutex<[String]>([])
    }

    /// Does something in threads of their own, all at once; gives what went wrong.
    private static func atOnce(
        _ count: Int,
        _ body: @escaping @Sendable (Int) throws(PKIFailure) -> Void
    ) -> [String] {
        let problems = Problems()
        let group = DispatchGroup()
        for index in 0..<count {
            group.enter()
            Thread.detachNewThread {
                do throws(PKIFailure) { try body(index) } catch {
                    problems.texts.withLock { $0.append(error.message) }
                }
                group.leave()
            }
        }
        group.wait()
        return problems.texts.withLock { $0 }
    }

    @Test func `a lock keeps others out until it is let go of`() throws {
        try Self.with { folder in
            do {
                let lock = try FolderLock(folder)
                #expect(Self.refusal(folder) == .file)
                #expect(Self.refusal((folder as NSString).deletingLastPathComponent) == nil)
                extendLifetime(lock)
            }
            #expect(Self.refusal(folder) == nil && Self.refusal(folder) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func `a lock that cannot be made is told`() throws {
        try Self.with { folder in
            #expect(Self.refusal(folder + "/none") == .notFound)
            try PKIFile.write([1], to: folder + "/file")
            #expect(Self.refusal(folder + "/file") == .file)
        }
    }

    @Test func `files that are written at once do not meet`() throws {
        try Self.with { folder in
            let path = folder + "/some"
            let problems = Self.atOnce(12) { index throws(PKIFailure) in
                try PKIFile.write([UInt8](repeating: UInt8(index), count: 10_000), to: path)
            }
            #expect(problems == [])
            let bytes = try PKIFile.read(path)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(Set(bytes).count == 1 && files == ["some"])
        }
    }

    @Test func `tokens that are made and revoked at once are all made and revoked`() throws {
        try Self.with { folder in
            let file = TokenFile(folder: folder)
            var problems = Self.atOnce(12) { index throws(PKIFailure) in
                _ = try file.create(name: "ci \(index)", scopes: [.write], at: 1000)
            }
            let made = try file.tokens()
            #expect(problems == [] && Set(made.map(\.name)).count == 12)
            problems = Self.atOnce(12) { index throws(PKIFailure) in
                try file.revoke(id: made[index].id, at: 2000)
            }
            #expect(problems == [])
            #expect(try file.tokens().map(\.revokedAt) == Array(repeating: 2000, count: 12))
        }
    }

    @Test func `certificates that are made and revoked at once are all made and revoked`() throws {
        try TestAuthority.with { mine in
            let folder = mine.folder
            let identities = try (0..<8).map { try #require(Identity(.agent, "host-\($0)")) }
            var problems = Self.atOnce(8) { index throws(PKIFailure) in
                let authority = try CertificateAuthority(folder: folder)
                _ = try authority.issue(CertificateRequest(identities[index]))
                _ = try authority.renew(identities[index])
            }
            #expect(problems == [])
            problems = Self.atOnce(8) { index throws(PKIFailure) in
                try CertificateAuthority(folder: folder).revoke(identities[index])
            }
            #expect(problems == [])
            let list = try mine.authority.revocationList()
            #expect(list.number == 9 && list.serials.count == 16)
        }
    }

    @Test func `of several who make an authority in one folder, one does`() throws {
        try Self.with { folder in
            let problems = Self.atOnce(6) { _ throws(PKIFailure) in
                _ = try CertificateAuthority.create(in: folder)
            }
            #expect(problems.count == 5)
            let authority = try CertificateAuthority(folder: folder)
            #expect(try authority.revocationList().isSigned(by: authority.certificate))
        }
    }
}
