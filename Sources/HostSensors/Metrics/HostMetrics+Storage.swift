import Telemetry

extension HostMetrics {
    /// Disks: what they moved, and how busy they were.
    static func addDisks(_ reading: HostReading, _ rates: HostRates?, to list: inout HostMetricList) {
        let sector = Double(DiskCounters.sectorBytes)
        for disk in reading.disks {
            let device = MetricLabel("system.device", disk.name)
            let read = [device, MetricLabel("disk.io.direction", "read")]
            let write = [device, MetricLabel("disk.io.direction", "write")]
            list.counter("system.disk.io", "By", disk.sectorsRead, scale: sector, read)
            list.counter("system.disk.io", "By", disk.sectorsWritten, scale: sector, write)
            list.counter("system.disk.operations", "{operation}", disk.reads, read)
            list.counter("system.disk.operations", "{operation}", disk.writes, write)
            list.counter("system.disk.merged", "{operation}", disk.readsMerged, read)
            list.counter("system.disk.merged", "{operation}", disk.writesMerged, write)
            list.seconds("system.disk.operation_time", disk.readMilliseconds, per: 1e3, read)
            list.seconds("system.disk.operation_time", disk.writeMilliseconds, per: 1e3, write)
            list.seconds("system.disk.io_time", disk.ioMilliseconds, per: 1e3, [device])
            list.seconds("system.disk.weighted_io_time", disk.weightedMilliseconds, per: 1e3, [device])
            list.updown("system.disk.pending_operations", "{operation}", disk.inFlight, [device])
        }
        for disk in rates?.disks ?? [] {
            let device = [MetricLabel("system.device", disk.name)]
            list.gauge("system.linux.disk.await", "s", disk.awaitSeconds, device)
            list.gauge("system.linux.disk.queue", "{operation}", disk.averageQueue, device)
            list.gauge("system.linux.disk.utilization", "1", disk.utilization, device)
        }
    }

    /// Filesystems: space and files; the states add up to the limit.
    static func addFilesystems(_ reading: HostReading, to list: inout HostMetricList) {
        let state = "system.filesystem.state"
        for filesystem in reading.filesystems {
            guard let space = filesystem.space else { continue }
            let attributes = [
                MetricLabel("system.device", filesystem.device),
                MetricLabel("system.filesystem.mountpoint", filesystem.mountPoint),
                MetricLabel("system.filesystem.type", filesystem.type),
                MetricLabel("system.filesystem.mode", filesystem.isReadOnly ? "ro" : "rw"),
            ]
            let used = space.sizeBytes > space.freeBytes ? space.sizeBytes &- space.freeBytes : 0
            let reserved =
                space.freeBytes > space.availableBytes ? space.freeBytes &- space.availableBytes : 0
            for (name, bytes) in [("used", used), ("free", space.availableBytes), ("reserved", reserved)] {
                list.updown("system.filesystem.usage", "By", bytes, attributes + [MetricLabel(state, name)])
            }
            list.updown("system.filesystem.limit", "By", space.sizeBytes, attributes)
            list.gauge("system.filesystem.utilization", "1", space.usedShare, attributes)
            // Some filesystems make files as needed and say zero.
            guard space.files > 0, space.files >= space.filesFree else { continue }
            for (name, files) in [("used", space.files &- space.filesFree), ("free", space.filesFree)] {
                let attributes = attributes + [MetricLabel(state, name)]
                list.updown("system.filesystem.inodes.usage", "{inode}", files, attributes)
            }
        }
    }
}
