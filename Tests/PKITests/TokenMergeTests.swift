import Cluster
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import PKI

/// Tokens of several nodes become the same on all of them.
@Suite struct TokenMergeTests {
    /// A token of few possible ids, in which anything may differ, as after a file was edited by hand.
    private static func token(_ random: inout SplitMix64, ids: Int = 6, isEdited: Bool = true) -> Token {
        let number = random.below(ids)
        var other = SplitMix64(seed: UInt64(number))
        func draw(_ count: Int) -> Int { isEdited ? random.below(count) : other.below(count) }
        let id = String(UInt64(number) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
        var token = Token(
            id: String(repeating: "0", count: 16 - id.count) + id,
            name: ["CI", "büro 7", String(repeating: "ä", count: 64)][draw(3)],
            scopes: [[.read], [.write], [.read, .write]][draw(3)],
            digest: [UInt8](repeating: UInt8(draw(3)), count: 32),
            createdAt: Int64(draw(3)) - 1,
            expiresAt: draw(2) == 0 ? nil : Int64(draw(3)) * 1_000_000_000
        )
        token.revokedAt = random.chance(perMille: 400) ? Int64(random.below(4)) : nil
        return token
    }

    private static func table(_ random: inout SplitMix64) -> TokenTable {
        TokenTable((0..<random.below(8)).map { _ in Self.token(&random) })
    }

    private static func plain(_ number: Int) -> Token {
        let id = String(number, radix: 16)
        return Token(
            id: String(repeating: "0", count: 16 - id.count) + id,
            name: "t",
            scopes: [.read],
            digest: [UInt8](repeating: 7, count: 32),
            createdAt: 0,
            expiresAt: nil
        )
    }

    @Test func `merging makes no difference in any order, nor twice`() {
        let breach = mergeLawBreach(
            seeds: 1...500,
            identity: TokenTable(),
            isIdempotent: true,
            make: Self.table
        ) { $0.merge($1) }
        #expect(breach == nil, "\(breach ?? "")")
    }

    @Test func `a revoked token stays revoked, since the earlier time`() {
        var one = Self.plain(1)
        let good = TokenTable([one])
        one.revokedAt = 20
        let late = TokenTable([one])
        one.revokedAt = 10
        let early = TokenTable([one])
        for tables in [[good, late, early], [early, late, good], [late, good, early]] {
            var all = TokenTable()
            for table in tables { all.merge(table) }
            #expect(all == early && all.all.map(\.revokedAt) == [10])
        }
        #expect(TokenTable([Self.plain(1), one]) == early && TokenTable([one, Self.plain(1)]) == early)
    }

    @Test func `of too many those with the lowest ids stay, whoever merges`() {
        let half = TokenFile.tokensMax / 2
        let parts = [0, half, TokenFile.tokensMax].map { start in
            TokenTable((start..<start + half).map { Self.plain($0) })
        }
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var all = TokenTable()
            var leftOut = 0
            for index in order { leftOut += all.merge(parts[index]) }
            #expect(all.all.count == TokenFile.tokensMax && leftOut == half, "\(order)")
            #expect(all.all.last?.id == Self.plain(TokenFile.tokensMax - 1).id, "\(order)")
        }
    }

    @Test func `tokens come back from their bytes as they were, and every cut is refused`() throws {
        var random = SplitMix64(seed: 9)
        for _ in 0..<60 {
            let token = Self.token(&random, ids: 1000)
            #expect(try Token(token.encoded.raw) == token && Token((token.encoded + [1, 2]).raw) == token)
            #expect(token.encoded.count <= CredentialUpdate.tokenBytesMax)
            for count in 0..<token.encoded.count {
                let cut = Array(token.encoded.prefix(count))
                #expect(throws: WireFailure.self) { try Token(cut.raw) }
            }
        }
        let token = Self.plain(1)
        var noScope = token.encoded
        noScope[8] = 0xf0
        #expect(throws: WireFailure.self) { try Token(noScope.raw) }
        let nameless = Array(token.encoded.prefix(41)) + [0, 0]
        #expect(throws: WireFailure.self) { try Token(nameless.raw) }
        let failed = code { () throws(PKIFailure) in _ = try TokenTable(encoded: [token.encoded, noScope]) }
        #expect(failed == .malformed)
    }

