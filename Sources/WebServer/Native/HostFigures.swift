package import HostSensors

/// The host in a report: as last sampled, or means over a range of the past; nil is not known.
package struct HostFigures: Sendable {
    /// Whether it is the host of this moment; else figures are means over the range that was asked for.
    package var isLive: Bool
    /// As `web-3`.
    package var name: String
    /// The kernel's release.
    package var kernel: String?
    /// As `Debian GNU/Linux 12 (bookworm)`.
    package var distribution: String?
    /// Cores that work can use; a fraction under a quota.
    package var cores: Double?
    /// Since boot, at the end of the range.
    package var uptimeSeconds: Double?
    /// Share of time the cores worked, 0 to 1.
    package var cpuUtilization: Double?
    /// The highest reading of the same in the range; nil for a live host.
    package var cpuPeak: Double?
    /// Of one, five and fifteen minutes.
    package var load: [Double?]
    /// Of the resources that are watched.
    package var pressure: [Pressure]
    /// Memory and swap.
    package var memory: Memory
    /// The one with the highest utilisation.
    package var busiestDisk: Disk?
    /// The one with the highest share of used space among those that can be written to.
    package var fullestFilesystem: Filesystem?
    /// All interfaces to the outside together.
    package var network: Network
    /// Share of quota periods in which a cgroup was stopped, 0 to 1.
    package var throttledRatio: Double?
    /// Whether the clock was kept in step all the time.
    package var clockIsSynchronized: Bool?
    /// Nil for the past: what a process did is not attributed to ranges.
    package var top: Top?

    /// Shares of time that tasks waited for one resource, 0 to 1, as the kernel averages them.
    package struct Pressure: Sendable {
        /// What was waited for.
        package var resource: PressureResource
        /// At least one task waited, over 10 seconds.
        package var someAverage10: Double?
        /// At least one task waited, over 60 seconds.
        package var someAverage60: Double?
        /// All tasks waited, over 10 seconds.
        package var fullAverage10: Double?
        /// All tasks waited, over 60 seconds.
        package var fullAverage60: Double?
    }

    package typealias Memory = HostSummary.Memory
    package typealias Disk = HostSummary.Disk
    package typealias Filesystem = HostSummary.Filesystem
    package typealias Network = HostSummary.Network

    /// The processes that took most.
    package struct Top: Sendable {
        /// The most cores first.
        package var cpu: [ProcessReading]
        /// The most resident memory first.
        package var memory: [ProcessReading]
        /// The most bytes from and to storage first.
        package var io: [ProcessReading]
    }
}

extension HostFigures {
    /// The host of this moment.
    package init(of host: HostSummary) {
        self.isLive = true
        self.name = host.hostName
        self.kernel = host.kernel
        self.distribution = host.distribution
        self.cores = host.cores
        self.uptimeSeconds = host.uptimeSeconds
        self.cpuUtilization = host.cpuUtilization
        self.load = [host.load?.oneMinute, host.load?.fiveMinutes, host.load?.fifteenMinutes]
        self.pressure = host.pressure.all.map { resource, pressure in
            Pressure(
                resource: resource,
                someAverage10: pressure.some?.average10,
                someAverage60: pressure.some?.average60,
                fullAverage10: pressure.full?.average10,
                fullAverage60: pressure.full?.average60
            )
        }
        self.memory = host.memory
        self.busiestDisk = host.busiestDisk
        self.fullestFilesystem = host.fullestFilesystem
        self.network = host.network
        self.throttledRatio = host.throttledRatio
        self.clockIsSynchronized = host.clockIsSynchronized
        self.top = Top(cpu: host.topByCPU, memory: host.topByMemory, io: host.topByIO)
    }
}
