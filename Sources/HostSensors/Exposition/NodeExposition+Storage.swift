import Telemetry

extension NodeExposition {
    /// Disks.
    static func addDisks(_ reading: HostReading, to list: inout MetricFamilyList) {
        func add(
            _ name: String,
            _ help: String,
            _ counter: KeyPath<DiskCounters, UInt64?>,
            kind: MetricFamily.Kind = .counter,
            in unit: (Double) -> Double = { $0 }
        ) {
            list.add(
                "node_disk_" + name,
                kind,
                help,
                reading.disks,
                labels: { [MetricLabel("device", $0.name)] },
                value: { $0[keyPath: counter].map { unit(Double($0)) } }
            )
        }
        let seconds: (Double) -> Double = { $0 / 1000 }
        let bytes: (Double) -> Double = { $0 * Double(DiskCounters.sectorBytes) }
        add("reads_completed_total", "Reads finished.", \.reads)
        add("reads_merged_total", "Reads joined with a neighbour before they were queued.", \.readsMerged)
        add("read_bytes_total", "Bytes read.", \.sectorsRead, in: bytes)
        add("read_time_seconds_total", "Time of all reads, in seconds.", \.readMilliseconds, in: seconds)
        add("writes_completed_total", "Writes finished.", \.writes)
        add("writes_merged_total", "Writes joined with a neighbour before they were queued.", \.writesMerged)
        add("written_bytes_total", "Bytes written.", \.sectorsWritten, in: bytes)
        add("write_time_seconds_total", "Time of all writes, in seconds.", \.writeMilliseconds, in: seconds)
        add("io_now", "Requests under way now.", \.inFlight, kind: .gauge)
        add(
            "io_time_seconds_total",
            "Time with a request under way, in seconds.",
            \.ioMilliseconds,
            in: seconds
        )
        add(
            "io_time_weighted_seconds_total",
            "Time with a request under way, times their number, in seconds.",
            \.weightedMilliseconds,
            in: seconds
        )
        add("discards_completed_total", "Discards finished.", \.discards)
        add(
            "discards_merged_total",
            "Discards joined with a neighbour before they were queued.",
            \.discardsMerged
        )
        add("discarded_sectors_total", "Sectors discarded.", \.sectorsDiscarded)
        add(
            "discard_time_seconds_total",
            "Time of all discards, in seconds.",
            \.discardMilliseconds,
            in: seconds
        )
        add("flush_requests_total", "Flushes finished.", \.flushes)
        add(
            "flush_requests_time_seconds_total",
            "Time of all flushes, in seconds.",
            \.flushMilliseconds,
            in: seconds
        )
    }

    /// Filesystems.
    static func addFilesystems(_ reading: HostReading, to list: inout MetricFamilyList) {
        func add(_ name: String, _ help: String, _ value: @escaping (FilesystemReading) -> Double?) {
            list.add(
                "node_filesystem_" + name,
                .gauge,
                help,
                reading.filesystems,
                labels: {
                    [
                        MetricLabel("device", $0.device), MetricLabel("fstype", $0.type),
                        MetricLabel("mountpoint", $0.mountPoint),
                    ]
                },
                value: value
            )
        }
        add("size_bytes", "Size of the filesystem, in bytes.") { ($0.space?.sizeBytes).map { Double($0) } }
        add("free_bytes", "Free space, in bytes.") { ($0.space?.freeBytes).map { Double($0) } }
        add("avail_bytes", "Space free for ordinary users, in bytes.") {
            ($0.space?.availableBytes).map { Double($0) }
        }
        add("files", "Files the filesystem can hold.") { ($0.space?.files).map { Double($0) } }
        add("files_free", "Files that can still be made.") { ($0.space?.filesFree).map { Double($0) } }
        add("readonly", "Whether it is mounted read-only.") { filesystem in
            filesystem.space.map { _ in filesystem.isReadOnly ? 1 : 0 }
        }
        add("device_error", "Whether the filesystem did not answer.") { $0.space == nil ? 1 : 0 }
    }
}
