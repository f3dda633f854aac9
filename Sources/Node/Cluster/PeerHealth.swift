internal import Cluster
internal import PKI
internal import PeerTransport
internal import WebServer

/// The peers' side of a process in `/healthz`.
enum PeerHealth {
    static func credentials(_ service: CredentialService) -> [ComponentHealth] {
        if let problem = service.problem {
            return [
                ComponentHealth(
                    "certificates",
                    .degraded,
                    detail: "the files are no good, the last good ones are used: \(problem.failure.message)"
                )
            ]
        }
        if service.secondsLeft < 0 {
            return [ComponentHealth("certificates", .unhealthy, detail: "the own certificate has expired")]
        }
        if service.isEnding {
            let days = service.secondsLeft / 86_400
            return [
                ComponentHealth(
                    "certificates",
                    .degraded,
                    detail: "the own certificate ends in \(days) days; renew it (neoscope pki renew)"
                )
            ]
        }
        if service.isListExpired {
            return [
                ComponentHealth(
                    "certificates",
                    .degraded,
                    detail:
                        "the revocation list has expired, and stays in force; sign it again (neoscope pki renew-list)"
                )
            ]
        }
        return [ComponentHealth("certificates", .healthy)]
    }

    /// A clock that the cluster does not go by: reports of this host's own doings have another time than its logs.
    static func clock(_ clock: ClusterClock) -> ComponentHealth {
        guard !clock.agreesWithWall else { return ComponentHealth("clock", .healthy) }
        let seconds = clock.wallNanosecondsAhead / 1_000_000_000
        let side = seconds < 0 ? "behind" : "ahead of"
        return ComponentHealth(
            "clock",
            .degraded,
            detail:
                "this host's clock is \(seconds.magnitude) s \(side) the cluster's time, which is used; set it right"
        )
    }

    /// Whether what the cluster shares could be kept here.
    static func share(_ share: CredentialShare) -> [ComponentHealth] {
        guard let problem = share.problem else { return [ComponentHealth("shared_credentials", .healthy)] }
        let detail = "a collector has newer ones that cannot be kept here: \(problem)"
        return [ComponentHealth("shared_credentials", .degraded, detail: detail)]
    }

    /// Whole rounds of repair that may find something before it counts: the first ones are what mends it.
    private static let roundsMax = 8

    /// Whether repair comes to its end.
    static func repair(_ tally: RepairTally) -> ComponentHealth {
        let found = tally.findings
        guard found.troubledRounds > Self.roundsMax else { return ComponentHealth("repair", .healthy) }
        return ComponentHealth(
            "repair",
            .degraded,
            detail:
                "for \(found.troubledRounds) rounds of comparing, now \(found.unequalPartitions) partitions are not "
                + "the same on their owners, and \(found.lonePartitions) are here alone"
        )
    }

    static func collector(_ collector: Collector, owed: (frames: Int, partitions: Int)) -> [ComponentHealth] {
        let view = collector.view
        let missing = view.records.filter { $0.status == .suspect || $0.status == .dead }.map(\.node.text)
        let present = view.available.filter(\.isPlaced).count
        var components: [ComponentHealth] = []
        if present < view.parameters.confirmations {
            components.append(
                ComponentHealth(
                    "replication",
                    .unhealthy,
                    detail:
                        "\(present) of \(view.parameters.confirmations) nodes that a confirmation needs are there"
                )
            )
        } else if owed.frames > 0 {
            components.append(
                ComponentHealth(
                    "replication",
                    .degraded,
                    detail: "copies of \(owed.frames) frames in \(owed.partitions) partitions are owed"
                )
            )
        } else {
            components.append(ComponentHealth("replication", .healthy))
        }
        components.append(
            ComponentHealth(
                "members",
                missing.isEmpty ? .healthy : .degraded,
                detail: missing.isEmpty ? "" : "do not answer: \(missing.joined(separator: ", "))"
            )
        )
        if collector.record.isLeaving {
            components.append(
                ComponentHealth(
                    "membership",
                    .unhealthy,
                    detail: "this node leaves and hands over; neoscope cluster rejoin takes that back",
                    isNeededForReadiness: true
                )
            )
        }
        let foreign = collector.writes.counts.foreignChunks
        components.append(
            ComponentHealth(
                "placement",
                .healthy,
                detail: foreign == 0 ? "" : "\(foreign) chunks were kept here that other nodes own"
            )
        )
        return components
    }
}
