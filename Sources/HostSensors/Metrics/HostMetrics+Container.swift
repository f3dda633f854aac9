import Telemetry

extension HostMetrics {
    /// The cgroup that is reported as the host, under the names of containers.
    static func addContainer(
        _ cgroup: CgroupReading,
        _ reading: HostReading,
        _ throttling: ThrottlingRates?,
        to list: inout HostMetricList
    ) {
        let own = [MetricLabel("container.linux.cgroup", cgroup.path)]
        let cpu = cgroup.cpu
        for (mode, time) in [("user", cpu.userMicroseconds), ("system", cpu.systemMicroseconds)] {
            list.seconds("container.cpu.time", time, per: 1e6, own + [MetricLabel("cpu.mode", mode)])
        }
        list.gauge("container.cpu.usage", "{cpu}", throttling?.usedCores, own)
        list.gauge("container.linux.cpu.limit", "{cpu}", reading.capacityCores, own)
        list.gauge("container.linux.cpu.throttled_ratio", "1", throttling?.throttledRatio, own)
        list.counter("container.linux.cpu.periods", "{period}", cpu.periods, own)
        list.counter("container.linux.cpu.throttled_periods", "{period}", cpu.throttledPeriods, own)
        list.seconds("container.linux.cpu.throttled_time", cpu.throttledMicroseconds, per: 1e6, own)
        list.updown("container.memory.usage", "By", cgroup.memoryCurrentBytes, own)
        list.updown("container.memory.available", "By", reading.memory.availableBytes, own)
        list.updown("container.memory.rss", "By", cgroup.residentBytes, own)
        list.updown("container.memory.working_set", "By", cgroup.workingSetBytes, own)
        list.gauge("container.linux.memory.limit", "By", cgroup.memoryLimitBytes.map { Double($0) }, own)
        list.gauge("container.linux.memory.peak", "By", cgroup.memoryPeakBytes.map { Double($0) }, own)
        let events = cgroup.events
        for (name, count) in [
            ("low", events.low), ("high", events.high), ("max", events.max), ("oom", events.outOfMemory),
            ("oom_kill", events.kills),
        ] {
            list.counter(
                "container.linux.memory.events",
                "{event}",
                count,
                own + [MetricLabel("event", name)]
            )
        }
        let major = cgroup.majorFaults
        self.addFaults("container.paging.faults", all: cgroup.faults, major: major, own, to: &list)
        for device in cgroup.io {
            let known = reading.disks.first { $0.major == device.major && $0.minor == device.minor }
            let label = MetricLabel("system.device", known?.name ?? "\(device.major):\(device.minor)")
            for (direction, bytes, operations) in [
                ("read", device.readBytes, device.reads), ("write", device.writtenBytes, device.writes),
            ] {
                let attributes = own + [label, MetricLabel("disk.io.direction", direction)]
                list.counter("container.disk.io", "By", bytes, attributes)
                list.counter("container.linux.disk.operations", "{operation}", operations, attributes)
            }
        }
        list.updown("container.linux.process.count", "{process}", cgroup.processes, own)
        list.updown("container.linux.process.limit", "{process}", cgroup.processLimit, own)
    }
}
