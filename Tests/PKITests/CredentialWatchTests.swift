import Cluster
import Testing

@testable import PKI

/// When files are read again, and what stays while they are no good.
@Suite struct CredentialWatchTests {
    private static func with(
        _ body: (TestAuthority, CredentialFiles, inout CredentialWatch) throws -> Void
    ) throws {
        try TestAuthority.with { mine in
            _ = try mine.issue(.collector, "node-1")
            let files = try CredentialFilesTests.files(mine, .collector, "node-1")
            let facts = files.facts
            var watch = CredentialWatch(try files.load(at: mine.now), facts: facts, at: 1000)
            try body(mine, files, &watch)
        }
    }

    /// What the shell does with files that are due.
    private static func read(
        _ files: CredentialFiles,
        _ mine: TestAuthority
    ) -> Result<Credentials, PKIFailure> {
        do throws(PKIFailure) { return .success(try files.load(at: mine.now)) } catch {
            return .failure(error)
        }
    }

    @Test func `files are read when one of them changes, and when somebody asks`() throws {
        try Self.with { mine, files, watch in
            var due = watch.isDue(files.facts, at: 1005)
            #expect(!due)
            due = watch.isDue(files.facts, at: 90_000)
            #expect(!due, "no time makes good files due")
            due = watch.isDue(files.facts, at: 1010, isForced: true)
            #expect(due)
            var outcome = watch.take(Self.read(files, mine), at: 1010)
            #expect(outcome == .unchanged && watch.problem == nil)
            try mine.authority.revoke(serial: "ab")
            due = watch.isDue(files.facts, at: 1015)
            #expect(due)
            outcome = watch.take(Self.read(files, mine), at: 1015)
            #expect(outcome == .replaced && watch.current.verifier.listNumber == 2)
            due = watch.isDue(files.facts, at: 1020)
            #expect(!due)
        }
    }

    @Test func `bad files keep the last good material, and tell since when`() throws {
        try Self.with { mine, files, watch in
            let good = try PKIFile.read(files.certificate)
            try PKIFile.write(Array(good.dropLast(50)), to: files.certificate)
            var due = watch.isDue(files.facts, at: 1100)
            #expect(due)
            let before = watch.current.fingerprint
            var outcome = watch.take(Self.read(files, mine), at: 1100)
            let first = try #require(watch.problem)
            #expect(outcome == .kept(first) && first.since == 1100 && first.failure.code == .openSSL)
            #expect(first.failure.message.contains(files.certificate))
            #expect(watch.current.fingerprint == before)
            // Again in a while, though nothing changes; and another reason does not make it younger.
            due = watch.isDue(files.facts, at: 1129)
            #expect(!due)
            due = watch.isDue(files.facts, at: 1130)
            #expect(due)
            due = watch.isDue(files.facts, at: 1131)
            #expect(!due)
            due = watch.isDue(files.facts, at: 900)
            #expect(due, "a clock that was put back does not stop it")
            outcome = watch.take(.failure(PKIFailure(.notFound, "gone")), at: 1131)
            #expect(outcome == .kept(.init(failure: PKIFailure(.notFound, "gone"), since: 1100)))
            try PKIFile.write(good, to: files.certificate)
            due = watch.isDue(files.facts, at: 1140)
            #expect(due)
            outcome = watch.take(Self.read(files, mine), at: 1140)
            #expect(outcome == .unchanged && watch.problem == nil && watch.current.fingerprint == before)
        }
    }

