import OTLPTransport
import Pipeline
import Testing

@testable import Node

@Suite struct ResolvedConfigurationTests {
    private static func yaml(_ key: ConfigurationKey, _ text: String) -> String {
        let parts = key.name.split(separator: ".")
        let lines = parts.enumerated().map { index, part in String(repeating: "  ", count: index) + part + ":"
        }
        return lines.joined(separator: "\n") + " \"\(text)\"\n"
    }

    @Test(arguments: ConfigurationKey.all.map(\.name))
    func `a later layer wins, and each tells its origin`(name: String) async throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        let file = Self.yaml(key, key.otherText)
        let environment = [key.environmentName: key.otherText + " "]
        let arguments = [name: key.otherText + "  "]
        func entry(
            _ file: String,
            _ environment: [String: String],
            _ arguments: [String: String]
        ) async throws -> (entry: ResolvedConfiguration.Entry?, path: String) {
            let (resolved, path) = try await ResolvedConfiguration.layered(
                file: file,
                environment: environment,
                arguments: arguments
            )
            #expect(resolved.problems.isEmpty, "\(resolved.problems)")
            return (resolved.entries.first { $0.key.name == name }, path)
        }
        let standard = try await entry("", [:], [:]).entry
        #expect(standard?.origin == .standard && standard?.text == key.standard)
        let (fromFile, path) = try await entry(file, [:], [:])
        #expect(fromFile?.origin == .file(path) && fromFile?.text == key.otherText)
        let fromEnvironment = try await entry(file, environment, [:]).entry
        #expect(fromEnvironment?.origin == .environment(key.environmentName))
        #expect(fromEnvironment?.text == key.otherText + " ")
        let fromArguments = try await entry(file, environment, arguments).entry
        #expect(fromArguments?.origin == .argument)
        #expect(fromArguments?.text == key.otherText + "  ")
    }

    @Test(arguments: ConfigurationKey.all.map(\.name))
    func `a value other than the default is taken`(name: String) async throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        var file = Self.yaml(key, key.otherText)
        // One limit depends on another.
        if name == "otlp.request_bytes_max" { file += "  in_flight_bytes_max: 1GiB\n" }
        let resolved = try await ResolvedConfiguration.layered(file: file).configuration
        #expect(resolved.allProblems().isEmpty)
        #expect(resolved[name] == key.otherText)
    }

    @Test func `a file's numbers, truth values and lists are read as they stand`() async throws {
        let file = """
            threads: 3
            sensors: {enabled: false, interval: 2s}
            sampling:
              share: 0.5
            otlp:
              cors_origins: [ "https://a.example", 'https://b.example' ]
            redaction:
              attributes: []
              log_events: "one, two"
            host:
              name: null
            """
        let resolved = try await ResolvedConfiguration.layered(file: file).configuration
        #expect(resolved.problems.isEmpty)
        #expect(resolved["threads"] == "3")
        #expect(resolved["sensors.enabled"] == "false")
        #expect(resolved["sampling.share"] == "0.5")
        #expect(resolved["otlp.cors_origins"] == "https://a.example, https://b.example")
        #expect(resolved["redaction.attributes"] == "")
        let configuration = try NodeConfiguration(resolved, environment: [:])
        #expect(configuration.edge.contentKeys.isEmpty)
        #expect(configuration.edge.contentEvents == ["one", "two"])
        #expect(configuration.crossOrigin.origins == ["https://a.example", "https://b.example"])
        #expect(configuration.sensors == nil)
        #expect(configuration.hostName == "")
    }

    @Test func `unknown keys are told with the nearest known one`() async throws {
        let (resolved, path) = try await ResolvedConfiguration.layered(
            file: "otlp:\n  htpp:\n    listen: x\nthread: 1\nstorage: {retention-age: 1d}\n",
            environment: [
                "NEOSCOPE_LOG_LEVL": "info", "NEOSCOPE_FOO": "x", "NEOSCOPE_ENDPOINT": "x",
                "NEOSCOPE_TEST_X": "1", "OTHER": "1",
            ],
            arguments: ["log.levle": "info", "nonsense": "1"]
        )
        #expect(
            resolved.problems.map(\.description).sorted()
                == [
                    "NEOSCOPE_FOO: no such variable",
                    "NEOSCOPE_LOG_LEVL: no such variable; the nearest is NEOSCOPE_LOG_LEVEL",
                    "log.levle: no such key (argument); the nearest is log.level",
                    "nonsense: no such key (argument)",
                    "otlp.htpp.listen: no such key (file \(path)); the nearest is otlp.http.listen",
                    "storage.retention-age: no such key (file \(path)); the nearest is storage.retention_age",
                    "thread: no such key (file \(path)); the nearest is threads",
                ].sorted()
        )
    }

    @Test func `a section is told from a key, with keys below it`() async throws {
        let (resolved, path) = try await ResolvedConfiguration.layered(
            file: "storage: 5\notlp: {http: x}\n",
            arguments: ["log": "info", "": "x"]
        )
        #expect(
            resolved.problems.map(\.description).sorted()
                == [
                    ": no such key (argument)",
                    "log: a section, not a key (argument); below it are keys as log.level",
                    "otlp.http: a section, not a key (file \(path)); below it are keys as otlp.http.listen",
                    "storage: a section, not a key (file \(path)); below it are keys as "
                        + "storage.durability, storage.segment_bytes, storage.segment_age",
                ]
        )
    }

    @Test(arguments: [
        ("foo", nil), ("nonsense", nil), ("thread", "threads"), ("treads", "threads"), ("hreds", nil),
        ("log_level", "log.level"), ("", nil), ("x", nil), ("retention_age", nil),
    ])
    func `only what is close is called the nearest`(word: String, nearest: String?) {
        #expect(Spelling.nearest(word, in: ConfigurationKey.all.map(\.name)) == nearest)
    }

    @Test(arguments: ["storage:\n", "otlp:\n  http:\n", "storage: {}\n"])
    func `a section with nothing in it sets nothing`(text: String) async throws {
        let resolved = try await ResolvedConfiguration.layered(file: text).configuration
        #expect(resolved.allProblems().isEmpty)
    }

    @Test func `arguments that would meet in one path are no crash and set nothing`() async throws {
        let arguments = [
            "otlp.http.listen": "127.0.0.1:1", "otlp..http.listen": "127.0.0.1:2", "": "x", ".": "y",
        ]
        let resolved = try await ResolvedConfiguration.layered(arguments: arguments).configuration
        #expect(resolved["otlp.http.listen"] == "127.0.0.1:1")
        #expect(resolved.problems.count == 3)
    }

    @Test func `a key may be written flat`() async throws {
        let resolved = try await ResolvedConfiguration.layered(file: "otlp.http.listen: 127.0.0.1:1\n")
            .configuration
        #expect(resolved["otlp.http.listen"] == "127.0.0.1:1")
        #expect(resolved.problems.isEmpty)
    }

    @Test(arguments: ["null", "~", ""])
    func `a null sets nothing`(text: String) async throws {
        let file = "host:\n  name: \(text)\nthreads: \(text)\n"
        let resolved = try await ResolvedConfiguration.layered(file: file).configuration
        #expect(resolved.allProblems().isEmpty)
        #expect(resolved["host.name"] == "" && resolved["threads"] == "0")
        #expect(resolved.entries.allSatisfy { $0.origin == .standard })
    }

    @Test(arguments: [
        "just text", "- a\n- b\n", "5", "a: [unclosed", "a: 1\na: 2\n", "\tthreads: 1", "{",
        "threads:\n  - 1\n  x: 2",
    ])
    func `a file that is no mapping of keys is a problem`(text: String) async throws {
        let resolved = try await ResolvedConfiguration.layered(file: text).configuration
        #expect(!resolved.allProblems().isEmpty)
    }

    @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "~\n"])
    func `an empty file sets nothing`(text: String) async throws {
        let resolved = try await ResolvedConfiguration.layered(file: text).configuration
        #expect(resolved.problems.isEmpty)
        #expect(resolved.entries.allSatisfy { $0.origin == .standard })
    }

    @Test func `a file that was named and is not there is a problem`() async {
        let resolved = await ResolvedConfiguration(
            file: "/nowhere/neoscope.yaml",
            environment: [:],
            arguments: [:]
        )
        #expect(resolved.problems.map(\.description) == ["/nowhere/neoscope.yaml: the file does not exist"])
        let folder = await ResolvedConfiguration(file: "/tmp", environment: [:], arguments: [:])
        #expect(folder.problems.count == 1)
    }
}
