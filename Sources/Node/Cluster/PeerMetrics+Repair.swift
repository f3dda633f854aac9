internal import Cluster
internal import PeerTransport
internal import Telemetry

/// What repair and the gossip of totals do, as families for `/metrics`.
extension PeerMetrics {
    static func repair(_ tally: RepairTally) -> [MetricFamily] {
        let (counts, found) = (tally.counts, tally.findings)
        return [
            self.family(
                "neoscope_repair_events_total",
                "What repair did: rounds, chunks fetched from other nodes, minutes and hours given away, and what went wrong.",
                .counter,
                by: "event",
                [
                    ("round", Int(clamping: counts.rounds)),
                    ("fetched_chunk", Int(clamping: counts.fetchedChunks)),
                    ("given_span", Int(clamping: counts.givenSpans)),
                    ("gone_chunk", Int(clamping: counts.goneChunks)),
                    ("unanswered", Int(clamping: counts.unanswered)),
                    ("garbage", Int(clamping: counts.garbage)),
                    ("refused_by_disk", Int(clamping: counts.refused)),
                    ("unsettled_group", Int(clamping: counts.unsettledGroups)),
                ]
            ),
            OwnMetrics.one(
                "neoscope_repair_fetched_bytes_total",
                "Bytes of chunks that other nodes gave.",
                .counter,
                Double(counts.fetchedBytes)
            ),
            self.family(
                "neoscope_repair_partitions",
                "Partitions as the last whole round found them: unequal ones that another owner holds otherwise, lone ones that "
                    + "nobody else holds, foreign ones of which something is held here and not owned.",
                .gauge,
                by: "state",
                [
                    ("unequal", found.unequalPartitions), ("lone", found.lonePartitions),
                    ("foreign", found.foreignPartitions),
                ]
            ),
        ]
    }

    static func aggregates(_ service: AggregateService) -> [MetricFamily] {
        let (counts, refused, windows) = service.figures
        return [
            self.family(
                "neoscope_aggregate_events_total",
                "What the gossip of totals did.",
                .counter,
                by: "event",
                [
                    ("exchange", Int(clamping: counts.exchanges)),
                    ("answered", Int(clamping: counts.answered)),
                    ("unanswered", Int(clamping: counts.unanswered)),
                    ("garbage", Int(clamping: counts.garbage)),
                    ("entry_taken", Int(clamping: counts.entriesTaken)),
                    ("entry_given", Int(clamping: counts.entriesGiven)),
                ]
            ),
            self.family(
                "neoscope_aggregate_refused_total",
                "Slots and totals that were not taken into the totals of the cluster; they are stored all the same.",
                .counter,
                by: "reason",
                AggregateRefusal.allCases.map { ($0.rawValue, Int(clamping: refused[$0] ?? 0)) }
            ),
            OwnMetrics.one(
                "neoscope_aggregate_sent_bytes_total",
                "Bytes of questions and answers about totals.",
                .counter,
                Double(counts.bytesSent)
            ),
            OwnMetrics.one(
                "neoscope_aggregate_windows",
                "Windows of which totals are known.",
                .gauge,
                Double(windows)
            ),
        ]
    }
}
