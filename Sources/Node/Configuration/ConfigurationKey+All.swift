internal import Telemetry

extension ConfigurationKey {
    /// Every key, in the order in which people should read them.
    package static let all: [ConfigurationKey] = Self.host + Self.peers + Self.telemetry

    private static let host: [ConfigurationKey] = [
        ConfigurationKey(
            name: "data_dir",
            kind: .text,
            standard: "",
            meaning:
                "Folder for everything stored; empty means $STATE_DIRECTORY, else /var/lib/neoscope as root, "
                + "else ~/.local/state/neoscope."
        ),
        ConfigurationKey(
            name: "host.name",
            kind: .text,
            standard: "",
            meaning: "Name of this host in reports; empty means the system's host name."
        ),
        ConfigurationKey(
            name: "host.id",
            kind: .text,
            standard: "",
            meaning: "Stable id of this host; empty means the machine id, hashed."
        ),
        ConfigurationKey(
            name: "api.listen",
            kind: .address,
            standard: "127.0.0.1:8900",
            meaning: "Where the API, health and /metrics are served; beyond loopback only through TLS."
        ),
        ConfigurationKey(
            name: "api.tls",
            kind: .choice(["auto", "off", "on"]),
            standard: "auto",
            meaning:
                "Whether the API speaks TLS, with the certificate of tls.*: auto = a collector's does, an agent's "
                + "where its certificate names a host, that of neoscope up does not."
        ),
        ConfigurationKey(
            name: "api.open_loopback",
            kind: .choice(["auto", "off", "on"]),
            standard: "auto",
            meaning:
                "Whether everybody of this machine may read without a credential: auto = where the API speaks "
                + "without TLS."
        ),
        ConfigurationKey(
            name: "api.tokens_file",
            kind: .text,
            standard: "",
            meaning:
                "Tokens of readers and of OTLP clients, as `neoscope token create` makes them; read again when it "
                + "changes, and united with those of other collectors."
        ),
    ]

