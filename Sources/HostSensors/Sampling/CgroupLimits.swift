/// The limits that a cgroup lives under: its own and those of the groups above it, whichever is tighter.
///
/// Inside a container the groups above its own cannot be seen.
struct CgroupLimits: Sendable {
    var quotaCores: Double?
    var cpusetCores: Int?
    /// Version 2 only; version 1 says the tightest itself, in `memory.stat`.
    var memoryBytes: UInt64?
    var swapBytes: UInt64?
    var processes: UInt64?

    /// No limits.
    init() {}

    /// Reads the limits of a group and of those above it.
    init(of path: String, in mounts: CgroupMounts, _ files: inout KernelFiles) {
        for group in CgroupMounts.lineage(of: path) {
            self.quotaCores = Self.tighter(self.quotaCores, Self.quota(of: group, in: mounts, &files))
            if let directory = mounts.v2(group), mounts.v1("memory", group) == nil {
                let memory = CgroupSampler.number(directory + "/memory.max", &files)
                self.memoryBytes = Self.tighter(self.memoryBytes, memory)
                let swap = CgroupSampler.number(directory + "/memory.swap.max", &files)
                self.swapBytes = Self.tighter(self.swapBytes, swap)
            }
            if let directory = mounts.v1("pids", group) ?? mounts.v2(group) {
                let processes = CgroupSampler.number(directory + "/pids.max", &files)
                self.processes = Self.tighter(self.processes, processes)
            }
        }
        // The effective set of a group is never wider than that of the group above it.
        var names: [String] = []
        if let directory = mounts.v1("cpuset", path) {
            names = [directory + "/cpuset.effective_cpus", directory + "/cpuset.cpus"]
        } else if let directory = mounts.v2(path) {
            names = [directory + "/cpuset.cpus.effective"]
        }
        for name in names where self.cpusetCores == nil {
            self.cpusetCores = files.read(path: name, Scalars.processorCount) ?? nil
        }
    }

    private static func quota(
        of group: String,
        in mounts: CgroupMounts,
        _ files: inout KernelFiles
    ) -> Double? {
        if let directory = mounts.v1("cpu", group) {
            let period = CgroupSampler.number(directory + "/cpu.cfs_period_us", &files)
            // -1 means none, and is no whole number without a sign.
            let quota = CgroupSampler.number(directory + "/cpu.cfs_quota_us", &files)
            guard let period, let quota else { return nil }
            return CgroupCPU.cores(quota: quota, period: period)
        }
        guard let directory = mounts.v2(group) else { return nil }
        return files.read(path: directory + "/cpu.max") { CgroupCPU.quotaCores(max: $0) } ?? nil
    }

    private static func tighter<Limit: Comparable>(_ one: Limit?, _ other: Limit?) -> Limit? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}
