/// What the process table knows of one process.
struct ProcessEntry: Sendable {
    var stat: ProcessStat
    var io: ProcessIO?
    /// Whether reading its IO was refused; it will be again.
    var isIORefused = false
    /// When it was read last.
    var readAt: Duration
    /// Cores used between its last two readings.
    var cpuCores: Double?
    var readRate: Double?
    var writeRate: Double?
    /// Usage smoothed over readings, by which it is ranked.
    var cpuRank = 0.0
    var ioRank = 0.0
    var cgroup: String?
    var status: ProcessStatus?
    /// The sample in which cgroup and status were read.
    var describedIn: Int?
    /// The last sample in which it existed.
    var seenIn: Int

    init(stat: ProcessStat, io: ProcessIO?, at instant: Duration, sample: Int) {
        self.stat = stat
        self.io = io
        self.readAt = instant
        self.seenIn = sample
    }

    /// Takes a new reading of the same process and works out its rates.
    mutating func update(stat: ProcessStat, io: ProcessIO?, at instant: Duration, ticksPerSecond: UInt64) {
        let elapsed = (instant - self.readAt).inSeconds
        let before = self.stat.userTicks &+ self.stat.systemTicks
        let after = stat.userTicks &+ stat.systemTicks
        if elapsed > 0 {
            let perTick = 1 / Double(max(1, ticksPerSecond))
            self.cpuCores = after >= before ? Double(after &- before) * perTick / elapsed : nil
            self.readRate = Self.rate(self.io?.readBytes, io?.readBytes, elapsed)
            self.writeRate = Self.rate(self.io?.writtenBytes, io?.writtenBytes, elapsed)
            // Half of the old value stays, so that one busy second does not turn the lists over.
            self.cpuRank = 0.5 * self.cpuRank + 0.5 * (self.cpuCores ?? 0)
            self.ioRank = 0.5 * self.ioRank + 0.5 * ((self.readRate ?? 0) + (self.writeRate ?? 0))
        }
        self.stat = stat
        self.io = io
        self.readAt = instant
    }

    private static func rate(_ before: UInt64?, _ after: UInt64?, _ elapsed: Double) -> Double? {
        guard let before, let after, after >= before else { return nil }
        return Double(after &- before) / elapsed
    }

    /// The entry as a reading.
    func reading(ranks: ProcessReading.Ranks, ticksPerSecond: UInt64, pageBytes: UInt64) -> ProcessReading {
        let perTick = 1 / Double(max(1, ticksPerSecond))
        return ProcessReading(
            processID: self.stat.processID,
            parentID: self.stat.parentID,
            name: self.stat.name,
            startSeconds: Double(self.stat.startTicks) * perTick,
            state: self.stat.state,
            cgroup: self.cgroup,
            userSeconds: Double(self.stat.userTicks) * perTick,
            systemSeconds: Double(self.stat.systemTicks) * perTick,
            residentBytes: self.stat.residentPages &* pageBytes,
            virtualBytes: self.stat.virtualBytes,
            swapBytes: self.status?.swapBytes,
            threads: self.stat.threads,
            minorFaults: self.stat.minorFaults,
            majorFaults: self.stat.majorFaults,
            voluntarySwitches: self.status?.voluntarySwitches,
            involuntarySwitches: self.status?.involuntarySwitches,
            io: self.io,
            cpuCores: self.cpuCores,
            readBytesPerSecond: self.readRate,
            writtenBytesPerSecond: self.writeRate,
            ranks: ranks
        )
    }
}
