/// Reads one cgroup, of either version or of both at once.
///
/// Each controller is looked for in version 1 first: in hybrid mode the unified hierarchy exists but has none
/// of them.
struct CgroupSampler: Sendable {
    /// Directories below the group that are searched for processes.
    private static let directoriesMax = 1024
    /// Version 1 writes "no limit" as the largest multiple of a page; nothing real is near it.
    private static let noLimit: UInt64 = 1 << 60

    private let given: String
    var mounts = CgroupMounts()
    /// Whether the group was there at the last reading.
    private(set) var exists = false
    private var limits = CgroupLimits()
    private var processDirectories: [String] = []
    private var readings = 0

    init(path: String) {
        self.given = path
    }

    /// Reads the group; nil while it does not exist.
    mutating func read(
        _ files: inout KernelFiles,
        hostMemory: UInt64?,
        ticksPerSecond: UInt64
    ) -> CgroupReading? {
        let path = self.mounts.normalized(self.given)
        let candidates = [
            self.mounts.v1("memory", path), self.mounts.v1("cpu", path), self.mounts.v1("cpuacct", path),
            self.mounts.v1("pids", path), self.mounts.v2(path),
        ]
        let directories = candidates.compactMap { $0 }.filter { files.exists($0) }
        self.exists = !directories.isEmpty
        guard let home = directories.first else {
            self.readings = 0
            return nil
        }
        if self.readings % HostSampler.slowPeriod == 0 {
            self.limits = CgroupLimits(of: path, in: self.mounts, &files)
            self.processDirectories = Self.descendants(of: home, files)
        }
        self.readings &+= 1
        let isV1 = home != self.mounts.v2(path)
        var reading = CgroupReading(path: path, version: isV1 ? .v1 : .v2)
        reading.quotaCores = self.limits.quotaCores
        reading.cpusetCores = self.limits.cpusetCores
        reading.processLimit = self.limits.processes
        self.readProcessor(path, &files, into: &reading, ticksPerSecond: ticksPerSecond)
        self.readMemory(path, &files, into: &reading)
        // A limit above what the host has limits nothing.
        let limit = reading.memory[.hierarchicalLimit] ?? self.limits.memoryBytes
        reading.memoryLimitBytes = limit.flatMap { $0 < min(Self.noLimit, hostMemory ?? .max) ? $0 : nil }
        self.readIO(path, &files, into: &reading)
        if let directory = self.mounts.v2(path) {
            for resource in PressureResource.allCases {
                let name = directory + "/" + resource.rawValue + ".pressure"
                reading.pressure[resource] = files.read(path: name) { Pressure(parsing: $0) } ?? nil
            }
        }
        if let directory = self.mounts.v1("pids", path) ?? self.mounts.v2(path) {
            reading.processes = Self.number(directory + "/pids.current", &files)
        }
        return reading
    }

    /// The processes in the group and in those below it, ascending.
    func processIDs(_ files: inout KernelFiles) -> [Int32] {
        var ids: [Int32] = []
        for directory in self.processDirectories {
            _ = files.read(path: directory + "/cgroup.procs") { text in
                var text = TextCursor(text)
                while !text.isAtEnd {
                    var line = text.line()
                    if let id = line.number().flatMap(Int32.init(exactly:)), id > 0 { ids.append(id) }
                }
            }
        }
        return Set(ids).sorted()
    }

    private func readProcessor(
        _ path: String,
        _ files: inout KernelFiles,
        into reading: inout CgroupReading,
        ticksPerSecond: UInt64
    ) {
        var cpu = CgroupCPU()
        if let directory = self.mounts.v2(path) {
            _ = files.read(path: directory + "/cpu.stat") { cpu.read(stat: $0) }
        }
        if let directory = self.mounts.v1("cpu", path) {
            _ = files.read(path: directory + "/cpu.stat") { cpu.read(stat: $0) }
        }
        if let directory = self.mounts.v1("cpuacct", path) {
            _ = files.read(path: directory + "/cpuacct.stat") {
                cpu.read(accounting: $0, ticksPerSecond: ticksPerSecond)
            }
            if let nanoseconds = Self.number(directory + "/cpuacct.usage", &files) {
                cpu.usageMicroseconds = nanoseconds / 1000
            }
        }
        reading.cpu = cpu
    }

