package import DiskStorage
internal import Foundation
package import HostSensors
package import Logging
package import OTLPTransport
package import Pipeline
internal import Storage
internal import Telemetry
internal import Yams

/// A whole, valid configuration; frozen for the life of the process.
package struct NodeConfiguration: Sendable {
    package struct Address: Equatable, Sendable {
        package var host: String
        package var port: Int

        /// Whether only this machine can reach it.
        package var isLoopback: Bool {
            self.host == "localhost" || self.host == "::1" || self.host.hasPrefix("127.")
        }
    }

    package var dataDirectory: String
    package var hostName: String
    package var api: Address
    package var otlpHTTP: Address
    package var otlpGRPC: Address
    package var threads: Int
    package var ingest: IngestLimits
    package var crossOrigin: CrossOrigin
    package var edge: EdgeOptions
    package var store: StoreOptions
    package var sensors: HostSensorOptions?
    package var sensorInterval: Duration
    package var logLevel: Logger.Level

    /// Reads and checks every value.
    ///
    /// - Throws: ``ConfigurationProblems`` with all of them at once.
    package init(_ resolved: ResolvedConfiguration, environment: [String: String]) throws {
        var values = ValueReader(resolved)
        self.dataDirectory = values.text("data_dir")
        if self.dataDirectory.isEmpty { self.dataDirectory = Self.standardDataDirectory(environment) }
        self.hostName = values.text("host.name")
        self.api = values.address("api.listen")
        self.otlpHTTP = values.address("otlp.http.listen")
        self.otlpGRPC = values.address("otlp.grpc.listen")
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let threads = values.count("threads")
        self.threads = threads == 0 ? min(max(cores, 1), 4) : threads
        let requestBytes = Int(clamping: values.bytes("otlp.request_bytes_max"))
        let inFlight = Int(clamping: values.bytes("otlp.in_flight_bytes_max"))
        if inFlight < requestBytes {
            values.problem("otlp.in_flight_bytes_max", "expected at least otlp.request_bytes_max (\(requestBytes))")
        }
        self.ingest = IngestLimits(
            requestBytesMax: max(requestBytes, 1),
            inFlightBytesMax: max(inFlight, requestBytes, 1),
            connectionsMax: max(values.count("otlp.connections_max"), 1),
            idleSeconds: max(Int64(values.seconds("otlp.idle_timeout")), 1)
        )
        self.crossOrigin = CrossOrigin(origins: values.list("otlp.cors_origins"))
        self.edge = Self.edgeOptions(&values)
        let retentionBytes = values.bytes("storage.retention_bytes")
        self.store = StoreOptions(
            durability: Durability(rawValue: values.choice("storage.durability")) ?? .batch,
            segmentBytesMax: Int(clamping: values.bytes("storage.segment_bytes")),
            segmentAge: .seconds(values.seconds("storage.segment_age")),
            retentionAge: .seconds(values.seconds("storage.retention_age")),
            retentionBytesMax: retentionBytes == 0 ? nil : retentionBytes,
            lowDiskBytes: values.bytes("storage.low_disk_bytes"),
            rollup: RollupPolicy(
                tenSecondsAge: UInt64(values.seconds("storage.slots_10s_age") * 1e9),
                minuteAge: UInt64(values.seconds("storage.slots_1m_age") * 1e9)
            ),
            tail: TailRules(
                after: UInt64(values.seconds("storage.tail_after") * 1e9),
                share: values.share("storage.tail_share"),
                costlyTokens: Double(values.count("storage.tail_costly_tokens"))
            )
        )
        let cgroup = values.text("sensors.cgroup")
        let sensors = HostSensorOptions(
            root: values.text("sensors.root"),
            cgroup: cgroup.isEmpty ? nil : cgroup,
            topProcesses: values.count("sensors.top_processes")
        )
        self.sensors = values.flag("sensors.enabled") ? sensors : nil
        self.sensorInterval = .seconds(values.seconds("sensors.interval"))
        self.logLevel = Logger.Level(rawValue: values.choice("log.level")) ?? .info
        for key in ["api.listen", "otlp.http.listen", "otlp.grpc.listen"] {
            let address = values.address(key)
            if !address.isLoopback {
                values.problem(
                    key,
                    "expected a loopback address: nothing listens beyond it without TLS and an identity"
                )
            }
        }
        try values.finish()
    }

    private static func edgeOptions(_ values: inout ValueReader) -> EdgeOptions {
        let capture = values.flag("redaction.capture_content")
        return EdgeOptions(
            contentKeys: capture ? [] : values.list("redaction.attributes"),
            contentEvents: capture ? [] : values.list("redaction.log_events"),
            sampler: HeadSampler(share: values.share("sampling.share")),
            limits: SeriesLimits(
                seriesMax: max(values.count("series.max"), 1),
                seriesPerServiceMax: max(values.count("series.per_service_max"), 1),
                servicesMax: max(values.count("series.services_max"), 2)
            ),
            prices: values.prices("models.prices_file")
        )
    }

    /// Where data goes when nobody says: systemd's state directory, the system's as root, else the user's.
    package static func standardDataDirectory(_ environment: [String: String]) -> String {
        if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(state) }
        if geteuid() == 0 { return "/var/lib/neoscope" }
        let home = environment["HOME"] ?? "/tmp"
        return (environment["XDG_STATE_HOME"] ?? home + "/.local/state") + "/neoscope"
    }
}

