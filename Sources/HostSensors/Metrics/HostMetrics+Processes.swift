import Telemetry

extension HostMetrics {
    /// The top processes.
    static func addProcesses(_ reading: HostReading, to list: inout HostMetricList) {
        for process in reading.processes { self.add(process, reading, to: &list) }
    }

    private static func add(_ process: ProcessReading, _ reading: HostReading, to list: inout HostMetricList)
    {
        var own = [
            MetricLabel("process.pid", String(process.processID)),
            MetricLabel("process.executable.name", process.name),
        ]
        if let cgroup = process.cgroup { own.append(MetricLabel("process.linux.cgroup", cgroup)) }
        for (mode, seconds) in [("user", process.userSeconds), ("system", process.systemSeconds)] {
            list.counter("process.cpu.time", "s", seconds, own + [MetricLabel("cpu.mode", mode)])
        }
        if let used = process.cpuCores, let capacity = reading.capacityCores, capacity > 0 {
            list.gauge("process.cpu.utilization", "1", used / capacity, own)
        }
        list.updown("process.memory.usage", "By", process.residentBytes, own)
        list.updown("process.memory.virtual", "By", process.virtualBytes, own)
        if let total = reading.memory[.memTotal], total > 0 {
            let share = Double(process.residentBytes) / Double(total)
            list.gauge("process.memory.utilization", "1", share, own)
        }
        list.updown("process.linux.memory.swap", "By", process.swapBytes, own)
        for (direction, bytes) in [("read", process.io?.readBytes), ("write", process.io?.writtenBytes)] {
            list.counter("process.disk.io", "By", bytes, own + [MetricLabel("disk.io.direction", direction)])
        }
        list.updown("process.thread.count", "{thread}", process.threads, own)
        if let uptime = reading.uptimeSeconds {
            list.gauge("process.uptime", "s", max(0, uptime - process.startSeconds), own)
        }
        let switchType = "process.context_switch.type"
        for (type, count) in [
            ("voluntary", process.voluntarySwitches), ("involuntary", process.involuntarySwitches),
        ] {
            list.counter(
                "process.context_switches",
                "{context_switch}",
                count,
                own + [MetricLabel(switchType, type)]
            )
        }
        for (type, count) in [("minor", process.minorFaults), ("major", process.majorFaults)] {
            let attributes = own + [MetricLabel("system.paging.fault.type", type)]
            list.counter("process.paging.faults", "{fault}", count, attributes)
        }
    }
}
