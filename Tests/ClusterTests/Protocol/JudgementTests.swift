import Telemetry
import Testing

@testable import Cluster

/// Who is welcomed, and why others are not.
@Suite struct JudgementTests {
    private static let local = ProtocolSamples.greeting(.collector, "n1", run: 1)

    private static func reason(_ hello: Hello, as certificate: Identity? = nil) -> Rejection.Reason? {
        do throws(Rejection) {
            _ = try hello.judge(certificate: certificate ?? hello.greeting.identity, local: Self.local)
            return nil
        } catch {
            #expect(!error.message.isEmpty)
            return error.reason
        }
    }

    private static func other(
        _ role: Role = .collector,
        _ name: String = "n2",
        run: UInt64 = 2,
        cluster: String = Self.local.cluster,
        placement: PlacementParameters? = .standard
    ) -> Greeting {
        ProtocolSamples.greeting(role, name, cluster: cluster, run: run, placement: placement)
    }

    @Test(arguments: ConnectionPurpose.allCases)
    func `collectors may do everything, agents send frames, operators nothing`(_ purpose: ConnectionPurpose) {
        #expect(Self.reason(Hello(purpose, Self.other())) == nil)
        #expect(Self.reason(Hello(purpose, Self.other(.agent))) == (purpose == .data ? nil : .role))
        #expect(Self.reason(Hello(purpose, Self.other(.operator))) == .role)
    }

    @Test func `each thing that does not fit is refused with its own reason`() {
        let another = PlacementParameters(replication: 3, confirmations: 2)
        #expect(Self.reason(Hello(.data, Self.other(cluster: "ffff"))) == .cluster)
        #expect(Self.reason(Hello(.data, Self.other()), as: Identity(.collector, "n3")) == .identity)
        #expect(Self.reason(Hello(.data, Self.other()), as: Identity(.agent, "n2")) == .identity)
        #expect(Self.reason(Hello(.control, Self.other(placement: another))) == .placement)
        #expect(Self.reason(Hello(.control, Self.other(placement: nil))) == .placement)
        #expect(Self.reason(Hello(.control, Self.other(run: 1))) == .itself)
        #expect(Self.reason(Hello(.control, Self.other(.collector, "n1"))) == .duplicate)
        // An agent may have the name of a collector, and places by nothing.
        #expect(Self.reason(Hello(.data, Self.other(.agent, "n1"))) == nil)
    }

    @Test func `an agent with frames that cannot be read here is refused, and a collector is not`() {
        for role in [Role.agent, .collector] {
            var greeting = Self.other(role)
            greeting.frameVersion = Self.local.frameVersion
            #expect(Self.reason(Hello(.data, greeting)) == nil)
            greeting.frameVersion += 1
            #expect(Self.reason(Hello(.data, greeting)) == (role == .agent ? .format : nil))
        }
    }

    @Test func `parameters that an operator changed are no difference: the newer ones will hold`() {
        for version in UInt64(2)...3 {
            let changed = PlacementParameters(version: version, replication: 3, confirmations: 2)
            #expect(Self.reason(Hello(.control, Self.other(placement: changed))) == nil)
        }
    }

    @Test func `the newest version that both speak is chosen`() throws {
        for last in UInt16(1)...5 {
            let hello = Hello(.data, Self.other(), versions: 1...last)
            let version = try hello.judge(certificate: hello.greeting.identity, local: Self.local)
            #expect(version == min(last, PeerProtocol.versions.upperBound))
        }
    }

    @Test func `the words of a refusal name what was expected and what came`() {
        let hello = Hello(
            .control,
            Self.other(placement: PlacementParameters(replication: 3, confirmations: 2))
        )
        do throws(Rejection) {
            _ = try hello.judge(certificate: hello.greeting.identity, local: Self.local)
            Issue.record("it was welcomed")
        } catch {
            #expect(error.message.contains("replication 2") && error.message.contains("replication 3"))
        }
    }
}