    private static let telemetry: [ConfigurationKey] = [
        ConfigurationKey(
            name: "otlp.http.listen",
            kind: .address,
            standard: "127.0.0.1:4318",
            meaning: "Where OTLP over HTTP is taken in, protobuf and JSON."
        ),
        ConfigurationKey(
            name: "otlp.grpc.listen",
            kind: .address,
            standard: "127.0.0.1:4317",
            meaning: "Where OTLP over gRPC is taken in."
        ),
        ConfigurationKey(
            name: "otlp.tls",
            kind: .choice(["auto", "off", "on"]),
            standard: "auto",
            meaning:
                "Whether the OTLP doors speak TLS, and ask for a certificate or a token of scope write: auto = a "
                + "door beyond loopback does."
        ),
        ConfigurationKey(
            name: "otlp.request_bytes_max",
            kind: .bytes(1024...(64 << 20)),
            standard: "20MiB",
            meaning: "Largest request after decompression; larger ones get 413."
        ),
        ConfigurationKey(
            name: "otlp.in_flight_bytes_max",
            kind: .bytes((1 << 20)...(64 << 30)),
            standard: "128MiB",
            meaning: "Request bodies held at once by all connections; beyond, senders get 429 and come back."
        ),
        ConfigurationKey(
            name: "otlp.connections_max",
            kind: .count(1...1_000_000),
            standard: "4096",
            meaning: "Open connections of both doors together; further ones are closed."
        ),
        ConfigurationKey(
            name: "otlp.idle_timeout",
            kind: .duration(seconds: 1...86400),
            standard: "60s",
            meaning: "A connection that neither sends nor waits for an answer this long is closed."
        ),
        ConfigurationKey(
            name: "otlp.cors_origins",
            kind: .list,
            standard: "http://localhost:*, http://127.0.0.1:*",
            meaning: "Web pages that may send telemetry; * at the end stands for any port."
        ),
        ConfigurationKey(
            name: "threads",
            kind: .count(0...64),
            standard: "0",
            meaning: "Event loops that take telemetry in; 0 means one per core, at most 4."
        ),
        ConfigurationKey(
            name: "storage.durability",
            kind: .choice(["always", "batch", "os"]),
            standard: "batch",
            meaning:
                "When an answer is sent: always = after an fdatasync of its own, batch = after one shared with "
                + "others, os = after the write."
        ),
        ConfigurationKey(
            name: "storage.segment_bytes",
            kind: .bytes((1 << 20)...(1 << 30)),
            standard: "64MiB",
            meaning: "A segment is sealed at this size."
        ),
        ConfigurationKey(
            name: "storage.segment_age",
            kind: .duration(seconds: 1...86400),
            standard: "5m",
            meaning: "A segment is sealed at this age."
        ),
        ConfigurationKey(
            name: "storage.retention_age",
            kind: .duration(seconds: 60...(10 * 366 * 86400)),
            standard: "7d",
            meaning: "Everything older is removed."
        ),
        ConfigurationKey(
            name: "storage.retention_bytes",
            kind: .bytes(0...(1 << 50)),
            standard: "0",
            meaning: "The oldest is removed while more is stored; 0 means a tenth of the disk."
        ),
        ConfigurationKey(
            name: "storage.low_disk_bytes",
            kind: .bytes(0...(1 << 50)),
            standard: "512MiB",
            meaning: "While the disk has less free, telemetry is refused with 503, before the disk is full."
        ),
        ConfigurationKey(
            name: "storage.scrub_bytes_per_second",
            kind: .bytes(0...(1 << 30)),
            standard: "160KiB",
            meaning: "What is stored is read again so fast, to find damage: 100 GB in a week; 0 for never."
        ),
        ConfigurationKey(
            name: "storage.slots_10s_age",
            kind: .duration(seconds: 60...(10 * 366 * 86400)),
            standard: "6h",
            meaning: "Aggregates keep windows of ten seconds this long, then windows of a minute."
        ),
        ConfigurationKey(
            name: "storage.slots_1m_age",
            kind: .duration(seconds: 60...(10 * 366 * 86400)),
            standard: "3d",
            meaning: "Aggregates keep windows of a minute this long, then windows of an hour."
        ),
        ConfigurationKey(
            name: "storage.tail_after",
            kind: .duration(seconds: 60...(10 * 366 * 86400)),
            standard: "1h",
            meaning: "Traces younger than this are all kept; older ones by storage.tail_share."
        ),
        ConfigurationKey(
            name: "storage.tail_share",
            kind: .share,
            standard: "1",
            meaning:
                "Share of old traces kept beside those with errors, slow for their operation, costly or flagged."
        ),
        ConfigurationKey(
            name: "storage.tail_costly_tokens",
            kind: .count(1...1_000_000_000),
            standard: "50000",
            meaning: "A trace that used so many tokens is costly, and kept."
        ),
        ConfigurationKey(
            name: "sensors.enabled",
            kind: .flag,
            standard: "true",
            meaning: "Whether this host is sampled."
        ),
        ConfigurationKey(
            name: "sensors.interval",
            kind: .duration(seconds: 1...60),
            standard: "1s",
            meaning: "Time between two samples."
        ),
        ConfigurationKey(
            name: "sensors.root",
            kind: .text,
            standard: "/",
            meaning: "Where /proc and /sys of the sampled host are mounted."
        ),
        ConfigurationKey(
            name: "sensors.cgroup",
            kind: .text,
            standard: "",
            meaning: "A cgroup that is reported as if it were the host; empty for the whole host."
        ),
        ConfigurationKey(
            name: "sensors.top_processes",
            kind: .count(0...100),
            standard: "10",
            meaning: "How many processes are followed by CPU, by memory and by IO."
        ),
        ConfigurationKey(
            name: "redaction.capture_content",
            kind: .flag,
            standard: "false",
            meaning: "Whether prompts, tool arguments and results are stored; they are redacted otherwise."
        ),
        ConfigurationKey(
            name: "redaction.attributes",
            kind: .list,
            standard: AttributeFilter.contentKeys.joined(separator: ", "),
            meaning: "Attribute keys whose values are content; * at the end stands for any ending."
        ),
        ConfigurationKey(
            name: "redaction.log_events",
            kind: .list,
            standard: "gen_ai.*",
            meaning: "Log events whose bodies are content."
        ),
        ConfigurationKey(
            name: "sampling.share",
            kind: .share,
            standard: "1",
            meaning: "Share of traces that is kept; rates, errors and durations are counted before."
        ),
        ConfigurationKey(
            name: "series.max",
            kind: .count(10...1_000_000),
            standard: "20000",
            meaning: "Different series per window and edge; beyond, values go to an overflow series."
        ),
        ConfigurationKey(
            name: "series.per_service_max",
            kind: .count(10...1_000_000),
            standard: "500",
            meaning: "Different series per window and service."
        ),
        ConfigurationKey(
            name: "series.services_max",
            kind: .count(2...100_000),
            standard: "2000",
            meaning: "Services with series of their own."
        ),
        ConfigurationKey(
            name: "models.prices_file",
            kind: .text,
            standard: "",
            meaning: "YAML list of model prices; a model without a row has no cost. See configs/prices.yaml."
        ),
        ConfigurationKey(
            name: "log.level",
            kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            standard: "info",
            meaning: "What is written to standard error."
        ),
    ]
}