    @Test func `digests tell under which first digit tokens differ, and those alone are given`() throws {
        var random = SplitMix64(seed: 4)
        let tokens = (0..<200).map { _ in Self.token(&random, ids: 1_000_000, isEdited: false) }
        let table = TokenTable(tokens)
        #expect(TokenTable(tokens.reversed()).digests == table.digests)
        #expect(TokenTable().digests == [UInt64](repeating: 0, count: 16))
        var changed = try #require(table.all.first { $0.revokedAt == nil })
        changed.revokedAt = 5
        var other = table
        other.merge(TokenTable([changed]))
        let summary = CredentialSummary(tokens: table.digests)
        let buckets = summary.buckets(differingFrom: CredentialSummary(tokens: other.digests))
        #expect(buckets == [changed.id.first?.hexDigitValue])
        let given = try TokenTable(encoded: other.encoded(buckets: buckets))
        #expect(given.all == other.all.filter { $0.id.first == changed.id.first } && given.all.count < 60)
        var caught = table
        caught.merge(given)
        #expect(caught == other && caught.digests == other.digests)
    }

    @Test func `tokens of others are written into the file, and those of a command stay`() throws {
        try TokenFileTests.with { file in
            let (own, _) = try file.create(name: "own", scopes: [.read], at: 1)
            let others = TokenTable((1...3).map { Self.plain($0) })
            #expect(try file.merge(others) == 0)
            #expect(try file.table().all.map(\.id) == (others.all + [own]).map(\.id).sorted())
            let facts = file.facts
            #expect(try file.merge(others) == 0)
            #expect(file.facts == facts, "what is known already is not written again")
            try file.revoke(id: Self.plain(2).id, at: 9)
            _ = try file.merge(others)
            #expect(try file.tokens().filter { $0.revokedAt != nil }.map(\.id) == [Self.plain(2).id])
        }
    }

    @Test func `a file that is gone or damaged is left as it is`() throws {
        try TokenFileTests.with { file in
            let others = TokenTable([Self.plain(1)])
            #expect(code { () throws(PKIFailure) in _ = try file.merge(others) } == .notFound)
            #expect(file.facts == nil)
            try PKIFile.write(Array("{".utf8), to: file.path)
            #expect(code { () throws(PKIFailure) in _ = try file.merge(others) } == .file)
            #expect(try PKIFile.read(file.path) == Array("{".utf8))
        }
    }

    @Test(arguments: 0..<3)
    func `commands and a node that change the file at the same time lose nothing of each other`(
        change: Int
    ) throws {
        try TokenFileTests.with { file in
            let (first, _) = try file.create(name: "first", scopes: [.read], at: 0)
            let done = DispatchSemaphore(value: 0)
            var isDone = false
            do {
                let lock = try file.lock()
                let tokens = try file.tokens()
                Thread.detachNewThread {
                    switch change {
                    case 0: _ = try? file.create(name: "command", scopes: [.write], at: 1)
                    case 1: _ = try? file.revoke(id: first.id, at: 1)
                    default: _ = try? file.merge(TokenTable([Self.plain(2)]))
                    }
                    done.signal()
                }
                // Long enough for one that does not wait for its turn.
                isDone = done.wait(timeout: .now() + .milliseconds(300)) == .success
                try file.write(tokens + [Self.plain(1)])
                extendLifetime(lock)
            }
            if !isDone { done.wait() }
            let tokens = try file.tokens()
            #expect(tokens.count == (change == 1 ? 2 : 3) && tokens.contains { $0.id == Self.plain(1).id })
            #expect(tokens.contains { $0.revokedAt != nil } == (change == 1))
        }
    }

    @Test func `a folder that somebody holds too long is told of`() throws {
        try TokenFileTests.with { file in
            _ = try file.create(name: "first", scopes: [.read], at: 0)
            let lock = try file.lock()
            let refusal = code { () throws(PKIFailure) in _ = try file.merge(TokenTable([Self.plain(1)])) }
            extendLifetime(lock)
            #expect(try refusal == .file && file.tokens().count == 1)
        }
    }
}
