/// The files that every sample reads.
struct HotFiles: Sendable {
    let stat: KernelFiles.Slot
    let load: KernelFiles.Slot
    let uptime: KernelFiles.Slot
    let memory: KernelFiles.Slot
    let paging: KernelFiles.Slot
    let disks: KernelFiles.Slot
    let scheduler: KernelFiles.Slot
    let fileHandles: KernelFiles.Slot
    let connections: KernelFiles.Slot
    let connectionLimit: KernelFiles.Slot
    let pressure: [(PressureResource, KernelFiles.Slot)]
    let interfaces: KernelFiles.Slot
    let protocols: KernelFiles.Slot
    let protocolExtensions: KernelFiles.Slot
    let protocols6: KernelFiles.Slot
    let sockets: KernelFiles.Slot
    let sockets6: KernelFiles.Slot
    let softnet: KernelFiles.Slot

    /// Registers them.
    ///
    /// `/proc/net` is always that of the reader. Under another root the host's own network is wanted, so
    /// there the first process's is preferred.
    init(in files: inout KernelFiles, isOwnRoot: Bool) {
        func network(_ name: String) -> [String] {
            isOwnRoot ? ["proc/net/" + name] : ["proc/1/net/" + name, "proc/net/" + name]
        }
        self.stat = files.register(["proc/stat"])
        self.load = files.register(["proc/loadavg"])
        self.uptime = files.register(["proc/uptime"])
        self.memory = files.register(["proc/meminfo"])
        self.paging = files.register(["proc/vmstat"])
        self.disks = files.register(["proc/diskstats"])
        self.scheduler = files.register(["proc/schedstat"])
        self.fileHandles = files.register(["proc/sys/fs/file-nr"])
        self.connections = files.register(["proc/sys/net/netfilter/nf_conntrack_count"])
        self.connectionLimit = files.register(["proc/sys/net/netfilter/nf_conntrack_max"])
        var pressure: [(PressureResource, KernelFiles.Slot)] = []
        for resource in PressureResource.allCases {
            pressure.append((resource, files.register(["proc/pressure/" + resource.rawValue])))
        }
        self.pressure = pressure
        self.interfaces = files.register(network("dev"))
        self.protocols = files.register(network("snmp"))
        self.protocolExtensions = files.register(network("netstat"))
        self.protocols6 = files.register(network("snmp6"))
        self.sockets = files.register(network("sockstat"))
        self.sockets6 = files.register(network("sockstat6"))
        self.softnet = files.register(network("softnet_stat"))
    }
}
