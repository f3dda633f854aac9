import Telemetry

extension NodeExposition {
    /// Processor time, run queue and load.
    static func addProcessor(_ reading: HostReading, to list: inout MetricFamilyList) {
        let cores = Self.cores(of: reading)
        let times = cores.flatMap { core in
            CPUMode.allCases.map { (core: core.label, mode: $0.rawValue, time: core.times[$0]) }
        }
        let sorted = times.sorted { ($0.core.count, $0.core, $0.mode) < ($1.core.count, $1.core, $1.mode) }
        list.add(
            "node_cpu_seconds_total",
            .counter,
            "Time the processors have spent in each mode since boot, in seconds.",
            sorted,
            labels: { [MetricLabel("cpu", $0.core), MetricLabel("mode", $0.mode)] },
            value: { Double($0.time) / 1e6 }
        )
        let guests = cores.flatMap {
            [($0.label, "nice", $0.times.guestNice), ($0.label, "user", $0.times.guest)]
        }
        list.add(
            "node_cpu_guest_seconds_total",
            .counter,
            "The part of user and nice time that ran virtual machines, in seconds.",
            reading.cgroup == nil ? guests : [],
            labels: { [MetricLabel("cpu", $0.0), MetricLabel("mode", $0.1)] },
            value: { Double($0.2) / 1e6 }
        )
        let cpu = reading.cpu
        list.add(
            "node_context_switches_total",
            .counter,
            cpu.contextSwitches,
            "Switches from one task to another since boot."
        )
        list.add("node_intr_total", .counter, cpu.interrupts, "Interrupts served since boot.")
        list.add("node_forks_total", .counter, cpu.forks, "Processes and threads made since boot.")
        list.add("node_boot_time_seconds", .gauge, cpu.bootTime, "When the machine started, in Unix time.")
        list.add("node_procs_running", .gauge, cpu.running, "Tasks that run or could run now.")
        list.add("node_procs_blocked", .gauge, cpu.blocked, "Tasks that wait for a disk now.")
        list.add("node_load1", .gauge, reading.load?.oneMinute, "Load average over one minute.")
        list.add("node_load5", .gauge, reading.load?.fiveMinutes, "Load average over five minutes.")
        list.add("node_load15", .gauge, reading.load?.fifteenMinutes, "Load average over fifteen minutes.")
        self.addScheduler(reading, to: &list)
    }

    private static func addScheduler(_ reading: HostReading, to list: inout MetricFamilyList) {
        func add(_ name: String, _ help: String, _ value: @escaping (SchedulerCounters) -> Double) {
            list.add(
                name,
                .counter,
                help,
                reading.scheduler,
                labels: { [MetricLabel("cpu", String($0.core))] },
                value: value
            )
        }
        add("node_schedstat_running_seconds_total", "Time tasks ran on each processor, in seconds.") {
            Double($0.runningNanoseconds) / 1e9
        }
        add(
            "node_schedstat_waiting_seconds_total",
            "Time runnable tasks waited for each processor, in seconds."
        ) {
            Double($0.waitingNanoseconds) / 1e9
        }
        add("node_schedstat_timeslices_total", "Turns tasks had on each processor.") { Double($0.timeslices) }
    }

    private static func cores(of reading: HostReading) -> [(label: String, times: CPUTimes)] {
        if reading.cgroup != nil { return reading.cpu.total.map { [("cgroup", $0)] } ?? [] }
        return reading.cpu.cores.map { (String($0.number), $0.times) }
    }

    /// Pressure stall totals.
    static func addPressure(_ reading: HostReading, to list: inout MetricFamilyList) {
        func add(_ name: String, _ stall: Pressure.Stall?, _ help: String) {
            let seconds = stall?.totalMicroseconds.map { Double($0) / 1e6 }
            list.add("node_pressure_\(name)_seconds_total", .counter, seconds, help)
        }
        let pressure = reading.pressure
        add("cpu_waiting", pressure.cpu?.some, "Time in which some task waited for a processor, in seconds.")
        add("io_waiting", pressure.io?.some, "Time in which some task waited for storage, in seconds.")
        add("io_stalled", pressure.io?.full, "Time in which all tasks waited for storage, in seconds.")
        add("memory_waiting", pressure.memory?.some, "Time in which some task waited for memory, in seconds.")
        add("memory_stalled", pressure.memory?.full, "Time in which all tasks waited for memory, in seconds.")
        add("irq_stalled", pressure.irq?.full, "Time in which all tasks waited for interrupts, in seconds.")
    }
}
