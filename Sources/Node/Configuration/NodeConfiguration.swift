package import DiskStorage
internal import Foundation
package import HostSensors
package import Logging
package import OTLPTransport
package import Pipeline
internal import Storage
internal import Telemetry

/// A whole, valid configuration; frozen for the life of the process.
package struct NodeConfiguration: Sendable {
    /// Where to listen.
    package struct Address: Equatable, Sendable {
        /// A name or a numeric address; IPv6 without brackets.
        package var host: String
        /// 0 lets the system choose.
        package var port: Int

        /// Whether only this machine can reach it.
        package var isLoopback: Bool { Self.isLoopback(self.host) }

        /// Whether it stands for all addresses of this machine, and so is none that others could call.
        var isWildcard: Bool { ["0.0.0.0", "::", "*"].contains(self.host) }

        /// Whether a name or a numeric address can be nothing but this machine.
        package static func isLoopback(_ host: String) -> Bool {
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            // Not just any name that begins with 127.
            let isNumeric = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
            return host == "localhost" || host == "::1" || isNumeric
        }
    }

    /// The folder that everything is stored in.
    package var dataDirectory: String
    /// This host's name in reports; empty means the system's.
    package var hostName: String
    /// This host's stable id; empty means the machine id, hashed.
    package var hostID: String
    /// What the process is in its cluster.
    package var role: NodeRole
    /// What it is told about its cluster.
    package var peers: PeerConfiguration
    /// Where the API, health and metrics are served.
    package var api: Address
    /// Where OTLP over HTTP is taken in.
    package var otlpHTTP: Address
    /// Where OTLP over gRPC is taken in.
    package var otlpGRPC: Address
    /// How the API and the OTLP doors are guarded.
    package var doors: DoorSettings
    /// Event loops of the doors; at least one.
    package var threads: Int
    /// What the doors take at most.
    package var ingest: IngestLimits
    /// Web pages that may send.
    package var crossOrigin: CrossOrigin
    /// Redaction, sampling, series limits and prices.
    package var edge: EdgeOptions
    /// Durability, segments, retention and rollups.
    package var store: StoreOptions
    /// How this host is sampled; nil where it is not.
    package var sensors: HostSensorOptions?
    /// Time between two samples.
    package var sensorInterval: Duration
    /// What is written to standard error.
    package var logLevel: Logger.Level

    /// Reads and checks every value.
    ///
    /// - Throws: ``ConfigurationProblems`` with all of them at once.
    package init(
        _ resolved: ResolvedConfiguration,
        role: NodeRole = .single,
        environment: [String: String]
    ) throws {
        var values = ValueReader(resolved)
        self.role = role
        self.dataDirectory = values.text("data_dir")
        if self.dataDirectory.isEmpty { self.dataDirectory = Self.standardDataDirectory(environment) }
        self.hostName = values.text("host.name")
        self.hostID = values.text("host.id")
        self.api = values.address("api.listen")
        self.otlpHTTP = values.address("otlp.http.listen")
        self.otlpGRPC = values.address("otlp.grpc.listen")
        self.doors = DoorSettings(
            &values,
            role: role,
            api: self.api,
            otlpHTTP: self.otlpHTTP,
            otlpGRPC: self.otlpGRPC
        )
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let threads = values.count("threads")
        self.threads = threads == 0 ? min(max(cores, 1), 4) : threads
        self.ingest = Self.ingestLimits(&values)
        self.crossOrigin = CrossOrigin(origins: values.list("otlp.cors_origins"))
        self.edge = Self.edgeOptions(&values)
        self.store = Self.storeOptions(&values)
        self.peers = PeerConfiguration(
            &values,
            role: role,
            durability: self.store.durability,
            lowDiskBytes: self.store.lowDiskBytes
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
        try values.finish()
    }

    private static func ingestLimits(_ values: inout ValueReader) -> IngestLimits {
        let requestBytes = Int(clamping: values.bytes("otlp.request_bytes_max"))
        let inFlight = Int(clamping: values.bytes("otlp.in_flight_bytes_max"))
        if inFlight < requestBytes {
            values.problem(
                "otlp.in_flight_bytes_max",
                "expected at least otlp.request_bytes_max (\(requestBytes))"
            )
        }
        return IngestLimits(
            requestBytesMax: max(requestBytes, 1),
            inFlightBytesMax: max(inFlight, requestBytes, 1),
            connectionsMax: max(values.count("otlp.connections_max"), 1),
            idleSeconds: max(Int64(values.seconds("otlp.idle_timeout")), 1)
        )
    }

    private static func storeOptions(_ values: inout ValueReader) -> StoreOptions {
        let retentionBytes = values.bytes("storage.retention_bytes")
        return StoreOptions(
            durability: Durability(rawValue: values.choice("storage.durability")) ?? .batch,
            segmentBytesMax: Int(clamping: values.bytes("storage.segment_bytes")),
            segmentAge: .seconds(values.seconds("storage.segment_age")),
            retentionAge: .seconds(values.seconds("storage.retention_age")),
            retentionBytesMax: retentionBytes == 0 ? nil : retentionBytes,
            lowDiskBytes: values.bytes("storage.low_disk_bytes"),
            scrubBytesPerSecond: Int(clamping: values.bytes("storage.scrub_bytes_per_second")),
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
    }

    private static func edgeOptions(_ values: inout ValueReader) -> EdgeOptions {
        let capture = values.flag("redaction.capture_content")
        var options = EdgeOptions(
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
        options.frameVersionMax = UInt16(clamping: values.count("cluster.format"))
        return options
    }

    /// URL of a collector's API, as others may be told.
    ///
    /// One that listens on every address is reached where its peers' door is.
    package var apiURL: String {
        var host = self.api.host
        if host == "0.0.0.0" || host == "::" {
            let advertised = ConfigurationValue.address(self.peers.advertised)?.host
            host = advertised ?? self.peers.listen.host
        }
        return Self.url(host, self.api.port, isTLS: self.doors.api == .tls)
    }

    /// The URL of an address.
    static func url(_ host: String, _ port: Int, isTLS: Bool) -> String {
        "\(isTLS ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Where data goes when nobody says: systemd's state directory, the system's as root, else the user's.
    package static func standardDataDirectory(
        _ environment: [String: String],
        isRoot: Bool = geteuid() == 0
    ) -> String {
        if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(state) }
        if isRoot { return "/var/lib/neoscope" }
        // An empty variable is the same as none (XDG base directory specification), and so is a relative folder.
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        return (folder("XDG_STATE_HOME") ?? (folder("HOME") ?? "/tmp") + "/.local/state") + "/neoscope"
    }
}
