package import Cluster
package import DiskStorage
package import PKI
internal import Telemetry

/// What a process is in its cluster.
package enum NodeRole: Sendable {
    /// Everything in one process, and no cluster.
    case single
    /// A node of the cluster.
    case collector
    /// It sends to the cluster.
    case agent
}

/// What a collector or an agent is told about its cluster.
package struct PeerConfiguration: Sendable {
    /// Where a collector is reached.
    package var listen: NodeConfiguration.Address
    /// `host:port` that others are told; empty for `listen`.
    package var advertised: String
    /// Addresses at which the cluster is found.
    package var seeds: [String]
    /// Where a collector stands.
    package var zone: String
    /// What all collectors place by.
    package var placement: PlacementParameters
    /// Whether one copy is enough for the own doors while there are no more.
    package var acceptsOneCopy: Bool
    /// Connections of peers at once.
    package var connectionsMax: Int
    /// The newest version of frames that is written and asked for.
    package var frameVersion: UInt16
    /// What repair fetches in a second.
    package var repairBytesPerSecond: Int
    /// Where the credentials are.
    package var credentials: CredentialFiles
    /// Of an agent.
    package var spool: SpoolOptions

    init(_ values: inout ValueReader, role: NodeRole, durability: Durability, lowDiskBytes: UInt64) {
        self.listen = values.address("cluster.listen")
        self.advertised = values.text("cluster.advertise")
        self.seeds = values.list("cluster.seeds")
        self.zone = values.text("cluster.zone")
        let replication = values.count("cluster.replication")
        let asked = values.count("cluster.confirmations")
        let confirmations = asked == 0 ? PlacementParameters.usualConfirmations(of: replication) : asked
        let placement = PlacementParameters(replication: replication, confirmations: confirmations)
        if placement == nil, role != .single {
            values.problem(
                "cluster.confirmations",
                "expected at most cluster.replication (\(replication)), not \(confirmations)"
            )
        }
        self.placement = placement ?? .standard
        self.acceptsOneCopy = values.flag("cluster.accept_one_copy")
        self.connectionsMax = max(values.count("cluster.connections_max"), 1)
        self.frameVersion = UInt16(clamping: values.count("cluster.format"))
        self.repairBytesPerSecond = max(Int(clamping: values.bytes("cluster.repair_bytes_per_second")), 1)
        let list = values.text("tls.revocation_list")
        self.credentials = CredentialFiles(
            authorities: values.text("tls.ca"),
            certificate: values.text("tls.certificate"),
            key: values.text("tls.key"),
            revocationList: list.isEmpty ? nil : list
        )
        self.spool = SpoolOptions(
            bytesMax: values.bytes("spool.bytes_max"),
            ageMax: .seconds(values.seconds("spool.age_max")),
            durability: durability,
            dropsOldest: values.flag("spool.drop_oldest"),
            memoryBytesMax: Int(clamping: values.bytes("spool.memory_bytes")),
            lowDiskBytes: lowDiskBytes
        )
        guard role != .single else { return }
        self.check(&values, role)
    }

    private func check(_ values: inout ValueReader, _ role: NodeRole) {
        for key in ["tls.ca", "tls.certificate", "tls.key"] where values.text(key).isEmpty {
            values.problem(
                key,
                "expected a path: a cluster's peers know each other by certificates (neoscope pki --help)"
            )
        }
        for seed in self.seeds + (self.advertised.isEmpty ? [] : [self.advertised]) {
            let parts = seed.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count < 2 || Int(parts[parts.count - 1]).map({ (1...65535).contains($0) }) != true
            else {
                continue
            }
            values.problem(
                self.seeds.contains(seed) ? "cluster.seeds" : "cluster.advertise",
                "expected HOST:PORT, not \"\(seed)\""
            )
        }
        if role == .agent, self.seeds.isEmpty {
            values.problem("cluster.seeds", "expected at least one HOST:PORT of a collector")
        }
        if role == .collector, self.advertised.isEmpty { self.checkReach(&values) }
    }

    /// What a collector tells others of itself must lead to it.
    private func checkReach(_ values: inout ValueReader) {
        if self.listen.isWildcard {
            values.problem(
                "cluster.advertise",
                "expected HOST:PORT under which others reach this collector, for it listens on all addresses "
                    + "(cluster.listen is \(self.listen.host))"
            )
        }
        let isFar = self.seeds.contains { seed in
            let host = seed[..<(seed.lastIndex(of: ":") ?? seed.endIndex)]
            return !NodeConfiguration.Address.isLoopback(host.filter { $0 != "[" && $0 != "]" })
        }
        if self.listen.isLoopback, isFar {
            values.problem(
                "cluster.listen",
                "expected an address that the collectors of cluster.seeds can reach, not \(self.listen.host): see --peer"
            )
        }
    }
}
