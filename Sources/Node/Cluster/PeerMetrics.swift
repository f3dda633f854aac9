internal import Cluster
internal import PKI
internal import PeerTransport
internal import Telemetry

/// The peers' side of a process as families for `/metrics`.
enum PeerMetrics {
    /// How long the credentials last, and whether the files are good.
    static func clock(_ clock: ClusterClock) -> MetricFamily {
        OwnMetrics.one(
            "neoscope_clock_difference_seconds",
            "By how much the host's clock is ahead of the cluster's time.",
            .gauge,
            Double(clock.wallNanosecondsAhead) / 1e9
        )
    }

    static func credentials(_ service: CredentialService) -> [MetricFamily] {
        self.certificate(service) + self.list(service)
    }

    private static func list(_ service: CredentialService) -> [MetricFamily] {
        guard let number = service.current.verifier.listNumber else { return [] }
        var families = [
            OwnMetrics.one(
                "neoscope_revocation_list_number",
                "The number of the revocation list in force.",
                .gauge,
                Double(number)
            )
        ]
        if let seconds = service.listSecondsLeft {
            families.append(
                OwnMetrics.one(
                    "neoscope_revocation_list_expiry_seconds",
                    "Seconds until another revocation list is expected; negative afterwards, and it stays in force.",
                    .gauge,
                    Double(seconds)
                )
            )
        }
        return families
    }

    /// What became of credentials that other nodes gave.
    static func share(_ share: CredentialShare) -> [MetricFamily] {
        let counts = share.counts
        return [
            self.family(
                "neoscope_shared_credentials_total",
                "Revocation lists and tokens that collectors gave, by what became of them.",
                .counter,
                by: "event",
                CredentialShare.Event.allCases.map { ($0.rawValue, Int(clamping: counts[$0] ?? 0)) }
            )
        ]
    }

    private static func certificate(_ service: CredentialService) -> [MetricFamily] {
        [
            OwnMetrics.one(
                "neoscope_tls_certificate_expiry_seconds",
                "Seconds until the own certificate ends.",
                .gauge,
                Double(service.secondsLeft)
            ),
            OwnMetrics.one(
                "neoscope_tls_reload_failed",
                "1 while the files of the credentials are no good and the last good ones are used.",
                .gauge,
                service.problem == nil ? 0 : 1
            ),
            OwnMetrics.one(
                "neoscope_tls_refused_handshakes_total",
                "Handshakes that failed because of the peer's certificate.",
                .counter,
                Double(service.tls.refused.count)
            ),
        ]
    }

    /// Membership, connections and the write path of a collector.
    static func collector(_ collector: Collector, owed: (frames: Int, partitions: Int)) -> [MetricFamily] {
        let view = collector.view
        let counts = collector.writes.counts
        let (rejections, connections) = (collector.peers.rejections, collector.peers.connections)
        return [
            self.family(
                "neoscope_cluster_members",
                "Members by status, as this node sees them.",
                .gauge,
                by: "status",
                MemberStatus.allCases.map { status in
                    ("\(status)", view.records.count { $0.status == status })
                }
            ),
            self.family(
                "neoscope_peer_rejections_total",
                "Connections and messages of peers that were refused.",
                .counter,
                by: "reason",
                Rejection.Reason.allCases.map { ($0.label, Int(clamping: rejections[$0] ?? 0)) }
            ),
            OwnMetrics.one(
                "neoscope_peer_refused_connections_total",
                "Connections of peers that were closed because there were too many.",
                .counter,
                Double(collector.listener.refusedConnections)
            ),
            self.family(
                "neoscope_peer_connections",
                "Connections that peers opened.",
                .gauge,
                by: "role",
                [Role.collector, .agent].map { ($0.rawValue, connections[$0] ?? 0) }
            ),
            self.family(
                "neoscope_write_events_total",
                "What happened to frames on the write path.",
                .counter,
                by: "event",
                WriteTally.Event.allCases.map { ($0.rawValue, Int(clamping: counts.events[$0] ?? 0)) }
            ),
            self.family(
                "neoscope_write_answers_total",
                "Answers to those who sent frames.",
                .counter,
                by: "verdict",
                Outcome.Verdict.allCases.map { ($0.label, Int(clamping: counts.verdicts[$0] ?? 0)) }
            ),
            OwnMetrics.one(
                "neoscope_cluster_sickness",
                "How much the process's own timers lag, 0 to 8.",
                .gauge,
                Double(collector.sickness)
            ),
            OwnMetrics.one(
                "neoscope_cluster_owed_frames",
                "Frames held here of which a copy is still owed.",
                .gauge,
                Double(owed.frames)
            ),
            OwnMetrics.one(
                "neoscope_cluster_owed_partitions",
                "Partitions of those frames.",
                .gauge,
                Double(owed.partitions)
            ),
        ]
    }

    /// One reading for each value of one label.
    static func family(
        _ name: String,
        _ help: String,
        _ kind: MetricFamily.Kind,
        by label: String,
        _ values: [(String, Int)]
    ) -> MetricFamily {
        MetricFamily(
            name,
            help: help,
            kind: kind,
            readings: values.map { MetricReading(Double($1), labels: [MetricLabel(label, $0)]) }
        )
    }
}
