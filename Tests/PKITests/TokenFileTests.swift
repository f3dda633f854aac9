import Foundation
import Testing

@testable import PKI

/// Tokens: made once, kept as digests, and asked for.
@Suite struct TokenFileTests {
    static func with(_ body: (TokenFile) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-pki-tokens-" + UUID().uuidString
        try PKIFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(TokenFile(folder: folder))
    }

    @Test func `a secret lets its bearer do what it was made for, and the file does not hold it`() throws {
        try Self.with { file in
            #expect(try file.tokens().isEmpty && file.table().isEmpty)
            let (writer, secret) = try file.create(name: "CI büro 7", scopes: [.write], at: 1000)
            let (both, other) = try file.create(
                name: "CI büro 7",
                scopes: [.read, .write],
                days: 1,
                at: 1000
            )
            #expect(secret.hasPrefix("nsk_\(writer.id)_") && secret.utf8.count == TokenSecret.characters)
            #expect(secret != other && writer.id != both.id && both.expiresAt == 1000 + 86_400)
            let table = try file.table()
            #expect(!table.isEmpty && table.scopes(of: secret, at: 2000) == [.write])
            #expect(table.scopes(of: other, at: 2000) == [.read, .write])
            #expect(table.token(of: secret, at: 2000) == writer && table.token(of: other, at: 2000) == both)
            let text = String(decoding: try PKIFile.read(file.path), as: UTF8.self)
            #expect(!text.contains(secret.suffix(64)) && text.contains(writer.id) && !text.contains("nsk_"))
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `a token counts until its end, or until it is revoked`() throws {
        try Self.with { file in
            let (token, secret) = try file.create(name: "a", scopes: [.read], days: 2, at: 1000)
            let end = 1000 + 2 * 86_400 as Int64
            let before = try file.table()
            for (seconds, isGood) in [(0, true), (end - 1, true), (end, false), (.max, false)] {
                #expect((before.scopes(of: secret, at: seconds) != nil) == isGood, "\(seconds)")
            }
            let (_, endless) = try file.create(name: "b", scopes: [.read], at: 1000)
            #expect(try file.table().scopes(of: endless, at: .max) == [.read])
            let revoked = try file.revoke(id: token.id, at: 3000)
            #expect(revoked.revokedAt == 3000 && revoked.id == token.id)
            let after = try file.table()
            #expect(after.scopes(of: secret, at: 3001) == nil && after.scopes(of: secret, at: 2000) == nil)
            #expect(after.scopes(of: endless, at: 3001) == [.read])
            #expect(code { () throws(PKIFailure) in try file.revoke(id: token.id, at: 3002) } == .exists)
            for id in ["", "0000000000000000", secret] {
                #expect(code { () throws(PKIFailure) in try file.revoke(id: id, at: 3002) } == .notFound)
            }
            #expect(try file.tokens().map(\.revokedAt).filter { $0 != nil } == [3000])
        }
    }

    @Test func `any other text is no secret`() throws {
        try Self.with { file in
            let (token, secret) = try file.create(name: "a", scopes: [.read], at: 1000)
            let table = try file.table()
            for index in secret.utf8.indices {
                var bytes = Array(secret.utf8)
                let offset = secret.utf8.distance(from: secret.utf8.startIndex, to: index)
                bytes[offset] = bytes[offset] == 0x30 ? 0x31 : 0x30
                #expect(
                    table.scopes(of: String(decoding: bytes, as: UTF8.self), at: 1000) == nil,
                    "\(offset)"
                )
            }
            let bad = [
                "", "nsk_", token.id, secret + "0", String(secret.dropLast()), secret.uppercased(),
                " " + secret,
                "Bearer " + secret, String(repeating: "é", count: TokenSecret.characters),
                String(repeating: "x", count: 1_000_000),
            ]
            for text in bad { #expect(table.scopes(of: text, at: 1000) == nil, "\(text.prefix(100))") }
            #expect(TokenTable().scopes(of: secret, at: 1000) == nil)
            #expect(table.scopes(of: secret, at: 1000) == [.read])
        }
    }

    @Test func `of two tokens with one id the revoked one holds`() throws {
        try Self.with { file in
            let (token, secret) = try file.create(name: "a", scopes: [.read], at: 1000)
            var revoked = token
            revoked.revokedAt = 2000
            for tokens in [[token, revoked], [revoked, token]] {
                #expect(TokenTable(tokens).scopes(of: secret, at: 1500) == nil)
            }
            #expect(TokenTable([token, token]).scopes(of: secret, at: 1500) == [.read])
        }
    }

    @Test func `names, scopes and days that make no sense are refused, and nothing is written`() throws {
        try Self.with { file in
            let long = String(repeating: "x", count: TokenFile.nameMax)
            for name in ["", " ", "a\nb", "a\u{1b}[31m", "a\u{202e}b", "a\u{2028}", long + "x"] {
                #expect(
                    code { () throws(PKIFailure) in _ = try file.create(name: name, scopes: [.read], at: 0) }
                        == .invalid
                )
            }
            for days in [Int.min, -1, 0, TokenFile.daysMax + 1, Int.max] {
                #expect(
                    code { () throws(PKIFailure) in
                        _ = try file.create(name: "a", scopes: [.read], days: days, at: 0)
                    } == .invalid
                )
            }
            #expect(
                code { () throws(PKIFailure) in _ = try file.create(name: "a", scopes: [], at: 0) }
                    == .invalid
            )
            #expect(!FileManager.default.fileExists(atPath: file.path))
            let nowhere = TokenFile(folder: file.folder + "/none")
            #expect(
                code { () throws(PKIFailure) in _ = try nowhere.create(name: "a", scopes: [.read], at: 0) }
                    == .notFound
            )
            _ = try file.create(name: long, scopes: [.read], days: TokenFile.daysMax, at: 0)
            #expect(try file.tokens().count == 1)
        }
    }

    @Test func `a damaged file is told, and never written over`() throws {
        try Self.with { file in
            let (token, _) = try file.create(name: "a", scopes: [.read], at: 1000)
            let good = String(decoding: try PKIFile.read(file.path), as: UTF8.self)
            let entry = try #require(good.range(of: "{", options: .backwards)).lowerBound
            let last = try #require(good.range(of: "}", range: entry..<good.endIndex)).upperBound
            let twice = good[..<last] + "," + good[entry..<last] + good[last...]
            let digest = Bytes.hexadecimal(token.digest)
            let bad = [
                "", "{", "[]", "null", String(good.dropLast(5)), String(twice),
                good.replacingOccurrences(of: "\"version\" : 1", with: "\"version\" : 2"),
                good.replacingOccurrences(of: token.id, with: "x"),
                good.replacingOccurrences(of: token.id, with: String(repeating: "G", count: 16)),
                good.replacingOccurrences(of: digest, with: String(digest.dropLast(2))),
                good.replacingOccurrences(of: digest, with: "g" + digest.dropFirst()),
                good.replacingOccurrences(of: "\"read\"", with: "\"admin\""),
                good.replacingOccurrences(of: "\"read\"", with: ""),
                good.replacingOccurrences(of: "1000", with: "1e99"),
                good.replacingOccurrences(of: "\"a\"", with: "\"\\u001b\""),
            ]
            for text in bad {
                #expect(text != good)
                try PKIFile.write(Array(text.utf8), to: file.path)
                #expect(code { () throws(PKIFailure) in _ = try file.tokens() } == .file, "\(text)")
                #expect(
                    code { () throws(PKIFailure) in _ = try file.create(name: "b", scopes: [.read], at: 1) }
                        == .file
                )
                #expect(code { () throws(PKIFailure) in try file.revoke(id: token.id, at: 1) } == .file)
                #expect(try PKIFile.read(file.path) == Array(text.utf8))
            }
            try PKIFile.write(Array(good.utf8), to: file.path)
            #expect(try file.tokens() == [token])
            try FileManager.default.removeItem(atPath: file.path)
            try PKIFile.makeFolder(file.path)
            #expect(
                code { () throws(PKIFailure) in _ = try file.tokens() } == .file,
                "no file is not no tokens"
            )
        }
    }

    @Test func `a full file takes no more`() throws {
        try Self.with { file in
            let more = (0...TokenFile.tokensMax).map { index in
                Token(
                    id: Bytes.hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * (7 - $0))) }),
                    name: "a",
                    scopes: [.read],
                    digest: [UInt8](repeating: 0, count: 32),
                    createdAt: Int64(index),
                    expiresAt: nil
                )
            }
            let tokens = Array(more.dropLast())
            try file.write(tokens)
            #expect(try file.tokens() == tokens)
            #expect(
                code { () throws(PKIFailure) in _ = try file.create(name: "b", scopes: [.read], at: 1) }
                    == .invalid
            )
            try file.write(more)
            #expect(code { () throws(PKIFailure) in _ = try file.tokens() } == .file)
        }
    }
}
