internal import Cluster
internal import PeerTransport
internal import Telemetry

/// The peers' side of a process as families for `/metrics`.
enum PeerMetrics {
    /// How long the credentials last, and whether the files are good.
    static func credentials(_ service: CredentialService) -> [MetricFamily] {
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
        var members = MetricFamily(
            "neoscope_cluster_members",
            help: "Members by status, as this node sees them.",
            kind: .gauge
        )
        for status in MemberStatus.allCases {
            let count = view.records.count { $0.status == status }
            members.readings.append(
                MetricReading(Double(count), labels: [MetricLabel("status", "\(status)")])
            )
        }
        var rejections = MetricFamily(
            "neoscope_peer_rejections_total",
            help: "Connections and messages of peers that were refused.",
            kind: .counter
        )
        for reason in Rejection.Reason.allCases {
            let count = collector.peers.rejections[reason] ?? 0
            rejections.readings.append(
                MetricReading(Double(count), labels: [MetricLabel("reason", reason.label)])
            )
        }
        var connections = MetricFamily(
            "neoscope_peer_connections",
            help: "Connections that peers opened.",
            kind: .gauge
        )
        for role in [Role.collector, .agent] {
            let count = collector.peers.connections[role] ?? 0
            connections.readings.append(
                MetricReading(Double(count), labels: [MetricLabel("role", role.rawValue)])
            )
        }
        let counts = collector.writes.counts
        var events = MetricFamily(
            "neoscope_write_events_total",
            help: "What happened to frames on the write path.",
            kind: .counter
        )
        for event in WriteTally.Event.allCases {
            events.readings.append(
                MetricReading(
                    Double(counts.events[event] ?? 0),
                    labels: [MetricLabel("event", event.rawValue)]
                )
            )
        }
        var answers = MetricFamily(
            "neoscope_write_answers_total",
            help: "Answers to those who sent frames.",
            kind: .counter
        )
        for verdict in Outcome.Verdict.allCases {
            answers.readings.append(
                MetricReading(
                    Double(counts.verdicts[verdict] ?? 0),
                    labels: [MetricLabel("verdict", verdict.label)]
                )
            )
        }
        return [
            members, rejections, connections, events, answers,
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
                "neoscope_cluster_foreign_chunks_total",
                "Chunks kept here whose partitions were other nodes' at that time.",
                .counter,
                Double(counts.foreignChunks)
            ),
            OwnMetrics.one(
                "neoscope_cluster_owed_partitions",
                "Partitions of those frames.",
                .gauge,
                Double(owed.partitions)
            ),
        ]
    }
}