/// Reads typed values out of texts and gathers what is wrong with them.
struct ValueReader {
    private let resolved: ResolvedConfiguration
    private var problems: [ConfigurationProblems.Problem]

    init(_ resolved: ResolvedConfiguration) {
        self.resolved = resolved
        self.problems = resolved.problems
    }

    /// Throws everything that was wrong.
    func finish() throws(ConfigurationProblems) {
        guard self.problems.isEmpty else { throw ConfigurationProblems(self.problems) }
    }

    mutating func problem(_ name: String, _ message: String) {
        self.problems.append(ConfigurationProblems.Problem(place: name, message: message))
    }

    func text(_ name: String) -> String { self.resolved[name] }

    func list(_ name: String) -> [String] { ConfigurationValue.list(self.resolved[name]) }

    mutating func bytes(_ name: String) -> UInt64 {
        self.read(name, "a size such as 64MiB", 0) { text, kind in
            guard case .bytes(let range) = kind else { return nil }
            return ConfigurationValue.bytes(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func seconds(_ name: String) -> Double {
        self.read(name, "a duration such as 5m", 1) { text, kind in
            guard case .duration(let range) = kind else { return nil }
            return ConfigurationValue.seconds(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func count(_ name: String) -> Int {
        self.read(name, "a whole number", 0) { text, kind in
            guard case .count(let range) = kind else { return nil }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func share(_ name: String) -> Double {
        self.read(name, "a share", 1) { text, _ in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }
    }

    mutating func flag(_ name: String) -> Bool {
        self.read(name, "a flag", false) { text, _ in ConfigurationValue.flag(text) }
    }

    mutating func choice(_ name: String) -> String {
        self.read(name, "one of the words", "") { text, kind in
            guard case .choice(let words) = kind else { return nil }
            return words.contains(text) ? text : nil
        }
    }

    mutating func address(_ name: String) -> NodeConfiguration.Address {
        self.read(name, "an address", NodeConfiguration.Address(host: "127.0.0.1", port: 0)) { text, _ in
            ConfigurationValue.address(text).map { NodeConfiguration.Address(host: $0.host, port: $0.port) }
        }
    }

    /// The price table of a file; an empty name gives an empty table.
    mutating func prices(_ name: String) -> PriceTable {
        struct Line: Decodable {
            var model: String
            var input: Double
            var output: Double
            var cache_read: Double?
            var cache_write: Double?
        }
        let path = self.resolved[name]
        guard !path.isEmpty else { return PriceTable(rows: []) }
        do {
            let lines = try YAMLDecoder().decode([Line].self, from: try String(contentsOfFile: path, encoding: .utf8))
            return PriceTable(
                rows: lines.map { line in
                    PriceTable.Row(
                        model: line.model,
                        input: line.input,
                        output: line.output,
                        cacheRead: line.cache_read ?? line.input,
                        cacheWrite: line.cache_write ?? line.input
                    )
                }
            )
        } catch {
            self.problem(name, "expected a readable list of prices in \(path): \(error)")
            return PriceTable(rows: [])
        }
    }

    private mutating func read<Value>(
        _ name: String,
        _ expected: String,
        _ fallback: Value,
        _ parse: (String, ConfigurationKey.Kind) -> Value?
    ) -> Value {
        guard let entry = self.resolved.entries.first(where: { $0.key.name == name }) else {
            assertionFailure("\(name) is no configuration key")
            return fallback
        }
        if let value = parse(entry.text, entry.key.kind) { return value }
        let limit = entry.key.limit
        let problem = ConfigurationProblems.Problem.value(entry, limit.isEmpty ? expected : "\(expected), \(limit)")
        if !self.problems.contains(problem) { self.problems.append(problem) }
        return fallback
    }
}
