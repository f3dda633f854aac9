extension HostReading {
    /// This reading with a cgroup in the place of the host.
    ///
    /// Replaced: processor times (user, system, idle up to the group's capacity; no cores apart), load and
    /// run queue (unknown), memory and swap, paging counters, pressure, disks (bytes and requests only).
    /// Kept: identity, uptime, filesystems, network, sockets, clock, which the kernel does not count per
    /// cgroup.
    ///
    /// Idle time is capacity × time since boot less usage. It steps when the quota changes, and the step that
    /// runs backwards gives no rate.
    func scoped(to cgroup: CgroupReading) -> HostReading {
        var reading = self
        reading.cgroup = cgroup
        reading.cpu = self.processor(of: cgroup, capacityCores: reading.capacityCores)
        reading.load = nil
        reading.scheduler = []
        reading.memory = self.memory(of: cgroup)
        reading.paging = Self.paging(of: cgroup)
        reading.pressure = cgroup.pressure
        reading.disks = self.disks(of: cgroup)
        return reading
    }

    /// This reading without what a cgroup would replace, for while the group does not exist.
    func withoutHost() -> HostReading {
        var reading = self
        reading.cpu = ProcStat()
        reading.load = nil
        reading.scheduler = []
        reading.memory = MemoryInfo()
        reading.paging = PagingCounters()
        reading.pressure = PressureReadings()
        reading.disks = []
        return reading
    }

    private func processor(of cgroup: CgroupReading, capacityCores: Double?) -> ProcStat {
        var stat = ProcStat()
        stat.bootTime = self.cpu.bootTime
        let user = cgroup.cpu.userMicroseconds
        let system = cgroup.cpu.systemMicroseconds
        guard let usage = cgroup.cpu.usageMicroseconds ?? user.map({ $0 &+ (system ?? 0) }) else {
            return stat
        }
        var times = CPUTimes()
        // Version 1 counts the two modes in ticks and the whole in nanoseconds: keep the whole exact.
        times.system = min(system ?? 0, usage)
        times.user = usage &- times.system
        let elapsed = (self.uptimeSeconds ?? self.instant.monotonic.inSeconds) * 1e6
        if let capacityCores, let total = UInt64(exactly: (capacityCores * elapsed).rounded(.down)) {
            times.idle = total > usage ? total &- usage : 0
        }
        stat.total = times
        return stat
    }

    private func memory(of cgroup: CgroupReading) -> MemoryInfo {
        var memory = MemoryInfo()
        let hostTotal = self.memory[.memTotal]
        let total = [hostTotal, cgroup.memoryLimitBytes].compactMap { $0 }.min()
        memory[.memTotal] = total
        if let total, let current = cgroup.memoryCurrentBytes, let workingSet = cgroup.workingSetBytes {
            memory[.memFree] = total > current ? total &- current : 0
            memory[.memAvailable] = total > workingSet ? total &- workingSet : 0
        }
        memory[.cached] = cgroup.cacheBytes
        memory[.anonymousPages] = cgroup.residentBytes
        memory[.shared] = cgroup.memory[.shared] ?? cgroup.memory[.totalShared]
        memory[.mapped] = cgroup.memory[.fileMapped] ?? cgroup.memory[.totalMapped]
        memory[.dirty] = cgroup.memory[.fileDirty] ?? cgroup.memory[.totalDirty]
        memory[.writeback] = cgroup.memory[.fileWriteback] ?? cgroup.memory[.totalWriteback]
        memory[.slab] = cgroup.memory[.slab]
        memory[.slabReclaimable] = cgroup.memory[.slabReclaimable]
        memory[.slabUnreclaimable] = cgroup.memory[.slabUnreclaimable]
        if let hostSwap = self.memory[.swapTotal] {
            let swap = min(hostSwap, cgroup.swapLimitBytes ?? hostSwap)
            let used = min(cgroup.swapCurrentBytes ?? cgroup.memory[.totalSwap] ?? 0, swap)
            memory[.swapTotal] = swap
            memory[.swapFree] = swap &- used
        }
        return memory
    }

    private static func paging(of cgroup: CgroupReading) -> PagingCounters {
        var paging = PagingCounters()
        paging[.faults] = cgroup.faults
        paging[.majorFaults] = cgroup.majorFaults
        paging[.oomKill] = cgroup.events.kills
        return paging
    }

    private func disks(of cgroup: CgroupReading) -> [DiskCounters] {
        self.disks.compactMap { host in
            guard let io = cgroup.io.first(where: { $0.major == host.major && $0.minor == host.minor }) else {
                return nil
            }
            var disk = DiskCounters(major: host.major, minor: host.minor, name: host.name)
            disk.reads = io.reads
            disk.writes = io.writes
            disk.sectorsRead = io.readBytes / DiskCounters.sectorBytes
            disk.sectorsWritten = io.writtenBytes / DiskCounters.sectorBytes
            return disk
        }
    }
}
