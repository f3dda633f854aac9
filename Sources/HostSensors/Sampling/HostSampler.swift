import Glibc

/// Samples the host: reads the kernel's files and hands out one `HostReading` at a time.
///
/// The one place of this module that touches the machine; everything it finds is turned into values by the
/// pure parsers and mappings. Meant to be called once a second by one owner; each call blocks for about a
/// millisecond and does no network or disk access. What changes rarely is read every tenth or sixtieth time.
package struct HostSampler: ~Copyable, Sendable {
    /// Samples between readings of links, mounts and cgroup limits.
    static let slowPeriod = 10
    /// Samples between readings of names and topology.
    static let verySlowPeriod = 60

    let options: HostSensorOptions
    let isOwnRoot: Bool
    /// Whether the root belongs to the machine that this runs on, directly or from inside a container.
    let isOwnMachine: Bool
    var files: KernelFiles
    let hot: HotFiles
    var processes: ProcessTable
    var cgroups: CgroupSampler?
    var identity: HostIdentity
    var topology = CPUTopology()
    var mounts: [MountEntry] = []
    var links: [String: LinkState] = [:]
    var previousCPU: ProcStat?
    var samples = 0

    /// Opens the files; nothing is an error, for what is missing now may come later.
    package init(options: HostSensorOptions = HostSensorOptions()) {
        self.options = options
        let isOwnRoot = options.root == "/" || options.root.isEmpty
        self.isOwnRoot = isOwnRoot
        self.files = KernelFiles(root: options.root.isEmpty ? "/" : options.root)
        let bootID = self.files.read(path: Self.bootID, Scalars.firstLine)
        self.isOwnMachine = isOwnRoot || Self.isRunning(bootID)
        self.hot = HotFiles(in: &self.files, isOwnRoot: self.isOwnRoot)
        let ticks = sysconf(Int32(_SC_CLK_TCK))
        let page = sysconf(Int32(_SC_PAGESIZE))
        self.identity = HostIdentity(
            pageBytes: page > 0 ? UInt64(page) : 4096,
            ticksPerSecond: ticks > 0 ? UInt64(ticks) : 100
        )
        self.processes = ProcessTable(
            count: options.topProcesses,
            ticksPerSecond: self.identity.ticksPerSecond,
            pageBytes: self.identity.pageBytes
        )
        if let path = options.cgroup { self.cgroups = CgroupSampler(path: path) }
    }

    /// The present instant by the machine's clocks.
    package static func now() -> HostInstant {
        func read(_ clock: clockid_t) -> Duration {
            var time = timespec()
            unsafe clock_gettime(clock, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        return HostInstant(monotonic: read(CLOCK_MONOTONIC), unix: read(CLOCK_REALTIME))
    }

    /// Reads everything once.
    ///
    /// The instant says when this is, as `HostSampler.now()` does; rates are made from the instants.
    package mutating func sample(at instant: HostInstant) -> HostReading {
        self.readSlowly()
        var reading = HostReading(instant: instant, identity: self.identity)
        reading.topology = self.topology
        self.readProcessor(into: &reading)
        self.readMemory(into: &reading)
        self.readNetwork(into: &reading)
        reading.filesystems = self.readFilesystems()
        reading.clock = self.isOwnMachine ? ClockReading.current() : nil
        if self.cgroups != nil {
            let cgroup = self.readCgroup(hostMemory: reading.memory[.memTotal])
            // The whole host's numbers must not pass for those of a group that is not there.
            reading = cgroup.map { reading.scoped(to: $0) } ?? reading.withoutHost()
        }
        self.readProcesses(into: &reading, at: instant.monotonic)
        self.samples &+= 1
        return reading
    }

    /// A file whose content is drawn at random at each boot.
    private static let bootID = "proc/sys/kernel/random/boot_id"

    /// Whether a boot id is that of the kernel this runs under; a recording's is not.
    private static func isRunning(_ bootID: String?) -> Bool {
        var own = KernelFiles(root: "/")
        return bootID != nil && bootID == own.read(path: Self.bootID, Scalars.firstLine)
    }

    /// Whether the cgroup of the options exists; true if none is asked for.
    package var cgroupExists: Bool { self.cgroups?.exists ?? true }

    private mutating func readSlowly() {
        if self.samples % Self.verySlowPeriod == 0 {
            self.readIdentity()
            self.readTopology()
        }
        if self.samples % Self.slowPeriod == 0 {
            self.readMounts()
            self.readLinks()
        }
    }

    private mutating func readProcessor(into reading: inout HostReading) {
        let ticks = self.identity.ticksPerSecond
        if let stat = self.files.read(self.hot.stat, { ProcStat(parsing: $0, ticksPerSecond: ticks) }) {
            let steady = self.previousCPU.map { stat.monotonic(after: $0) } ?? stat
            self.previousCPU = steady
            reading.cpu = steady
        }
        reading.load = self.files.read(self.hot.load) { LoadAverage(parsing: $0) }
        reading.uptimeSeconds = self.files.read(self.hot.uptime) { Scalars.decimal($0) } ?? nil
        reading.scheduler = self.files.read(self.hot.scheduler) { SchedulerCounters.list(parsing: $0) } ?? []
        for (resource, slot) in self.hot.pressure {
            guard let pressure = self.files.read(slot, { Pressure(parsing: $0) }) ?? nil else { continue }
            reading.pressure[resource] = pressure
        }
    }

    private mutating func readMemory(into reading: inout HostReading) {
        reading.memory = self.files.read(self.hot.memory) { MemoryInfo(parsing: $0) } ?? MemoryInfo()
        reading.paging = self.files.read(self.hot.paging) { PagingCounters(parsing: $0) } ?? PagingCounters()
        let disks = self.files.read(self.hot.disks) { DiskCounters.list(parsing: $0) } ?? []
        reading.disks = disks.filter(\.isWholeDisk)
        reading.fileHandles = self.files.read(self.hot.fileHandles) { FileHandles(parsing: $0) } ?? nil
    }

    private mutating func readNetwork(into reading: inout HostReading) {
        let counters = self.files.read(self.hot.interfaces) { InterfaceCounters.list(parsing: $0) } ?? []
        reading.interfaces = counters.map {
            InterfaceReading(counters: $0, link: self.links[$0.name] ?? LinkState())
        }
        var network = NetworkCounters()
        _ = self.files.read(self.hot.protocols) { network.read(table: $0) }
        _ = self.files.read(self.hot.protocolExtensions) { network.read(table: $0) }
        _ = self.files.read(self.hot.protocols6) { network.read(list: $0) }
        reading.network = network
        var sockets = SocketCounts()
        _ = self.files.read(self.hot.sockets) { sockets.read($0) }
        _ = self.files.read(self.hot.sockets6) { sockets.read($0) }
        reading.sockets = sockets
        reading.softnet = self.files.read(self.hot.softnet) { SoftnetCounters.list(parsing: $0) } ?? []
        if let entries = self.files.read(self.hot.connections, { Scalars.number($0) }) ?? nil {
            let limit = self.files.read(self.hot.connectionLimit) { Scalars.number($0) } ?? nil
            reading.connectionTracking = ConnectionTracking(entries: entries, limit: limit)
        }
    }
}
