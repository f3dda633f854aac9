import Cluster
import Foundation
import Testing

@testable import PKI

/// Revocation lists that other nodes give.
@Suite struct ListAdoptionTests {
    /// A node with a folder of its own: a copy of what the authority had when it started.
    private struct Node {
        let files: CredentialFiles
        var path: String { self.files.revocationList ?? "" }

        init(_ mine: TestAuthority, _ name: String) throws {
            let folder = mine.folder + "/" + name
            try PKIFile.makeFolder(folder)
            _ = try mine.issue(.collector, name)
            let paths = mine.authority.paths(try #require(Identity(.collector, name)))
            self.files = CredentialFiles(
                authorities: mine.folder + "/ca.crt",
                certificate: paths.certificate,
                key: paths.key,
                revocationList: folder + "/crl.pem"
            )
            try PKIFile.write(try PKIFile.read(mine.folder + "/crl.pem"), to: self.path)
        }

        func number() throws -> UInt64 { try RevocationList(pem: try PKIFile.read(self.path)).number }

        func adopt(_ list: [UInt8], _ current: Credentials) -> PKIFailure.Code? {
            code { () throws(PKIFailure) in try self.files.adopt(revocationList: list, over: current) }
        }
    }

    private static func list(_ mine: TestAuthority) throws -> [UInt8] {
        try PKIFile.read(mine.folder + "/crl.pem")
    }

    @Test func `a newer list of the authority is written, and counts when the files are read`() throws {
        try TestAuthority.with { mine in
            let node = try Node(mine, "node-1")
            let agent = try mine.chain(.agent, "host-1")
            let current = try node.files.load(at: mine.now)
            try mine.authority.revoke(try #require(Identity(.agent, "host-1")))
            #expect(PeerVerifierTests.refusal(current.verifier, agent, .client, mine.now) == nil)
            #expect(node.adopt(try Self.list(mine), current) == nil)
            let after = try node.files.load(at: mine.now)
            #expect(after.verifier.listNumber == 2)
            #expect(PeerVerifierTests.refusal(after.verifier, agent, .client, mine.now) == .revoked)
            #expect(node.adopt(try Self.list(mine), after) == .olderList)
        }
    }

    @Test func `an older list, another authority's, and what is none change nothing`() throws {
        try TestAuthority.with { mine in
            let first = try Self.list(mine)
            try mine.authority.revoke(serial: "01")
            try mine.authority.revoke(serial: "02")
            let node = try Node(mine, "node-1")
            let current = try node.files.load(at: mine.now)
            let before = try PKIFile.read(node.path)
            let twin = try mine.twin()
            let foreign = try RevocationList.make(
                number: 99,
                revoked: [],
                days: 30,
                authority: twin.certificate,
                key: twin.key
            ).pem()
            let own = try Self.list(mine)
            for (list, expected) in [
                (first, .olderList), (own, .olderList), (foreign, .unknownAuthority),
                (Array("garbage".utf8), .openSSL), ([], .openSSL), (Array(own.dropLast(60)), .openSSL),
                (own + own, .invalid),
            ] as [([UInt8], PKIFailure.Code)] {
                #expect(node.adopt(list, current) == expected)
            }
            let forged = try RevocationList.make(
                number: 99,
                revoked: [],
                days: 30,
                authority: mine.certificate,
                key: twin.key
            ).pem()
            #expect(node.adopt(forged, current) == .unknownAuthority)
            #expect(try PKIFile.read(node.path) == before && node.number() == 3)
        }
    }

    @Test func `a list that a command wrote meanwhile stays, and a damaged or missing one is made good`()
        throws
    {
        try TestAuthority.with { mine in
            let node = try Node(mine, "node-1")
            let current = try node.files.load(at: mine.now)
            try mine.authority.revoke(serial: "01")
            let second = try Self.list(mine)
            try mine.authority.revoke(serial: "02")
            try PKIFile.write(try Self.list(mine), to: node.path)
            #expect(node.adopt(second, current) == nil)
            #expect(try node.number() == 3)
            try PKIFile.write(Array("damaged".utf8), to: node.path)
            #expect(node.adopt(second, current) == nil)
            #expect(try node.number() == 2)
            try FileManager.default.removeItem(atPath: node.path)
            #expect(node.adopt(second, current) == nil)
            #expect(try node.number() == 2)
        }
    }

    @Test func `who keeps no list takes none, and a folder that is gone is told of`() throws {
        try TestAuthority.with { mine in
            let node = try Node(mine, "node-1")
            let current = try node.files.load(at: mine.now)
            try mine.authority.revoke(serial: "01")
            let list = try Self.list(mine)
            try FileManager.default.removeItem(atPath: (node.path as NSString).deletingLastPathComponent)
            #expect(node.adopt(list, current) == .notFound)
            var files = node.files
            files.revocationList = nil
            let without = files
            let refusal = code { () throws(PKIFailure) in
                try without.adopt(revocationList: list, over: current)
            }
            #expect(refusal == .notFound)
        }
    }
}
