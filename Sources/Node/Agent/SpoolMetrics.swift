internal import DiskStorage
internal import PeerTransport
internal import Telemetry

/// The spool and the courier as families for `/metrics`.
enum SpoolMetrics {
    static func families(_ counters: SpoolCounters, _ courier: CourierLoop.Status) -> [MetricFamily] {
        let totals: [(name: String, help: String, count: UInt64)] = [
            ("spool_commits", "Group commits of the spool.", counters.commits),
            (
                "spool_failed_commits", "Group commits that failed; their senders were told.",
                counters.failedCommits
            ),
            ("spool_committed_bytes", "Bytes of frames written.", counters.committedBytes),
            ("spool_damaged_bytes", "Bytes set aside as damaged.", counters.damagedBytes),
            ("spool_parts", "Small frames that were taken to be gathered into larger ones.", counters.parts),
            (
                "spool_bare_parts",
                "Small frames that were not gathered and went to the cluster as they were.",
                counters.bareParts
            ),
            (
                "spool_gathered_frames", "Frames that were made of small ones, or anew for another time.",
                counters.gatheredFrames
            ),
            (
                "spool_failed_gatherings", "Gatherings that the disk refused; their parts went as they were.",
                counters.failedGatherings
            ),
            ("courier_resent_frames", "Frames that were sent a second time or more often.", courier.resent),
        ]
        let states: [(name: String, help: String, value: UInt64)] = [
            ("spool_frames", "Frames that wait for their confirmation.", counters.heldFrames),
            ("spool_held_bytes", "Bytes of the frames that wait.", counters.heldBytes),
            ("spool_bytes", "Bytes of the spool's files.", counters.bytes),
            ("spool_memory_bytes", "Bytes of frames in memory.", counters.memoryBytes),
            ("courier_connections", "Collectors that are connected.", UInt64(courier.connected.count)),
        ]
        return totals.map {
            OwnMetrics.one("neoscope_\($0.name)_total", $0.help, .counter, Double($0.count))
        } + states.map { OwnMetrics.one("neoscope_\($0.name)", $0.help, .gauge, Double($0.value)) }
    }
}