    @Test func `a certificate is renewed, and no other name or cluster is taken on`() throws {
        try Self.with { mine, files, watch in
            _ = try mine.authority.renew(try #require(Identity(.collector, "node-1")))
            var outcome = watch.take(Self.read(files, mine), at: 1001)
            #expect(outcome == .replaced)
            let renewed = watch.current.own.serial
            for (role, id) in [(Role.collector, "node-2"), (.agent, "node-1")] {
                _ = try mine.issue(role, id)
                outcome = watch.take(
                    Self.read(try CredentialFilesTests.files(mine, role, id), mine),
                    at: 1002
                )
                #expect(watch.problem?.failure.code == .wrongIdentity, "\(role) \(id)")
            }
            try TestAuthority.with { theirs in
                _ = try theirs.issue(.collector, "node-1")
                let others = try CredentialFilesTests.files(theirs, .collector, "node-1")
                outcome = watch.take(Self.read(others, theirs), at: 1003)
                #expect(watch.problem?.failure.code == .wrongCluster)
            }
            #expect(watch.current.own.serial == renewed && watch.problem?.since == 1002)
        }
    }

    @Test func `an older list brings nobody back`() throws {
        try Self.with { mine, files, watch in
            let path = try #require(files.revocationList)
            let old = try PKIFile.read(path)
            try mine.authority.revoke(serial: "ab")
            var outcome = watch.take(Self.read(files, mine), at: 1001)
            #expect(outcome == .replaced)
            try PKIFile.write(old, to: path)
            outcome = watch.take(Self.read(files, mine), at: 1002)
            #expect(watch.problem?.failure.code == .olderList && watch.current.verifier.listNumber == 2)
            var without = files
            without.revocationList = nil
            outcome = watch.take(Self.read(without, mine), at: 1003)
            #expect(watch.problem?.failure.code == .olderList && watch.current.verifier.listNumber == 2)
            try mine.authority.revoke(serial: "cd")
            outcome = watch.take(Self.read(files, mine), at: 1004)
            #expect(outcome == .replaced && watch.problem == nil && watch.current.verifier.listNumber == 3)
        }
    }

    /// Takes a list alone; the code of the failure where it is no good.
    private static func take(
        _ list: [UInt8],
        _ watch: inout CredentialWatch
    ) -> Result<Bool, PKIFailure> {
        do throws(PKIFailure) { return .success(try watch.take(list: list)) } catch { return .failure(error) }
    }

    @Test func `a newer list is taken alone while the own certificate is no good, whatever is wrong with it`()
        throws
    {
        try Self.with { mine, files, watch in
            let good = try PKIFile.read(files.certificate)
            let own = try Certificate(pem: good).serial
            let path = try #require(files.revocationList)
            let other = try mine.chain(.agent, "host-1")
            let spoil: [(Int64, () throws -> Void)] = [
                (mine.now, { try PKIFile.write(Array(good.dropLast(50)), to: files.certificate) }),
                (mine.now, { try PKIFile.write(try mine.issue(.agent, "a").pem(), to: files.certificate) }),
                (mine.now + 400 * 86_400, { try PKIFile.write(good, to: files.certificate) }),
                (mine.now, { try mine.authority.revoke(serial: own) }),
            ]
            try mine.authority.revoke(try #require(Identity(.agent, "host-1")))
            for (seconds, spoil) in spoil {
                try spoil()
                let number = try mine.authority.renewList().number
                let result: Result<Credentials, PKIFailure>
                do throws(PKIFailure) { result = .success(try files.load(at: seconds)) } catch {
                    result = .failure(error)
                }
                let outcome = watch.take(result, at: 1001)
                let problem = try #require(watch.problem)
                #expect(outcome == .kept(problem) && watch.current.verifier.listNumber != number)
                let list = try #require(try files.loadList())
                var taken = Self.take(list, &watch)
                #expect(taken == .success(true) && watch.current.verifier.listNumber == number)
                #expect(watch.problem == problem, "what is wrong is told all the same")
                #expect(watch.current.own.serial == own && watch.current.chain == good)
                #expect(
                    PeerVerifierTests.refusal(watch.current.verifier, other, .client, mine.now) == .revoked
                )
                taken = Self.take(list, &watch)
                #expect(taken == .success(false))
            }
            #expect(try PKIFile.read(path) == watch.current.revocationList)
        }
    }

    @Test func `a list alone is taken only if an authority in use signed it, and if it is newer`() throws {
        try Self.with { mine, files, watch in
            let first = try #require(try files.loadList())
            try mine.authority.renewList()
            let second = try #require(try files.loadList())
            #expect(Self.take(second, &watch) == .success(true))
            let before = watch.current.fingerprint
            let theirs = try mine.twin()
            let forged = try RevocationList.make(
                number: 9,
                revoked: [],
                days: 30,
                authority: theirs.certificate,
                key: theirs.key
            )
            for (list, code) in [
                (try forged.pem(), PKIFailure.Code.unknownAuthority), ([], .openSSL),
                (second + second, .invalid),
                (Array(second.dropLast(50)), .openSSL),
            ] {
                guard case .failure(let failure) = Self.take(list, &watch) else {
                    Issue.record("it was taken")
                    continue
                }
                #expect(failure.code == code)
            }
            for list in [first, second] { #expect(Self.take(list, &watch) == .success(false)) }
            #expect(watch.current.fingerprint == before)
            var without = files
            without.revocationList = nil
            #expect(try without.loadList() == nil)
            without.revocationList = mine.folder + "/none.pem"
            #expect(code { () throws(PKIFailure) in _ = try without.loadList() } == .notFound)
        }
    }

    @Test func `what cannot be made ready for is no good, and is tried again`() throws {
        try Self.with { mine, files, watch in
            struct Refusal: Error {}
            let before = watch.current.fingerprint
            _ = try mine.authority.renew(try #require(Identity(.collector, "node-1")))
            try mine.authority.renewList()
            var outcome = watch.take(Self.read(files, mine), at: 1001) { _ in throw Refusal() }
            let problem = try #require(watch.problem)
            #expect(outcome == .kept(problem) && problem.failure.message.contains("Refusal"))
            #expect(watch.current.fingerprint == before)
            let list = try #require(try files.loadList())
            #expect(throws: PKIFailure.self) { try watch.take(list: list) { _ in throw Refusal() } }
            #expect(watch.current.fingerprint == before)
            let due = watch.isDue(files.facts, at: 1031)
            #expect(due)
            var ready: [String] = []
            outcome = watch.take(Self.read(files, mine), at: 1031) { ready.append($0.fingerprint) }
            #expect(outcome == .replaced && watch.problem == nil && ready == [watch.current.fingerprint])
            outcome = watch.take(Self.read(files, mine), at: 1032) { _ in throw Refusal() }
            #expect(outcome == .unchanged, "nothing is to be made ready for")
        }
    }
}
