extension ConfigurationKey {
    /// What concerns peers: the cluster of collectors, and agents that send to it.
    static let peers: [ConfigurationKey] = [
        ConfigurationKey(
            name: "cluster.listen",
            kind: .address,
            standard: "127.0.0.1:7940",
            meaning: "Where a collector is reached by agents and other collectors, always by mutual TLS."
        ),
        ConfigurationKey(
            name: "cluster.advertise",
            kind: .text,
            standard: "",
            meaning: "HOST:PORT under which others reach this collector; empty means cluster.listen."
        ),
        ConfigurationKey(
            name: "cluster.seeds",
            kind: .list,
            standard: "",
            meaning: "HOST:PORT of collectors at which an agent or a further collector finds the cluster."
        ),
        ConfigurationKey(
            name: "cluster.zone",
            kind: .text,
            standard: "",
            meaning: "Where a collector stands; copies are spread over zones."
        ),
        ConfigurationKey(
            name: "cluster.replication",
            kind: .count(1...5),
            standard: "2",
            meaning:
                "Copies of everything where a cluster begins, the same on all collectors; later "
                + "`neoscope cluster parameters` changes it."
        ),
        ConfigurationKey(
            name: "cluster.confirmations",
            kind: .count(0...5),
            standard: "0",
            meaning:
                "Copies before an agent lets go; 0 means 2, or 1 where there is but one copy. The same everywhere."
        ),
        ConfigurationKey(
            name: "cluster.accept_one_copy",
            kind: .flag,
            standard: "false",
            meaning:
                "Whether a collector's own OTLP doors take telemetry while only one copy is safe; they answer 503 "
                + "otherwise."
        ),
        ConfigurationKey(
            name: "cluster.connections_max",
            kind: .count(1...1_000_000),
            standard: "4096",
            meaning: "Open connections of peers; further ones are closed."
        ),
        ConfigurationKey(
            name: "cluster.format",
            kind: .count(1...2),
            standard: "2",
            meaning:
                "The newest version of frames that this process writes and asks for: that of the oldest program in the cluster, "
                + "while programs are replaced one by one; 1 has no counts of distinct things."
        ),
        ConfigurationKey(
            name: "cluster.repair_bytes_per_second",
            kind: .bytes((1 << 10)...(1 << 40)),
            standard: "32MiB",
            meaning:
                "Bytes of missing copies that a collector fetches from others in a second: a quarter of a gigabit link."
        ),
        ConfigurationKey(
            name: "tls.ca",
            kind: .text,
            standard: "",
            meaning: "Certificate of the cluster's authority, as `neoscope pki init` makes it."
        ),
        ConfigurationKey(
            name: "tls.certificate",
            kind: .text,
            standard: "",
            meaning:
                "Certificate of this collector or agent, as `neoscope pki issue` makes it; doors that speak TLS "
                + "show it."
        ),
        ConfigurationKey(
            name: "tls.key",
            kind: .text,
            standard: "",
            meaning: "Private key of the certificate."
        ),
        ConfigurationKey(
            name: "tls.revocation_list",
            kind: .text,
            standard: "",
            meaning:
                "List of revoked certificates; read again when it changes, and replaced by a newer one that another "
                + "collector has. Empty means that nobody is revoked."
        ),
        ConfigurationKey(
            name: "spool.bytes_max",
            kind: .bytes((1 << 20)...(1 << 50)),
            standard: "1GiB",
            meaning:
                "What an agent keeps on disk for a cluster that cannot be reached; beyond, clients get 429."
        ),
        ConfigurationKey(
            name: "spool.age_max",
            kind: .duration(seconds: 60...(7 * 86400)),
            standard: "6h",
            meaning: "What an agent could not deliver for so long is dropped, and counted."
        ),
        ConfigurationKey(
            name: "spool.drop_oldest",
            kind: .flag,
            standard: "false",
            meaning:
                "Whether a full spool drops its oldest telemetry, and counts it, instead of refusing new."
        ),
        ConfigurationKey(
            name: "spool.memory_bytes",
            kind: .bytes(0...(1 << 34)),
            standard: "8MiB",
            meaning: "Frames of the spool that are kept in memory too until they are confirmed."
        ),
    ]
}
