internal import HostSensors
internal import Telemetry

/// A label of a series.
private func label(_ name: String, _ value: String) -> StoredHost.Wanted { (name, value) }

extension HostFigures {
    /// Means over what is stored; nil where nothing is.
    ///
    /// What the host was called last comes before `name`.
    package init?(_ stored: StoredHost, name: String) {
        guard !stored.isEmpty else { return nil }
        self.isLive = false
        let info = stored.latestLabels(of: HostInfo.name)
        self.name = info?[HostInfo.hostName] ?? name
        self.kernel = info?[HostInfo.kernel]
        self.distribution = info?[HostInfo.distribution]
        self.cores = stored.mean("container.linux.cpu.limit") ?? stored.mean("system.cpu.logical.count")
        self.uptimeSeconds = stored.gauge("system.uptime")?.last
        let busy = stored.gauge("system.linux.cpu.busy")
        self.cpuUtilization = busy?.mean
        self.cpuPeak = busy.flatMap { $0.count > 0 && $0.maximum.isFinite ? $0.maximum : nil }
        self.load = ["1m", "5m", "15m"].map { stored.mean("system.cpu.load_average.\($0)") }
        self.pressure = Self.pressure(stored)
        self.memory = Self.memory(stored)
        self.busiestDisk = Self.busiestDisk(stored)
        self.fullestFilesystem = Self.fullestFilesystem(stored)
        self.network = Self.network(stored)
        self.throttledRatio = stored.mean("container.linux.cpu.throttled_ratio")
        self.clockIsSynchronized = stored.gauge("system.linux.clock.synchronized").map { $0.minimum >= 1 }
    }

    private static func pressure(_ stored: StoredHost) -> [Pressure] {
        PressureResource.allCases.compactMap { resource in
            func mean(_ time: String, _ kind: String) -> Double? {
                let name = "system.\(resource.rawValue).linux.pressure.\(time)"
                return stored.mean(name, label("system.pressure.stall_type", kind))
            }
            let pressure = Pressure(
                resource: resource,
                someAverage10: mean("10s", "some"),
                someAverage60: mean("1m", "some"),
                fullAverage10: mean("10s", "full"),
                fullAverage60: mean("1m", "full")
            )
            return pressure.someAverage10 == nil && pressure.fullAverage10 == nil ? nil : pressure
        }
    }

    private static func memory(_ stored: StoredHost) -> Memory {
        let total = stored.mean("system.memory.limit")
        let available = stored.mean("system.memory.linux.available")
        let swapUsed = stored.mean("system.paging.usage", label("system.paging.state", "used"))
        let swapFree = stored.mean("system.paging.usage", label("system.paging.state", "free"))
        return Memory(
            total: self.whole(total),
            used: self.whole(total.flatMap { total in available.map { total - $0 } }),
            available: self.whole(available),
            swapTotal: self.whole(swapUsed.flatMap { used in swapFree.map { used + $0 } }),
            swapUsed: self.whole(swapUsed)
        )
    }

    /// Compressed memory is no disk; among equals the one that moved most counts.
    private static func busiestDisk(_ stored: StoredHost) -> Disk? {
        let names = stored.values(of: "system.device", in: "system.disk.io")
        let disks = names.filter { !$0.hasPrefix("zram") && !$0.hasPrefix("ram") }.map { name in
            let device = label("system.device", name)
            return Disk(
                name: name,
                utilization: stored.mean("system.linux.disk.utilization", device),
                awaitSeconds: stored.mean("system.linux.disk.await", device),
                averageQueue: stored.mean("system.linux.disk.queue", device),
                readBytesPerSecond: stored.rate("system.disk.io", device, label("disk.io.direction", "read")),
                writtenBytesPerSecond: stored.rate(
                    "system.disk.io",
                    device,
                    label("disk.io.direction", "write")
                )
            )
        }
        func rank(_ disk: Disk) -> (Double, Double) {
            (disk.utilization ?? 0, (disk.readBytesPerSecond ?? 0) + (disk.writtenBytesPerSecond ?? 0))
        }
        return disks.max { rank($0) < rank($1) }
    }

    private static func fullestFilesystem(_ stored: StoredHost) -> Filesystem? {
        let mountPoints = stored.labels(of: "system.filesystem.utilization").filter {
            $0["system.filesystem.mode"] == "rw"
        }
        let filesystems = mountPoints.compactMap { labels -> Filesystem? in
            guard let mountPoint = labels["system.filesystem.mountpoint"],
                let device = labels["system.device"]
            else { return nil }
            let place = label("system.filesystem.mountpoint", mountPoint)
            let own = label("system.device", device)
            guard let share = stored.mean("system.filesystem.utilization", place, own),
                let size = self.whole(stored.mean("system.filesystem.limit", place, own)), size > 0,
                let free = self.whole(
                    stored.mean(
                        "system.filesystem.usage",
                        place,
                        own,
                        label("system.filesystem.state", "free")
                    )
                )
            else { return nil }
            return Filesystem(
                mountPoint: mountPoint,
                device: device,
                usedShare: share,
                sizeBytes: size,
                availableBytes: free
            )
        }
        return filesystems.max { ($0.usedShare, $1.mountPoint) < ($1.usedShare, $0.mountPoint) }
    }

    private static func network(_ stored: StoredHost) -> Network {
        let interfaces = self.outside(stored.values(of: "network.interface.name", in: "system.network.io"))
        func sum(_ name: String, _ direction: String?) -> Double? {
            let rates = interfaces.compactMap { interface in
                let own = label("network.interface.name", interface)
                return direction.map { stored.rate(name, own, label("network.io.direction", $0)) }
                    ?? stored.rate(name, own)
            }
            return rates.isEmpty ? nil : rates.reduce(0, +)
        }
        let segments = stored.growth("system.linux.tcp.segments")
        let retransmits = stored.growth("system.linux.tcp.retransmits")
        return Network(
            receivedBytesPerSecond: sum("system.network.io", "receive"),
            sentBytesPerSecond: sum("system.network.io", "transmit"),
            errorsPerSecond: sum("system.network.errors", nil),
            dropsPerSecond: sum("system.network.packet.dropped", nil),
            retransmittedPerSecond: stored.rate("system.linux.tcp.retransmits"),
            retransmitRatio: segments.flatMap { sent in
                retransmits.flatMap { again in sent + again > 0 ? again / (sent + again) : nil }
            },
            listenOverflowsPerSecond: stored.rate("system.linux.tcp.listen.overflows")
        )
    }

    /// Interfaces that lead outside: what goes over bridges, tunnels and pairs goes over another one too.
    ///
    /// Whether there is hardware behind an interface is not stored, so that only its name can tell.
    private static func outside(_ names: [String]) -> [String] {
        let inner = [
            "veth", "docker", "br-", "virbr", "vnet", "tun", "tap", "wg", "cni", "cali", "flannel", "cilium",
            "lxc",
            "dummy", "ifb",
        ]
        let outside = names.filter { $0 != "lo" }
        let devices = outside.filter { name in !inner.contains { name.hasPrefix($0) } }
        return devices.isEmpty ? outside : devices
    }

    private static func whole(_ value: Double?) -> UInt64? {
        value.flatMap { UInt64(exactly: max($0, 0).rounded()) }
    }
}
