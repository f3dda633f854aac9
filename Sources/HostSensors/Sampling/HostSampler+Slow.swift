import Glibc

extension HostSampler {
    /// Names of the machine, its kernel and its distribution.
    mutating func readIdentity() {
        var names = utsname()
        if self.isOwnMachine, unsafe uname(&names) == 0 {
            self.identity.system = Self.text(of: names.sysname)
            self.identity.hostName = Self.text(of: names.nodename)
            self.identity.domainName = Self.text(of: names.__domainname)
            self.identity.kernelRelease = Self.text(of: names.release)
            self.identity.kernelVersion = Self.text(of: names.version)
            self.identity.machine = Self.text(of: names.machine)
        }
        if !self.isOwnRoot {
            // The container's name says nothing about its host, and a recorded kernel is not this one.
            let name =
                self.files.read(path: "etc/hostname", Scalars.firstLine)
                ?? self.files.read(path: "proc/sys/kernel/hostname", Scalars.firstLine)
            if let name, !name.isEmpty { self.identity.hostName = name }
            let release = self.files.read(path: "proc/sys/kernel/osrelease", Scalars.firstLine)
            if let release { self.identity.kernelRelease = release }
            let version = self.files.read(path: "proc/sys/kernel/version", Scalars.firstLine)
            if let version { self.identity.kernelVersion = version }
        }
        let distribution =
            self.files.read(path: "etc/os-release") { OSRelease(parsing: $0) }
            ?? self.files.read(path: "usr/lib/os-release") { OSRelease(parsing: $0) }
        self.identity.distribution = distribution ?? OSRelease()
    }

    /// The processors that are online and the cores they belong to.
    mutating func readTopology() {
        let directory = "sys/devices/system/cpu"
        let online = self.files.read(path: directory + "/online", Scalars.processors) ?? []
        var processors: [(packageID: Int64?, coreID: Int64?)] = []
        for number in online {
            let topology = "\(directory)/cpu\(number)/topology"
            processors.append(
                (
                    self.files.read(path: topology + "/physical_package_id", Scalars.signedNumber) ?? nil,
                    self.files.read(path: topology + "/core_id", Scalars.signedNumber) ?? nil
                )
            )
        }
        self.topology = CPUTopology(processors: processors)
    }

    /// The filesystems that are mounted.
    mutating func readMounts() {
        let paths = self.isOwnRoot ? ["proc/self/mountinfo"] : ["proc/1/mountinfo", "proc/self/mountinfo"]
        for path in paths {
            guard let mounts = self.files.read(path: path, { MountEntry.list(parsing: $0) }) else { continue }
            self.mounts = mounts
            self.cgroups?.mounts = CgroupMounts(mounts)
            return
        }
    }

    /// The state of the network links; a card's driver may answer slowly, so not every second.
    mutating func readLinks() {
        var links: [String: LinkState] = [:]
        for name in self.files.names(in: "sys/class/net") {
            let directory = "sys/class/net/" + name
            var link = LinkState()
            link.operationalState = self.files.read(path: directory + "/operstate", Scalars.firstLine)
            // Both answer with an error while the link is down.
            link.hasCarrier = (self.files.read(path: directory + "/carrier", Scalars.number) ?? nil).map {
                $0 == 1
            }
            link.speedMegabits = self.files.read(path: directory + "/speed", Scalars.signedNumber) ?? nil
            link.mtuBytes = self.files.read(path: directory + "/mtu", Scalars.number) ?? nil
            link.queueLength = self.files.read(path: directory + "/tx_queue_len", Scalars.number) ?? nil
            link.carrierChanges = self.files.read(path: directory + "/carrier_changes", Scalars.number) ?? nil
            link.isDevice = self.files.exists(directory + "/device")
            links[name] = link
        }
        self.links = links
    }

    private static func text<Field>(of field: Field) -> String {
        unsafe withUnsafeBytes(of: field) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
