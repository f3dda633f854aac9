/// Everything the sensors saw of a host at one instant.
///
/// Parts that this kernel does not offer, that are switched off or that may not be read are nil or empty;
/// that is normal. When `cgroup` is set, processor, memory, paging, pressure, disks and processes are those
/// of that cgroup and stand where the host's would (see `scoped(to:)`); filesystems, network, sockets and
/// clock stay those that the sensors themselves see.
package struct HostReading: Equatable, Sendable {
    /// When it was made.
    package var instant: HostInstant
    /// Who the host is.
    package var identity: HostIdentity
    /// How many processors it has.
    package var topology = CPUTopology()
    /// Processor times, run queue and counts since boot.
    package var cpu = ProcStat()
    /// Nil for a cgroup, of which the kernel keeps none.
    package var load: LoadAverage?
    /// Seconds since boot, suspended time included.
    package var uptimeSeconds: Double?
    /// In bytes.
    package var memory = MemoryInfo()
    /// Since boot.
    package var paging = PagingCounters()
    /// Per resource.
    package var pressure = PressureReadings()
    /// Whole disks, no partitions, in the kernel's order.
    package var disks: [DiskCounters] = []
    /// Those not excluded by the options, in the order of the mount table.
    package var filesystems: [FilesystemReading] = []
    /// All of the network namespace, loopback included.
    package var interfaces: [InterfaceReading] = []
    /// Protocol counters since boot.
    package var network = NetworkCounters()
    /// Sockets at this moment.
    package var sockets = SocketCounts()
    /// By core.
    package var softnet: [SoftnetCounters] = []
    /// By core; empty on kernels without scheduler statistics.
    package var scheduler: [SchedulerCounters] = []
    /// Open files of all processes.
    package var fileHandles: FileHandles?
    /// Nil unless connections are tracked.
    package var connectionTracking: ConnectionTracking?
    /// Nil for recordings and where asking is not allowed.
    package var clock: ClockReading?
    /// How many processes are in which state; up to ten seconds old for each.
    package var processCounts = ProcessCounts()
    /// The top processes, by process id.
    package var processes: [ProcessReading] = []
    /// The cgroup that is reported as the host.
    package var cgroup: CgroupReading?

    /// Starts with nothing known but when and who.
    package init(instant: HostInstant, identity: HostIdentity) {
        self.instant = instant
        self.identity = identity
    }

    /// Cores that work can use: those online, or what the cgroup's quota and core set allow.
    ///
    /// A quota makes it a fraction. Nil if not even the number of cores is known.
    package var capacityCores: Double? {
        let online = self.topology.logical ?? (self.cpu.cores.isEmpty ? nil : self.cpu.cores.count)
        guard let cgroup = self.cgroup else { return online.map(Double.init) }
        let limits = [online.map(Double.init), cgroup.cpusetCores.map(Double.init), cgroup.quotaCores]
        return limits.compactMap { $0 }.min()
    }
}
