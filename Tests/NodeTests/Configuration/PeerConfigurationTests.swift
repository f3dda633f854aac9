import Testing

@testable import Node

/// What a process is told about its cluster.
@Suite struct PeerConfigurationTests {
    private static func problems(_ role: NodeRole, _ arguments: [String: String]) async throws -> [String] {
        let credentials = ["tls.ca": "/ca.crt", "tls.certificate": "/a.crt", "tls.key": "/a.key"]
        let all = credentials.merging(arguments) { $1 }
        let resolved = try await ResolvedConfiguration.layered(arguments: all).configuration
        do {
            _ = try NodeConfiguration(resolved, role: role, environment: [:])
            return []
        } catch let problems as ConfigurationProblems { return problems.problems.map(\.place) }
    }

    @Test(arguments: [
        ("127.0.0.1:7940", "", "", nil), ("127.0.0.1:7940", "127.0.0.2:7940", "", nil),
        ("127.0.0.1:7940", "localhost:7940", "", nil), ("[::1]:7940", "[::1]:7941", "", nil),
        ("10.0.0.2:7940", "10.0.0.1:7940", "", nil), ("0.0.0.0:7940", "10.0.0.1:7940", "node-2:7940", nil),
        ("127.0.0.1:7940", "10.0.0.1:7940", "node-2:7940", nil),
        ("127.0.0.1:7940", "10.0.0.1:7940", "", "cluster.listen"),
        ("127.0.0.1:7940", "127.evil.example:7940", "", "cluster.listen"),
        ("127.0.0.1:7940", "[2001:db8::1]:7940", "", "cluster.listen"),
        ("0.0.0.0:7940", "10.0.0.1:7940", "", "cluster.advertise"),
        ("[::]:7940", "", "", "cluster.advertise"),
    ])
    func `what a collector tells others of itself leads to it`(
        listen: String,
        seeds: String,
        advertised: String,
        problem: String?
    ) async throws {
        let values = ["cluster.listen": listen, "cluster.seeds": seeds, "cluster.advertise": advertised]
        #expect(try await Self.problems(.collector, values) == (problem.map { [$0] } ?? []))
        // An agent is called by nobody.
        guard !seeds.isEmpty else { return }
        #expect(try await Self.problems(.agent, values).isEmpty)
    }

    @Test func `copies and confirmations have to make sense together`() async throws {
        #expect(try await Self.problems(.collector, ["cluster.replication": "3"]).isEmpty)
        let wrong = ["cluster.replication": "2", "cluster.confirmations": "3"]
        #expect(try await Self.problems(.collector, wrong) == ["cluster.confirmations"])
    }
}
