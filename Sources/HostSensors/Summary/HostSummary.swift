/// A host at a glance: the figures people look at first.
///
/// Pure; made from two readings. Nil means not known, as where the kernel lacks the figure or the counters
/// went backwards. With a cgroup reported as the host, it is the cgroup's.
package struct HostSummary: Equatable, Sendable {
    /// As `web-3`.
    package var hostName: String
    /// The kernel's release.
    package var kernel: String
    /// As `Debian GNU/Linux 12 (bookworm)`; empty if not known.
    package var distribution: String
    /// Cores that work can use; a fraction under a quota.
    package var cores: Double?
    /// Since boot.
    package var uptimeSeconds: Double?
    /// Share of time the cores worked, 0 to 1.
    package var cpuUtilization: Double?
    /// What the cores did most of the time they were not idle.
    package var topMode: CPUMode?
    /// That mode's share of all time, 0 to 1.
    package var topModeShare: Double?
    /// Nil for a cgroup.
    package var load: LoadAverage?
    /// Kernel averages over 10 seconds.
    package var pressure: PressureReadings
    /// Memory and swap.
    package var memory: Memory
    /// Nil without rates or disks.
    package var busiestDisk: Disk?
    /// Of those that can be written to.
    package var fullestFilesystem: Filesystem?
    /// All interfaces to the outside together.
    package var network: Network
    /// Share of quota periods in which a cgroup was stopped, 0 to 1.
    package var throttledRatio: Double?
    /// Whether the clock is kept in step; nil if not known.
    package var clockIsSynchronized: Bool?
    /// The most cores first.
    package var topByCPU: [ProcessReading]
    /// The most resident memory first.
    package var topByMemory: [ProcessReading]
    /// The most bytes from and to storage first.
    package var topByIO: [ProcessReading]

    /// Memory and swap, in bytes.
    package struct Memory: Equatable, Sendable {
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

        /// What is known; the rest is nil.
        package init(
            total: UInt64? = nil,
            used: UInt64? = nil,
            available: UInt64? = nil,
            swapTotal: UInt64? = nil,
            swapUsed: UInt64? = nil
        ) {
            self.total = total
            self.used = used
            self.available = available
            self.swapTotal = swapTotal
            self.swapUsed = swapUsed
        }
    }

    /// The disk with the highest utilisation.
    package struct Disk: Equatable, Sendable {
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

        /// What is known; the rest is nil.
        package init(
            name: String,
            utilization: Double? = nil,
            awaitSeconds: Double? = nil,
            averageQueue: Double? = nil,
            readBytesPerSecond: Double? = nil,
            writtenBytesPerSecond: Double? = nil
        ) {
            self.name = name
            self.utilization = utilization
            self.awaitSeconds = awaitSeconds
            self.averageQueue = averageQueue
            self.readBytesPerSecond = readBytesPerSecond
            self.writtenBytesPerSecond = writtenBytesPerSecond
        }
    }

    /// The filesystem with the highest share of used space.
    package struct Filesystem: Equatable, Sendable {
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
        /// Time until it is full; two readings are too few to tell, so whoever keeps a longer history sets
        /// it.
        package var secondsUntilFull: Double?

        /// What is known; the rest is nil.
        package init(
            mountPoint: String,
            device: String,
            usedShare: Double,
            sizeBytes: UInt64,
            availableBytes: UInt64,
            secondsUntilFull: Double? = nil
        ) {
            self.mountPoint = mountPoint
            self.device = device
            self.usedShare = usedShare
            self.sizeBytes = sizeBytes
            self.availableBytes = availableBytes
            self.secondsUntilFull = secondsUntilFull
        }
    }

    /// Traffic with the outside, and what TCP had to repeat.
    package struct Network: Equatable, Sendable {
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

        /// What is known; the rest is nil.
        package init(
            receivedBytesPerSecond: Double? = nil,
            sentBytesPerSecond: Double? = nil,
            errorsPerSecond: Double? = nil,
            dropsPerSecond: Double? = nil,
            retransmittedPerSecond: Double? = nil,
            retransmitRatio: Double? = nil,
            listenOverflowsPerSecond: Double? = nil
        ) {
            self.receivedBytesPerSecond = receivedBytesPerSecond
            self.sentBytesPerSecond = sentBytesPerSecond
            self.errorsPerSecond = errorsPerSecond
            self.dropsPerSecond = dropsPerSecond
            self.retransmittedPerSecond = retransmittedPerSecond
            self.retransmitRatio = retransmitRatio
            self.listenOverflowsPerSecond = listenOverflowsPerSecond
        }
    }
}
