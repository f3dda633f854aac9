import Telemetry

extension HostMetrics {
    /// Memory by what it is used for; the states add up to the limit.
    static func addMemory(_ reading: HostReading, to list: inout HostMetricList) {
        let memory = reading.memory
        list.updown("system.memory.limit", "By", memory[.memTotal])
        list.updown("system.memory.linux.available", "By", memory.availableBytes)
        list.updown("system.memory.linux.shared", "By", memory[.shared])
        for (state, field) in [
            ("reclaimable", MemoryField.slabReclaimable), ("unreclaimable", .slabUnreclaimable),
        ] {
            let attributes = [MetricLabel("system.memory.linux.slab.state", state)]
            list.updown("system.memory.linux.slab.usage", "By", memory[field], attributes)
        }
        guard let total = memory[.memTotal], let free = memory[.memFree] else { return }
        let buffers = memory[.buffers] ?? 0
        // The kernel's own caches that can be dropped count as cached, as free(1) does.
        let cached = (memory[.cached] ?? 0) &+ (memory[.slabReclaimable] ?? 0)
        let idle = free &+ buffers &+ cached
        let used = total > idle ? total &- idle : 0
        for (state, bytes) in [("used", used), ("free", free), ("buffers", buffers), ("cached", cached)] {
            let attributes = [MetricLabel("system.memory.state", state)]
            list.updown("system.memory.usage", "By", bytes, attributes)
            guard total > 0 else { continue }
            list.gauge("system.memory.utilization", "1", Double(bytes) / Double(total), attributes)
        }
    }

    /// Swap, faults and what the kernel did for lack of memory.
    static func addPaging(_ reading: HostReading, to list: inout HostMetricList) {
        if let total = reading.memory[.swapTotal], let used = reading.memory.swapUsedBytes {
            for (state, bytes) in [("used", used), ("free", total &- used)] {
                let attributes = [MetricLabel("system.paging.state", state)]
                list.updown("system.paging.usage", "By", bytes, attributes)
                guard total > 0 else { continue }
                list.gauge("system.paging.utilization", "1", Double(bytes) / Double(total), attributes)
            }
        }
        let paging = reading.paging
        self.addFaults(
            "system.paging.faults",
            all: paging[.faults],
            major: paging[.majorFaults],
            [],
            to: &list
        )
        for (direction, swapped, paged) in [
            ("in", PagingField.swappedIn, PagingField.pagedIn), ("out", .swappedOut, .pagedOut),
        ] {
            let label = MetricLabel("system.paging.direction", direction)
            let major = MetricLabel("system.paging.fault.type", "major")
            list.counter("system.paging.operations", "{operation}", paging[swapped], [label, major])
            list.counter("system.linux.paging.io", "By", paging[paged], scale: 1024, [label])
        }
        list.counter("system.linux.memory.oom_kills", "{process}", paging[.oomKill])
    }

    /// Faults by type, where the kernel counts all together and those that waited for storage.
    static func addFaults(
        _ name: String,
        all: UInt64?,
        major: UInt64?,
        _ attributes: [MetricLabel],
        to list: inout HostMetricList
    ) {
        let type = "system.paging.fault.type"
        if let all, let major, all >= major {
            list.counter(name, "{fault}", all &- major, attributes + [MetricLabel(type, "minor")])
        }
        list.counter(name, "{fault}", major, attributes + [MetricLabel(type, "major")])
    }
}
