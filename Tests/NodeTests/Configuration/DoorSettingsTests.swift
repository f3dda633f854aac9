import Testing

@testable import Node

/// Which doors speak TLS, and which addresses that allows.
@Suite struct DoorSettingsTests {
    private static let credentials = [
        "tls.ca": "/pki/ca.crt", "tls.certificate": "/pki/a.crt", "tls.key": "/pki/a.key",
        "cluster.seeds": "127.0.0.1:7940",
    ]

    private static func settings(
        _ role: NodeRole,
        _ arguments: [String: String],
        hasCredentials: Bool = true
    ) async throws -> (doors: DoorSettings?, url: String, problems: [String]) {
        let all = (hasCredentials ? Self.credentials : [:]).merging(arguments) { $1 }
        let resolved = try await ResolvedConfiguration.layered(arguments: all).configuration
        do {
            let configuration = try NodeConfiguration(resolved, role: role, environment: [:])
            return (configuration.doors, configuration.apiURL, [])
        } catch let problems as ConfigurationProblems {
            return (nil, "", problems.problems.map(\.place))
        }
    }

    @Test(arguments: [
        (NodeRole.single, "auto", "127.0.0.1:1", DoorSecurity.plain), (.single, "on", "127.0.0.1:1", .tls),
        (.single, "on", "0.0.0.0:1", .tls), (.single, "off", "[::1]:1", .plain),
        (.collector, "auto", "127.0.0.1:1", .tls), (.collector, "auto", "10.0.0.1:1", .tls),
        (.collector, "off", "127.0.0.1:1", .plain), (.agent, "auto", "127.0.0.1:1", .tlsIfServer),
        (.agent, "auto", "10.0.0.1:1", .tls), (.agent, "on", "127.0.0.1:1", .tls),
        (.agent, "off", "127.0.0.1:1", .plain),
    ])
    func `the API speaks TLS by role, address and wish`(
        role: NodeRole,
        choice: String,
        address: String,
        security: DoorSecurity
    ) async throws {
        let seen = try await Self.settings(role, ["api.tls": choice, "api.listen": address])
        #expect(seen.doors?.api == security, "\(seen)")
        #expect(seen.url.hasPrefix("https://") == (security == .tls))
    }

    @Test(arguments: [
        (NodeRole.single, "api.tls", "auto", "api.listen"), (.single, "api.tls", "off", "api.listen"),
        (.collector, "api.tls", "off", "api.listen"), (.agent, "api.tls", "off", "api.listen"),
        (.collector, "otlp.tls", "off", "otlp.http.listen"), (.agent, "otlp.tls", "off", "otlp.grpc.listen"),
    ])
    func `no door without TLS listens beyond loopback`(
        role: NodeRole,
        key: String,
        choice: String,
        place: String
    ) async throws {
        for address in ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.com:1"] {
            let seen = try await Self.settings(role, [key: choice, place: address])
            #expect(seen.problems == [place], "\(address)")
        }
    }

    @Test func `an OTLP door beyond loopback speaks TLS, and the other stays as it is`() async throws {
        let seen = try await Self.settings(.agent, ["otlp.http.listen": "10.0.0.1:4318"])
        #expect(seen.doors?.otlpHTTP == .tls && seen.doors?.otlpGRPC == .plain)
        let both = try await Self.settings(.agent, ["otlp.tls": "on"])
        #expect(both.doors?.otlpHTTP == .tls && both.doors?.otlpGRPC == .tls)
    }

    @Test func `TLS needs credentials, whatever the role`() async throws {
        let keys = ["tls.ca", "tls.certificate", "tls.key"]
        for choice in ["api.tls", "otlp.tls"] {
            let seen = try await Self.settings(.single, [choice: "on"], hasCredentials: false)
            #expect(seen.problems == keys, "\(choice)")
        }
    }

    @Test func `whether loopback is open is a wish, or follows from TLS`() async throws {
        for (text, wanted) in [("auto", nil), ("on", true), ("off", false)] as [(String, Bool?)] {
            let seen = try await Self.settings(.collector, ["api.open_loopback": text])
            #expect(seen.doors != nil && seen.doors?.isAPIOpen == wanted)
        }
    }

    @Test func `a node that listens everywhere is told by the name that its peers use`() async throws {
        let everywhere = ["api.listen": "0.0.0.0:8900", "cluster.listen": "10.0.0.7:7940"]
        let own = try await Self.settings(.collector, everywhere)
        #expect(own.url == "https://10.0.0.7:8900")
        let told = try await Self.settings(
            .collector,
            everywhere.merging(["cluster.advertise": "[2001:db8::7]:7940"]) { $1 }
        )
        #expect(told.url == "https://[2001:db8::7]:8900")
    }
}