    private func readMemory(_ path: String, _ files: inout KernelFiles, into reading: inout CgroupReading) {
        func stat(_ directory: String) {
            let stat = files.read(path: directory + "/memory.stat") { CgroupMemoryStat(parsing: $0) }
            reading.memory = stat ?? CgroupMemoryStat()
        }
        if let directory = self.mounts.v1("memory", path) {
            stat(directory)
            reading.memoryCurrentBytes = Self.number(directory + "/memory.usage_in_bytes", &files)
            reading.memoryPeakBytes = Self.number(directory + "/memory.max_usage_in_bytes", &files)
            let events = files.read(path: directory + "/memory.oom_control") {
                CgroupMemoryEvents(parsing: $0)
            }
            reading.events = events ?? CgroupMemoryEvents()
            reading.events.max = Self.number(directory + "/memory.failcnt", &files)
            let both = Self.number(directory + "/memory.memsw.usage_in_bytes", &files)
            if let both, let current = reading.memoryCurrentBytes {
                reading.swapCurrentBytes = both > current ? both &- current : 0
            }
            let bothLimit = Self.number(directory + "/memory.memsw.limit_in_bytes", &files)
            if let bothLimit, bothLimit < Self.noLimit, let limit = reading.memory[.hierarchicalLimit] {
                reading.swapLimitBytes = bothLimit > limit ? bothLimit &- limit : 0
            }
        } else if let directory = self.mounts.v2(path) {
            stat(directory)
            reading.memoryCurrentBytes = Self.number(directory + "/memory.current", &files)
            reading.memoryPeakBytes = Self.number(directory + "/memory.peak", &files)
            let events = files.read(path: directory + "/memory.events") { CgroupMemoryEvents(parsing: $0) }
            reading.events = events ?? CgroupMemoryEvents()
            reading.swapCurrentBytes = Self.number(directory + "/memory.swap.current", &files)
            reading.swapLimitBytes = self.limits.swapBytes
        }
    }

    private func readIO(_ path: String, _ files: inout KernelFiles, into reading: inout CgroupReading) {
        guard let directory = self.mounts.v1("blkio", path) else {
            guard let directory = self.mounts.v2(path) else { return }
            reading.io = files.read(path: directory + "/io.stat") { CgroupDeviceIO.list(parsing: $0) } ?? []
            return
        }
        var devices: [CgroupDeviceIO] = []
        // The recursive files came with 4.16.
        for (name, reads, writes) in [
            ("io_service_bytes", \CgroupDeviceIO.readBytes, \CgroupDeviceIO.writtenBytes),
            ("io_serviced", \CgroupDeviceIO.reads, \CgroupDeviceIO.writes),
        ] {
            for suffix in ["_recursive", ""] {
                let found: Void? = files.read(path: directory + "/blkio.throttle." + name + suffix) {
                    CgroupDeviceIO.add($0, to: &devices, reads: reads, writes: writes)
                }
                if found != nil { break }
            }
        }
        reading.io = devices
    }

    /// The number a file holds; nil for `max`, -1 and files that are not there.
    static func number(_ path: String, _ files: inout KernelFiles) -> UInt64? {
        files.read(path: path, Scalars.number) ?? nil
    }

    /// A directory and all below it that are groups.
    private static func descendants(of directory: String, _ files: borrowing KernelFiles) -> [String] {
        var found = [directory]
        var next = 0
        while next < found.count, found.count < Self.directoriesMax {
            for name in files.names(in: found[next]) where files.exists("\(found[next])/\(name)/cgroup.procs")
            {
                found.append("\(found[next])/\(name)")
            }
            next += 1
        }
        return found
    }
}
