import Access
import Foundation
import PKI
import PeerTransport
import Testing

@testable import Node

/// What a process does with its credentials' files, and with its peers, as time goes by.
@Suite struct CredentialServiceTests {
    @Test func `a newer revocation list is in force at once, whatever is wrong with the own certificate`()
        throws
    {
        let bench = try CredentialBench()
        let good = try CredentialBench.read(bench.certificate)
        try Data(good.dropLast(60)).write(to: URL(filePath: bench.certificate))
        bench.service.look(isForced: false)
        #expect(bench.service.problem?.failure.code == .openSSL && bench.judgments.isEmpty)
        try bench.authority.revoke(CredentialBench.agent)
        bench.service.look(isForced: false)
        #expect(bench.service.problem != nil && bench.service.current.verifier.listNumber == 2)
        #expect(bench.doors.credentials.verifier.listNumber == 2)
        #expect(bench.judgments.count == 1 && bench.judgments[0].contains("revoked"))
        // The same again changes nothing.
        bench.service.look(isForced: true)
        #expect(bench.judgments.count == 1)
        // The own certificate has ended.
        try Data(good).write(to: URL(filePath: bench.certificate))
        bench.clock.pass(days: 100)
        try bench.authority.renewList()
        bench.service.look(isForced: false)
        #expect(bench.service.problem?.failure.code == .expired && bench.service.secondsLeft < 0)
        #expect(
            bench.service.current.verifier.listNumber == 3 && bench.doors.credentials.verifier.listNumber == 3
        )
        #expect(bench.service.tls.objection(to: bench.peer, whoIs: .client) != nil)
    }

    @Test func `what one part cannot use, none uses, and it is told and tried again`() throws {
        let bench = try CredentialBench()
        let before = bench.service.current
        let used = Counter()
        let isUnfit = Counter(1)
        bench.service.prepareChanges { _ in
            guard isUnfit.count == 0 else { throw CredentialBench.Unfit() }
            return { used.add() }
        }
        _ = try bench.authority.renew(CredentialBench.node, days: 80)
        bench.service.look(isForced: false)
        let problem = try #require(bench.service.problem)
        #expect(problem.failure.message.contains("Unfit") && used.count == 0 && bench.judgments.isEmpty)
        for credentials in [bench.service.current, bench.doors.credentials] {
            #expect(credentials.fingerprint == before.fingerprint)
        }
        bench.clock.pass(seconds: 29)
        bench.service.look(isForced: false)
        #expect(bench.service.problem == problem)
        isUnfit.set(0)
        bench.clock.pass(seconds: 1)
        bench.service.look(isForced: false)
        #expect(bench.service.problem == nil && used.count == 1 && bench.judgments == [""])
        for credentials in [bench.service.current, bench.doors.credentials] {
            #expect(credentials.fingerprint != before.fingerprint)
        }
    }

    @Test func `connections are judged again when the time of a peer's certificate is over`() throws {
        let bench = try CredentialBench()
        #expect(bench.service.tls.objection(to: bench.peer, whoIs: .client) == nil)
        bench.clock.pass(days: 9)
        bench.service.judgeWhoEnded()
        #expect(bench.judgments.isEmpty)
        bench.clock.pass(days: 2)
        bench.service.judgeWhoEnded()
        bench.service.judgeWhoEnded()
        #expect(bench.judgments.count == 1 && bench.judgments[0].contains("expired"))
        // Who is judged by newer rules is watched too.
        let other = try bench.agent("host-2", days: 20)
        try bench.authority.renewList()
        bench.service.look(isForced: false)
        #expect(bench.judgments.count == 2)
        #expect(bench.service.tls.objection(to: other, whoIs: .client) == nil)
        bench.clock.pass(days: 10)
        bench.service.judgeWhoEnded()
        #expect(bench.judgments.count == 3)
    }
}
