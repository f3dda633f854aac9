internal import DiskStorage
internal import OTLPTransport
internal import Pipeline
internal import Storage
internal import Telemetry

/// The program's own metrics as families for `/metrics`.
enum OwnMetrics {
    /// The accounts of design 1.6; every signal, stage and reason is always there.
    static func accounts(_ edge: EdgeAccounts, _ store: [Signal: StoreAccount]) -> [MetricFamily] {
        let stored = Signal.allCases.map { signal -> Line in
            let account = store[signal] ?? StoreAccount()
            return Line(
                signal,
                "store",
                [account.received, account.recovered, account.out, account.held, account.duplicate],
                [("write_failed", account.writeFailed)]
            )
        }
        return self.accounts(Self.lines(edge) + stored) + [self.copies(store)]
    }

    /// The accounts of an agent: at its edge, and in its spool, where out means confirmed by the cluster.
    static func accounts(_ edge: EdgeAccounts, spool: [Signal: SpoolAccount]) -> [MetricFamily] {
        let spooled = Signal.allCases.map { signal -> Line in
            let account = spool[signal] ?? SpoolAccount()
            let drops = SpoolDrop.allCases.map { ($0.rawValue, account.dropped[$0] ?? 0) }
            return Line(
                signal,
                "spool",
                [account.received, account.recovered, account.confirmed, account.held, account.duplicate],
                drops + [("write_failed", account.writeFailed), ("sampled", account.journaled)]
            )
        }
        return self.accounts(Self.lines(edge) + spooled)
    }

    /// One signal at one stage.
    private struct Line {
        var labels: [MetricLabel]
        var values: [UInt64]
        var drops: [(reason: String, count: UInt64)]

        init(_ signal: Signal, _ stage: String, _ values: [UInt64], _ drops: [(String, UInt64)]) {
            self.labels = [MetricLabel("signal", signal.name), MetricLabel("stage", stage)]
            self.values = values
            self.drops = drops
        }
    }

    private static func lines(_ edge: EdgeAccounts) -> [Line] {
        Signal.allCases.map { signal in
            let account = edge.bySignal[signal] ?? Account()
            return Line(
                signal,
                "edge",
                [account.received, account.recovered, account.out, account.held, account.duplicate],
                DropReason.allCases.map { ($0.rawValue, account.dropped[$0] ?? 0) }
            )
        }
    }

    private static func accounts(_ lines: [Line]) -> [MetricFamily] {
        var families = [
            MetricFamily("neoscope_items_in_total", help: "Items decoded and admitted.", kind: .counter),
            MetricFamily(
                "neoscope_items_recovered_total",
                help: "Items found in a journal at the start.",
                kind: .counter
            ),
            MetricFamily("neoscope_items_out_total", help: "Items that are safe.", kind: .counter),
            MetricFamily(
                "neoscope_items_held",
                help: "Items admitted and not yet answered for.",
                kind: .gauge
            ),
            MetricFamily("neoscope_items_duplicate_total", help: "Items known already.", kind: .counter),
            MetricFamily(
                "neoscope_items_dropped_total",
                help: "Items admitted and then discarded.",
                kind: .counter
            ),
        ]
        for line in lines {
            for (index, value) in line.values.enumerated() {
                families[index].readings.append(MetricReading(Double(value), labels: line.labels))
            }
            for (reason, count) in line.drops {
                families[5].readings.append(
                    MetricReading(Double(count), labels: line.labels + [MetricLabel("reason", reason)])
                )
            }
        }
        return families
    }

    /// What was left open by earlier processes and will never be told.
    static func givenUp(_ givenUp: LostWindows.GivenUp) -> MetricFamily {
        var family = MetricFamily(
            "neoscope_recovery_given_up_total",
            help: "Doors and metrics of earlier starts whose windows are not told whole.",
            kind: .counter
        )
        for (kind, count) in [("door", Double(givenUp.doors)), ("metric", Double(givenUp.metrics))] {
            family.readings.append(MetricReading(count, labels: [MetricLabel("kind", kind)]))
        }
        return family
    }

    /// Copies stand beside the accounts: an item counts once in the cluster, wherever its copies are.
    private static func copies(_ store: [Signal: StoreAccount]) -> MetricFamily {
        var family = MetricFamily(
            "neoscope_items_copied_total",
            help: "Items of further copies that other nodes sent.",
            kind: .counter
        )
        for signal in Signal.allCases {
            let account = store[signal] ?? StoreAccount()
            let outcomes = [
                ("stored", account.copy), ("duplicate", account.copyDuplicate),
                ("failed", account.copyFailed),
            ]
            for (outcome, count) in outcomes {
                let labels = [MetricLabel("signal", signal.name), MetricLabel("outcome", outcome)]
                family.readings.append(MetricReading(Double(count), labels: labels))
            }
        }
        return family
    }

