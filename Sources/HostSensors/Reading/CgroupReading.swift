/// Everything the sensors saw of one cgroup.
package struct CgroupReading: Equatable, Sendable {
    /// Which generation of control groups serves a controller.
    package enum Version: String, Sendable {
        /// One hierarchy per controller.
        case v1
        /// One hierarchy for all.
        case v2
    }

    /// The path below the roots of the hierarchies, starting with a slash.
    package var path: String
    /// The generation that serves memory, or else the processor.
    package var version: Version
    /// Processor time and throttling.
    package var cpu = CgroupCPU()
    /// Cores the quota allows, the tightest of this group and those above; nil without quota.
    package var quotaCores: Double?
    /// Cores the group is bound to; nil where that is not said.
    package var cpusetCores: Int?
    /// Memory in use, page cache included.
    package var memoryCurrentBytes: UInt64?
    /// The most memory ever in use.
    package var memoryPeakBytes: UInt64?
    /// The tightest limit of this group and those above; nil without limit.
    package var memoryLimitBytes: UInt64?
    /// Swap in use.
    package var swapCurrentBytes: UInt64?
    /// Swap allowed; nil without limit.
    package var swapLimitBytes: UInt64?
    /// What the memory is used for, and faults.
    package var memory = CgroupMemoryStat()
    /// How often the limits were met.
    package var events = CgroupMemoryEvents()
    /// By device number.
    package var io: [CgroupDeviceIO] = []
    /// Pressure inside the group; version 2 only.
    package var pressure = PressureReadings()
    /// Tasks, that is threads, in the group and below.
    package var processes: UInt64?
    /// Tasks allowed; nil without limit.
    package var processLimit: UInt64?

    /// Starts with nothing known.
    package init(path: String, version: Version) {
        self.path = path
        self.version = version
    }

    /// Anonymous memory, which only swapping can free.
    package var residentBytes: UInt64? { self.memory[.anonymous] ?? self.memory[.totalResident] }
    /// Page cache.
    package var cacheBytes: UInt64? { self.memory[.file] ?? self.memory[.totalCache] }
    /// Minor and major page faults together.
    package var faults: UInt64? { self.memory[.faults] ?? self.memory[.totalFaults] }
    /// Page faults that waited for storage.
    package var majorFaults: UInt64? { self.memory[.majorFaults] ?? self.memory[.totalMajorFaults] }

    /// Memory that cannot be freed by dropping cold cache, as Kubernetes counts it.
    package var workingSetBytes: UInt64? {
        guard let current = self.memoryCurrentBytes else { return nil }
        let cold = self.memory[.inactiveFile] ?? self.memory[.totalInactiveFile] ?? 0
        return current > cold ? current &- cold : 0
    }
}
