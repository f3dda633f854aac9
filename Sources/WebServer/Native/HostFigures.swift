package import HostSensors

/// The host in a report: as last sampled, or means over a range of the past; nil is not known.
package struct HostFigures: Sendable {
    /// Whether it is the host of this moment; else figures are means over the range that was asked for.
    package var isLive: Bool
    /// As `web-3`.
    package var name: String
    /// The kernel's release; nil for the past.
    package var kernel: String?
    /// As `Debian GNU/Linux 12 (bookworm)`; nil for the past.
    package var distribution: String?
    /// Cores that work can use; a fraction under a quota.
    package var cores: Double?
    /// Since boot, at the end of the range.
    package var uptimeSeconds: Double?
    /// Share of time the cores worked, 0 to 1.
    package var cpuUtilization: Double?
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

    /// Memory and swap, in bytes.
    package struct Memory: Sendable {
        /// What there is, or what the cgroup may use.
        package var total: UInt64?
        /// Total less available.
        package var used: UInt64?
        /// What programs could still get without swapping.
        package var available: UInt64?
        /// 0 where there is none.
        package var swapTotal: UInt64?
        /// Swap in use.
        package var swapUsed: UInt64?
    }

    /// One disk.
    package struct Disk: Sendable {
        /// The kernel's name of the disk.
        package var name: String
        /// 0 to 1.
        package var utilization: Double?
        /// Time a request took on average.
        package var awaitSeconds: Double?
        /// Requests under way, on average.
        package var averageQueue: Double?
        /// Bytes read.
        package var readBytesPerSecond: Double?
        /// Bytes written.
        package var writtenBytesPerSecond: Double?
    }

    /// One filesystem.
    package struct Filesystem: Sendable {
        /// Where it appears.
        package var mountPoint: String
        /// As `/dev/sda1`.
        package var device: String
        /// As `df` has it, 0 to 1.
        package var usedShare: Double
        /// All space.
        package var sizeBytes: UInt64
        /// Space free for everybody.
        package var availableBytes: UInt64
        /// Time until it is full.
        package var secondsUntilFull: Double?
    }

    /// Traffic with the outside, and what TCP had to repeat.
    package struct Network: Sendable {
        /// Bytes received.
        package var receivedBytesPerSecond: Double?
        /// Bytes sent.
        package var sentBytesPerSecond: Double?
        /// Damaged packets, both directions.
        package var errorsPerSecond: Double?
        /// Packets thrown away, both directions.
        package var dropsPerSecond: Double?
        /// TCP segments sent again.
        package var retransmittedPerSecond: Double?
        /// 0 to 1.
        package var retransmitRatio: Double?
        /// Connections lost because a program did not accept them in time.
        package var listenOverflowsPerSecond: Double?
    }

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
        self.memory = Memory(
            total: host.memory.total,
            used: host.memory.used,
            available: host.memory.available,
            swapTotal: host.memory.swapTotal,
            swapUsed: host.memory.swapUsed
        )
        self.busiestDisk = host.busiestDisk.map { disk in
            Disk(
                name: disk.name,
                utilization: disk.utilization,
                awaitSeconds: disk.awaitSeconds,
                averageQueue: disk.averageQueue,
                readBytesPerSecond: disk.readBytesPerSecond,
                writtenBytesPerSecond: disk.writtenBytesPerSecond
            )
        }
        self.fullestFilesystem = host.fullestFilesystem.map { filesystem in
            Filesystem(
                mountPoint: filesystem.mountPoint,
                device: filesystem.device,
                usedShare: filesystem.usedShare,
                sizeBytes: filesystem.sizeBytes,
                availableBytes: filesystem.availableBytes,
                secondsUntilFull: filesystem.secondsUntilFull
            )
        }
        self.network = Network(
            receivedBytesPerSecond: host.network.receivedBytesPerSecond,
            sentBytesPerSecond: host.network.sentBytesPerSecond,
            errorsPerSecond: host.network.errorsPerSecond,
            dropsPerSecond: host.network.dropsPerSecond,
            retransmittedPerSecond: host.network.retransmittedPerSecond,
            retransmitRatio: host.network.retransmitRatio,
            listenOverflowsPerSecond: host.network.listenOverflowsPerSecond
        )
        self.throttledRatio = host.throttledRatio
        self.clockIsSynchronized = host.clockIsSynchronized
        self.top = Top(cpu: host.topByCPU, memory: host.topByMemory, io: host.topByIO)
    }
}
