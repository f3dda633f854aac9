import Cluster
import Foundation
import Testing

@testable import PKI

/// Credentials of files that fit together, and of files that do not.
@Suite struct CredentialFilesTests {
    /// The files of an identity, as the authority's folder has them.
    static func files(_ mine: TestAuthority, _ role: Role, _ id: String) throws -> CredentialFiles {
        let paths = mine.authority.paths(try #require(Identity(role, id)))
        return CredentialFiles(
            authorities: mine.folder + "/ca.crt",
            certificate: paths.certificate,
            key: paths.key,
            revocationList: mine.folder + "/crl.pem"
        )
    }

    /// Why files cannot be loaded; nil where they can.
    private static func refusal(_ files: CredentialFiles, _ seconds: Int64) -> PKIFailure.Code? {
        code { () throws(PKIFailure) in _ = try files.load(at: seconds) }
    }

    @Test(arguments: Role.allCases)
    func `files that fit together say who one is, and judge peers`(_ role: Role) throws {
        try TestAuthority.with { mine in
            let certificate = try mine.issue(role, "one")
            let files = try Self.files(mine, role, "one")
            let credentials = try files.load(at: mine.now)
            #expect(credentials.own.identity == Identity(role, "one"))
            #expect(credentials.own.serial == certificate.serial)
            #expect(credentials.cluster == mine.authority.cluster)
            #expect(try credentials.chain == PKIFile.read(files.certificate))
            #expect(try credentials.key == PKIFile.read(files.key))
            #expect(try credentials.authorities == PKIFile.read(files.authorities))
            #expect(try credentials.revocationList == PKIFile.read(mine.folder + "/crl.pem"))
            #expect(credentials.verifier.listNumber == 1)
            let peer = try mine.chain(.agent, "host-1")
            #expect(PeerVerifierTests.refusal(credentials.verifier, peer, .client, mine.now) == nil)
            var without = files
            without.revocationList = nil
            #expect(try without.load(at: mine.now).verifier.listNumber == nil)
        }
    }

    @Test func `a fingerprint tells any change of what was read, and nothing else`() throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.agent, "host-1")
            var files = try Self.files(mine, .agent, "host-1")
            let first = try files.load(at: mine.now).fingerprint
            #expect(try files.load(at: mine.now + 60).fingerprint == first && first.count == 64)
            var seen = [first]
            _ = try mine.authority.renew(try #require(Identity(.agent, "host-1")))
            seen.append(try files.load(at: mine.now).fingerprint)
            try mine.authority.revoke(serial: "ff")
            seen.append(try files.load(at: mine.now).fingerprint)
            files.revocationList = nil
            seen.append(try files.load(at: mine.now).fingerprint)
            #expect(Set(seen).count == seen.count)
        }
    }

    @Test func `nothing that is printed holds the key`() throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.agent, "host-1")
            let credentials = try Self.files(mine, .agent, "host-1").load(at: mine.now)
            let watch = CredentialWatch(credentials, facts: [], at: 0)
            let marks = ["PRIVATE", "45, 45, 45, 45", String(describing: credentials.key)]
            for text in ["\(credentials)", String(reflecting: credentials), "\(watch)"] {
                #expect(text.contains("agent host-1") && !marks.contains { text.contains($0) }, "\(text)")
            }
        }
    }

    @Test func `a key, an authority or a list of somebody else is refused`() throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.collector, "node-1")
            _ = try mine.issue(.collector, "node-2")
            let good = try Self.files(mine, .collector, "node-1")
            var bad: [(CredentialFiles, PKIFailure.Code)] = []
            var files = good
            files.key = try Self.files(mine, .collector, "node-2").key
            bad.append((files, .mismatch))
            files = good
            files.key = good.certificate
            bad.append((files, .openSSL))
            files = good
            files.certificate = mine.folder + "/ca.crt"
            files.key = mine.folder + "/ca.key"
            bad.append((files, .wrongPurpose))
            try TestAuthority.with { theirs in
                _ = try theirs.issue(.collector, "node-1")
                files = good
                files.authorities = theirs.folder + "/ca.crt"
                bad.append((files, .unknownAuthority))
                files.revocationList = theirs.folder + "/crl.pem"
                bad.append((files, .unknownAuthority))
                for (files, reason) in bad {
                    #expect(Self.refusal(files, mine.now) == reason, "\(files)")
                }
            }
            #expect(Self.refusal(good, mine.now) == nil)
        }
    }

    @Test func `files that are not there or damaged are named`() throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.collector, "node-1")
            let good = try Self.files(mine, .collector, "node-1")
            let paths: [WritableKeyPath<CredentialFiles, String>] = [\.authorities, \.certificate, \.key]
            for path in paths {
                var files = good
                files[keyPath: path] += ".none"
                #expect(Self.refusal(files, mine.now) == .notFound)
                let damaged = mine.folder + "/damaged"
                try PKIFile.write(Array(try PKIFile.read(good[keyPath: path]).dropLast(40)), to: damaged)
                files[keyPath: path] = damaged
                #expect(Self.refusal(files, mine.now) == .openSSL)
                do throws(PKIFailure) {
                    _ = try files.load(at: mine.now)
                } catch { #expect(error.message.contains(damaged), "\(error)") }
            }
            var files = good
            files.revocationList = mine.folder + "/none.pem"
            #expect(Self.refusal(files, mine.now) == .notFound)
            #expect(files.facts.map { $0 == nil } == [false, false, false, true])
        }
    }

    @Test func `a certificate that is over, to come, or revoked is none to start with`() throws {
        try TestAuthority.with { mine in
            let certificate = try mine.issue(.agent, "host-1", days: 10)
            let files = try Self.files(mine, .agent, "host-1")
            #expect(Self.refusal(files, certificate.notBefore - 1) == .notYetValid)
            #expect(Self.refusal(files, certificate.notAfter + 1) == .expired)
            try mine.authority.revoke(serial: certificate.serial)
            #expect(Self.refusal(files, mine.now) == .revoked)
        }
    }

    @Test func `a server's certificate has to name a host`() throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.collector, "node-1")
            let files = try Self.files(mine, .collector, "node-1")
            try files.load(at: mine.now).checkServer(at: mine.now)
            let key = try PrivateKey(pem: try PKIFile.read(files.key))
            let nameless = try mine.sign(
                names: "URI:neoscope://collector/node-1",
                usage: "serverAuth,clientAuth",
                key: key
            )
            try PKIFile.write(try nameless.pem(), to: files.certificate)
            let credentials = try files.load(at: mine.now)
            #expect(
                code { () throws(PKIFailure) in try credentials.checkServer(at: mine.now) } == .wrongPurpose
            )
        }
    }
}
