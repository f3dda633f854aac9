import Telemetry

extension HostMetrics {
    /// Processor time, run queue, load.
    static func addProcessor(_ reading: HostReading, _ rates: HostRates?, to list: inout HostMetricList) {
        list.gauge("system.uptime", "s", reading.uptimeSeconds)
        for core in reading.cpu.cores {
            self.addTimes(core.times, [MetricLabel("cpu.logical_number", String(core.number))], to: &list)
        }
        // A cgroup's time is not kept by core.
        if reading.cpu.cores.isEmpty, let total = reading.cpu.total { self.addTimes(total, [], to: &list) }
        if let shares = rates?.cpu {
            for mode in CPUMode.allCases {
                let attributes = [MetricLabel("cpu.mode", mode.conventionName)]
                list.gauge("system.cpu.utilization", "1", shares[mode], attributes)
            }
            list.gauge("system.linux.cpu.busy", "1", shares.busy)
        }
        for core in rates?.cores ?? [] {
            let attributes = [MetricLabel("cpu.logical_number", String(core.number))]
            list.gauge("system.linux.cpu.core.busy", "1", core.shares.busy, attributes)
        }
        list.updown("system.cpu.physical.count", "{cpu}", reading.topology.physical.map { UInt64($0) })
        let logical = reading.topology.logical ?? reading.cpu.cores.count
        list.updown("system.cpu.logical.count", "{cpu}", logical > 0 ? UInt64(logical) : nil)
        list.gauge("system.cpu.load_average.1m", "{thread}", reading.load?.oneMinute)
        list.gauge("system.cpu.load_average.5m", "{thread}", reading.load?.fiveMinutes)
        list.gauge("system.cpu.load_average.15m", "{thread}", reading.load?.fifteenMinutes)
        list.gauge("system.linux.run_queue.running", "{task}", reading.cpu.running.map { Double($0) })
        list.gauge("system.linux.run_queue.blocked", "{task}", reading.cpu.blocked.map { Double($0) })
        for core in reading.scheduler {
            let attributes = [MetricLabel("cpu.logical_number", String(core.core))]
            list.seconds("system.linux.run_queue.wait_time", core.waitingNanoseconds, per: 1e9, attributes)
        }
        list.counter("system.linux.context_switches", "{switch}", reading.cpu.contextSwitches)
        list.counter("system.linux.interrupts", "{interrupt}", reading.cpu.interrupts)
    }

    private static func addTimes(
        _ times: CPUTimes,
        _ attributes: [MetricLabel],
        to list: inout HostMetricList
    ) {
        for mode in CPUMode.allCases {
            let mode = (label: MetricLabel("cpu.mode", mode.conventionName), time: times[mode])
            list.seconds("system.cpu.time", mode.time, per: 1e6, [mode.label] + attributes)
        }
    }

    /// Pressure, as the kernel's totals and averages.
    static func addPressure(_ reading: HostReading, to list: inout HostMetricList) {
        for (resource, pressure) in reading.pressure.all {
            let prefix = "system.\(resource.rawValue).linux.pressure."
            for (kind, stall) in [("some", pressure.some), ("full", pressure.full)] {
                let attributes = [MetricLabel("system.pressure.stall_type", kind)]
                list.seconds(prefix + "total", stall?.totalMicroseconds, per: 1e6, attributes)
                list.gauge(prefix + "10s", "1", stall?.average10, attributes)
                list.gauge(prefix + "1m", "1", stall?.average60, attributes)
                list.gauge(prefix + "5m", "1", stall?.average300, attributes)
            }
        }
    }
}
