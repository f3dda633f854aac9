import Foundation
import Testing

@testable import PKI

/// When tokens are read again, and which count while the file is no good.
@Suite struct TokenWatchTests {
    private static func with(_ body: (TokenFile, inout TokenWatch) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-pki-watch-" + UUID().uuidString
        try PKIFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = TokenFile(path: folder + "/tokens.json")
        _ = try file.create(name: "first", scopes: [.read], at: 100)
        let facts = file.facts
        var watch = TokenWatch(try file.load(), facts: facts, at: 1000)
        try body(file, &watch)
    }

    /// What the shell does with a file that is due.
    private static func read(_ file: TokenFile) -> Result<TokenTable, PKIFailure> {
        do throws(PKIFailure) { return .success(try file.load()) } catch { return .failure(error) }
    }

    @Test func `the file is read when it changes, and when somebody asks`() throws {
        try Self.with { file, watch in
            var due = watch.isDue(file.facts, at: 90_000)
            #expect(!due, "no time makes a good file due")
            due = watch.isDue(file.facts, at: 1001, isForced: true)
            #expect(due)
            var outcome = watch.take(Self.read(file))
            #expect(outcome == .unchanged)
            let (_, secret) = try file.create(name: "second", scopes: [.write], at: 200)
            #expect(watch.current.scopes(of: secret, at: 300) == nil)
            due = watch.isDue(file.facts, at: 1002)
            #expect(due)
            outcome = watch.take(Self.read(file))
            #expect(outcome == .replaced && watch.current.scopes(of: secret, at: 300) == [.write])
            due = watch.isDue(file.facts, at: 1003)
            #expect(!due)
        }
    }

    @Test func `a file that is damaged or gone leaves the last good tokens, and is tried again`() throws {
        try Self.with { file, watch in
            let (_, secret) = try file.create(name: "second", scopes: [.read], at: 200)
            _ = watch.isDue(file.facts, at: 1000)
            _ = watch.take(Self.read(file))
            let good = try PKIFile.read(file.path)
            for breaking in ["damaged", "gone"] {
                if breaking == "gone" {
                    try FileManager.default.removeItem(atPath: file.path)
                } else {
                    try PKIFile.write(Array(good.dropLast(5)), to: file.path)
                }
                var due = watch.isDue(file.facts, at: 2000)
                #expect(due, "\(breaking)")
                let outcome = watch.take(Self.read(file))
                let problem = try #require(watch.problem, "\(breaking)")
                #expect(outcome == .kept(problem) && problem.message.contains(file.path))
                #expect(watch.current.scopes(of: secret, at: 300) == [.read])
                due = watch.isDue(file.facts, at: 2000 + CredentialWatch.retrySeconds - 1)
                #expect(!due)
                due = watch.isDue(file.facts, at: 2000 + CredentialWatch.retrySeconds)
                #expect(due)
                try PKIFile.write(good, to: file.path)
                due = watch.isDue(file.facts, at: 3000)
                #expect(due)
                let healed = watch.take(Self.read(file))
                #expect(healed == .unchanged && watch.problem == nil)
            }
        }
    }

    @Test func `a file that must be there is an error where it is not`() {
        let file = TokenFile(path: "/nowhere/tokens.json")
        #expect(file.facts == nil && file.folder == "/nowhere")
        #expect(code { () throws(PKIFailure) in _ = try file.load() } == .notFound)
    }
}
