import Pipeline
import Testing

@testable import Node

@Suite struct NodeConfigurationTests {
    @Test func `every value that is wrong is told, at once`() async throws {
        let file = """
            api: {listen: nowhere}
            otlp: {http: {listen: "0.0.0.0:4318"}, request_bytes_max: 1, idle_timeout: soon, connections_max: 0}
            storage: {durability: never, segment_bytes: 5, tail_share: 2, retention_age: 1s, tail_costly_tokens: -1}
            sensors: {enabled: maybe, interval: 0s, top_processes: 1000}
            series: {max: 1, services_max: 0}
            models: {prices_file: /nowhere/prices.yaml}
            log: {level: loud}
            threads: 65
            colour: red
            """
        let resolved = try await ResolvedConfiguration.layered(
            file: file,
            environment: ["NEOSCOPE_SAMPLING_SHARE": "half"],
            arguments: ["storage.low_disk_bytes": "lots"]
        ).configuration
        let problems = resolved.allProblems()
        let places = [
            "api.listen", "otlp.http.listen", "otlp.request_bytes_max", "otlp.idle_timeout",
            "otlp.connections_max",
            "storage.durability", "storage.segment_bytes", "storage.tail_share", "storage.retention_age",
            "storage.tail_costly_tokens", "sensors.enabled", "sensors.interval", "sensors.top_processes",
            "series.max",
            "series.services_max", "models.prices_file", "log.level", "threads", "colour", "sampling.share",
            "storage.low_disk_bytes",
        ]
        for place in places { #expect(problems.count { $0.hasPrefix(place + ": ") } == 1, "\(place)") }
        #expect(problems.count == places.count)
        #expect(
            problems.contains(
                "sampling.share: expected a share, 0 to 1, not \"half\" (environment NEOSCOPE_SAMPLING_SHARE)"
            )
        )
        #expect(
            problems.contains {
                $0.hasPrefix("storage.low_disk_bytes: expected a size such as 64MiB, 0 to ")
                    && $0.hasSuffix("\"lots\" (argument)")
            }
        )
    }

    @Test(
        arguments: ConfigurationKey.all.map(\.name),
        ["", "rubbish", "-1", "99999999999999999999", "\u{0}", "NaN"]
    )
    func `no text crashes`(name: String, text: String) async throws {
        _ = try await ResolvedConfiguration.layered(arguments: [name: text]).configuration.allProblems()
    }

    @Test(arguments: [
        "0.0.0.0:1", "192.168.1.1:1", "[::]:1", "example.com:1", "127.evil.example:1",
        "127.0.0.1.evil.example:1",
        "127.0.0.256:1", "127.1:1", "localhost.evil.example:1", "[::2]:1",
    ])
    func `addresses that others can reach are refused`(address: String) async throws {
        for key in ["api.listen", "otlp.http.listen", "otlp.grpc.listen"] {
            let resolved = try await ResolvedConfiguration.layered(arguments: [key: address]).configuration
            let problems = resolved.allProblems()
            #expect(
                problems.count == 1 && problems[0].hasPrefix("\(key): expected a loopback address"),
                "\(problems)"
            )
        }
    }

    @Test(arguments: ["127.0.0.1:0", "127.9.9.9:65535", "localhost:80", "[::1]:80"])
    func `loopback addresses are taken`(address: String) async throws {
        let resolved = try await ResolvedConfiguration.layered(arguments: ["api.listen": address])
            .configuration
        #expect(resolved.allProblems().isEmpty)
    }

    @Test func `a request must fit in flight`() async throws {
        let arguments = ["otlp.request_bytes_max": "8MiB", "otlp.in_flight_bytes_max": "4MiB"]
        let resolved = try await ResolvedConfiguration.layered(arguments: arguments).configuration
        #expect(
            resolved.allProblems() == [
                "otlp.in_flight_bytes_max: expected at least otlp.request_bytes_max (8388608)"
            ]
        )
    }

    @Test(arguments: [
        (["STATE_DIRECTORY": "/run/a:/run/b"], false, "/run/a"),
        (["STATE_DIRECTORY": ""], true, "/var/lib/neoscope"),
        ([:], true, "/var/lib/neoscope"), (["HOME": "/home/x"], false, "/home/x/.local/state/neoscope"),
        (["HOME": "/home/x", "XDG_STATE_HOME": "/s"], false, "/s/neoscope"),
        (["HOME": "/home/x", "XDG_STATE_HOME": ""], false, "/home/x/.local/state/neoscope"),
        (["HOME": "/home/x", "XDG_STATE_HOME": "relative"], false, "/home/x/.local/state/neoscope"),
        (["HOME": ""], false, "/tmp/.local/state/neoscope"), ([:], false, "/tmp/.local/state/neoscope"),
    ])
    func `the standard data directory`(environment: [String: String], isRoot: Bool, path: String) {
        #expect(NodeConfiguration.standardDataDirectory(environment, isRoot: isRoot) == path)
    }

    @Test func `capturing content empties the lists of what is redacted`() async throws {
        let arguments = ["redaction.capture_content": "true"]
        let resolved = try await ResolvedConfiguration.layered(arguments: arguments).configuration
        let configuration = try NodeConfiguration(resolved, environment: [:])
        #expect(configuration.edge.contentKeys.isEmpty && configuration.edge.contentEvents.isEmpty)
    }
}