    /// What the doors turned away or changed.
    static func ingest(_ edge: EdgeAccounts, _ gauge: IngestGauge) -> [MetricFamily] {
        var refused = MetricFamily(
            "neoscope_refused_requests_total",
            help: "Requests refused whole.",
            kind: .counter
        )
        var rejected = MetricFamily(
            "neoscope_rejected_items_total",
            help: "Items refused one by one.",
            kind: .counter
        )
        for signal in Signal.allCases where signal != .slots {
            for (reason, count) in (edge.refused[signal] ?? [:]).sorted(by: { $0.key < $1.key }) {
                refused.readings.append(
                    MetricReading(
                        Double(count),
                        labels: [MetricLabel("signal", signal.name), MetricLabel("reason", reason)]
                    )
                )
            }
            for reason in ItemDefect.allCases {
                guard let count = edge.rejected[signal]?[reason] else { continue }
                rejected.readings.append(
                    MetricReading(
                        Double(count),
                        labels: [MetricLabel("signal", signal.name), MetricLabel("reason", reason.reason)]
                    )
                )
            }
        }
        return [
            refused, rejected,
            self.one(
                "neoscope_redacted_values_total",
                "Values redacted as content.",
                .counter,
                Double(edge.redacted)
            ),
            self.one(
                "neoscope_series_overflow_total",
                "Values counted under an overflow series.",
                .counter,
                Double(edge.overflowed)
            ),
            self.one(
                "neoscope_points_impossible_total",
                "Points of closed windows that contradict themselves: kept, and not counted.",
                .counter,
                Double(edge.impossible)
            ),
            self.one(
                "neoscope_spans_reversed_total",
                "Spans that end before they start.",
                .counter,
                Double(edge.reversed)
            ),
            self.one(
                "neoscope_ingest_in_flight_bytes",
                "Request bodies held at the moment.",
                .gauge,
                Double(gauge.inFlightBytes)
            ),
            self.one(
                "neoscope_ingest_connections",
                "Open connections of the OTLP doors.",
                .gauge,
                Double(gauge.openConnections)
            ),
        ]
    }

    static func storage(_ counters: StoreCounters) -> [MetricFamily] {
        let totals: [(name: String, help: String, count: UInt64)] =
            [
                ("commits", "Group commits.", counters.commits),
                (
                    "failed_commits", "Group commits that failed; their senders were told.",
                    counters.failedCommits
                ),
                (
                    "clashing_frames", "Frames whose name belonged to other content; kept under a new one.",
                    counters.clashes
                ),
                ("committed_bytes", "Bytes of frames written.", counters.committedBytes),
                ("damaged_bytes", "Bytes set aside as damaged.", counters.damagedBytes),
                ("damaged_frames", "Frames that could not be read.", counters.damagedFrames),
                ("damaged_indexes", "Index files that were written again.", counters.damagedIndexes),
                ("merges", "Merges of segments.", counters.merges),
                ("failed_merges", "Merges that failed; their segments stay.", counters.failedMerges),
                (
                    "thinned_spans", "Spans of old uninteresting traces that tail rules removed.",
                    counters.thinnedSpans
                ),
                ("purged_items", "Items deleted on request.", counters.purgedItems),
            ] + self.scrub(counters.scrub)
        let states: [(name: String, help: String, value: UInt64)] = [
            ("bytes", "Bytes stored, indexes included.", counters.bytes),
            ("segments", "Segments.", counters.segments),
            ("queued_bytes", "Bytes that wait for a commit.", counters.queuedBytes),
        ]
        let expired = MetricFamily(
            "neoscope_storage_expired_items_total",
            help: "Items removed by retention.",
            kind: .counter,
            readings: Signal.allCases.map { signal in
                MetricReading(
                    Double(counters.expiredItems[signal] ?? 0),
                    labels: [MetricLabel("signal", signal.name)]
                )
            }
        )
        return totals.map {
            self.one("neoscope_storage_\($0.name)_total", $0.help, .counter, Double($0.count))
        }
            + states.map { self.one("neoscope_storage_\($0.name)", $0.help, .gauge, Double($0.value)) } + [
                expired
            ]
    }

    private static func scrub(
        _ counts: ScrubCounts
    ) -> [(name: String, help: String, count: UInt64)] {
        [
            ("scrub_passes", "Times that everything stored was read again.", counts.passes),
            ("scrub_bytes", "Bytes that were read again, to find damage.", counts.bytes),
            ("scrub_damaged_frames", "Damaged frames that were found so.", counts.damagedFrames),
            ("scrub_damaged_chunks", "Chunks in them.", counts.damagedChunks),
            ("scrub_damaged_items", "Items in them.", counts.damagedItems),
            ("scrub_mended_segments", "Segments written again without damage.", counts.mendedSegments),
            ("scrub_failures", "Segments that could not be read or mended.", counts.failures),
        ]
    }

    static func one(
        _ name: String,
        _ help: String,
        _ kind: MetricFamily.Kind,
        _ value: Double
    ) -> MetricFamily {
        MetricFamily(name, help: help, kind: kind, readings: [MetricReading(value)])
    }
}
