import Telemetry

extension NodeExposition {
    /// The cgroup that is reported as the host, under the names of cAdvisor.
    static func addContainer(_ cgroup: CgroupReading, to list: inout MetricFamilyList) {
        func add(_ name: String, _ kind: MetricFamily.Kind, _ value: Double?, _ help: String) {
            list.add(
                "container_" + name,
                kind,
                help,
                [cgroup],
                labels: { [MetricLabel("id", $0.path)] },
                value: { _ in value }
            )
        }
        func seconds(_ microseconds: UInt64?) -> Double? { microseconds.map { Double($0) / 1e6 } }
        func number(_ value: UInt64?) -> Double? { value.map { Double($0) } }
        let cpu = cgroup.cpu
        add(
            "cpu_usage_seconds_total",
            .counter,
            seconds(cpu.usageMicroseconds),
            "Processor time, in seconds."
        )
        add(
            "cpu_user_seconds_total",
            .counter,
            seconds(cpu.userMicroseconds),
            "Time in programs, in seconds."
        )
        add(
            "cpu_system_seconds_total",
            .counter,
            seconds(cpu.systemMicroseconds),
            "Time in the kernel, in seconds."
        )
        add("cpu_cfs_periods_total", .counter, number(cpu.periods), "Quota periods with something to run.")
        add(
            "cpu_cfs_throttled_periods_total",
            .counter,
            number(cpu.throttledPeriods),
            "Periods cut short by the quota."
        )
        add(
            "cpu_cfs_throttled_seconds_total",
            .counter,
            seconds(cpu.throttledMicroseconds),
            "Time stopped by the quota, in seconds."
        )
        add("memory_usage_bytes", .gauge, number(cgroup.memoryCurrentBytes), "Memory in use, cache included.")
        add(
            "memory_working_set_bytes",
            .gauge,
            number(cgroup.workingSetBytes),
            "Memory in use without cold cache."
        )
        add("memory_rss", .gauge, number(cgroup.residentBytes), "Anonymous memory, in bytes.")
        add("memory_cache", .gauge, number(cgroup.cacheBytes), "Page cache, in bytes.")
        add("memory_swap", .gauge, number(cgroup.swapCurrentBytes), "Swap in use, in bytes.")
        add("memory_max_usage_bytes", .gauge, number(cgroup.memoryPeakBytes), "Most memory ever in use.")
        add("memory_failcnt", .counter, number(cgroup.events.max), "Times the memory limit was met.")
        add("oom_events_total", .counter, number(cgroup.events.kills), "Processes killed for lack of memory.")
        add("spec_memory_limit_bytes", .gauge, number(cgroup.memoryLimitBytes), "Memory limit, in bytes.")
        add("processes", .gauge, number(cgroup.processes), "Tasks in the group.")
    }
}
