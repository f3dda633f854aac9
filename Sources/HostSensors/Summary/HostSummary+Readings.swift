extension HostSummary {
    /// Sums up the later of two readings.
    ///
    /// - Parameters:
    ///   - reading: what was seen.
    ///   - previous: an earlier reading of the same host; without it, all rates are nil.
    package init(of reading: HostReading, since previous: HostReading?) {
        let rates = previous.flatMap { HostRates(from: $0, to: reading) }
        self.hostName = reading.identity.hostName
        self.kernel = reading.identity.kernelRelease
        self.distribution = reading.identity.distribution.prettyName
        self.cores = reading.capacityCores
        self.uptimeSeconds = reading.uptimeSeconds
        self.cpuUtilization = rates?.cpu?.busy
        self.topMode = rates?.cpu?.top
        self.topModeShare = rates?.cpu.flatMap { shares in shares.top.map { shares[$0] } }
        self.load = reading.load
        self.pressure = reading.pressure
        self.memory = Memory(
            total: reading.memory[.memTotal],
            used: reading.memory.usedBytes,
            available: reading.memory.availableBytes,
            swapTotal: reading.memory[.swapTotal],
            swapUsed: reading.memory.swapUsedBytes
        )
        self.busiestDisk = Self.busiest(in: reading, rates)
        self.fullestFilesystem = Self.fullest(in: reading)
        self.network = Self.network(of: reading, rates)
        self.throttledRatio = rates?.throttling?.throttledRatio
        self.clockIsSynchronized = reading.clock?.isSynchronized
        self.topByCPU = Self.top(.cpu, in: reading) { $0.cpuCores ?? 0 }
        self.topByMemory = Self.top(.memory, in: reading) { Double($0.residentBytes) }
        self.topByIO = Self.top(.io, in: reading) {
            ($0.readBytesPerSecond ?? 0) + ($0.writtenBytesPerSecond ?? 0)
        }
    }

    /// Compressed memory is no disk; among equals the one that moved most counts.
    private static func busiest(in reading: HostReading, _ rates: HostRates?) -> Disk? {
        let inMemory = Set(reading.disks.filter(\.isMemory).map(\.name))
        let disks = (rates?.disks ?? []).filter { !inMemory.contains($0.name) }
        func moved(_ disk: DiskRates) -> Double {
            (disk.readBytesPerSecond ?? 0) + (disk.writtenBytesPerSecond ?? 0)
        }
        let busiest = disks.max { ($0.utilization ?? 0, moved($0)) < ($1.utilization ?? 0, moved($1)) }
        return busiest.map {
            Disk(
                name: $0.name,
                utilization: $0.utilization,
                awaitSeconds: $0.awaitSeconds,
                averageQueue: $0.averageQueue,
                readBytesPerSecond: $0.readBytesPerSecond,
                writtenBytesPerSecond: $0.writtenBytesPerSecond
            )
        }
    }

    /// A filesystem that cannot be written to may well be full for ever.
    private static func fullest(in reading: HostReading) -> Filesystem? {
        let writable = reading.filesystems.filter { !$0.isReadOnly }
        let sized = writable.compactMap { filesystem in filesystem.space.map { (filesystem, $0) } }
        let fullest = sized.filter { $0.1.sizeBytes > 0 }.max { $0.1.usedShare < $1.1.usedShare }
        return fullest.map { filesystem, space in
            Filesystem(
                mountPoint: filesystem.mountPoint,
                device: filesystem.device,
                usedShare: space.usedShare,
                sizeBytes: space.sizeBytes,
                availableBytes: space.availableBytes,
                secondsUntilFull: nil
            )
        }
    }

    /// Interfaces with hardware behind them, or else all but the loopback: what goes over bridges and tunnels
    /// goes over the hardware too and must not be counted twice.
    private static func network(of reading: HostReading, _ rates: HostRates?) -> Network {
        let devices = Set(reading.interfaces.filter(\.link.isDevice).map(\.name))
        let outside = Set(reading.interfaces.filter { !$0.isLoopback }.map(\.name))
        let counted = devices.isEmpty ? outside : devices
        let interfaces = (rates?.interfaces ?? []).filter { counted.contains($0.name) }
        func sum(_ rate: KeyPath<InterfaceRates, Double?>) -> Double? {
            let known = interfaces.compactMap { $0[keyPath: rate] }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
        return Network(
            receivedBytesPerSecond: sum(\.receivedBytesPerSecond),
            sentBytesPerSecond: sum(\.sentBytesPerSecond),
            errorsPerSecond: sum(\.errorsPerSecond),
            dropsPerSecond: sum(\.dropsPerSecond),
            retransmittedPerSecond: rates?.tcp.retransmittedPerSecond,
            retransmitRatio: rates?.tcp.retransmitRatio,
            listenOverflowsPerSecond: rates?.tcp.listenOverflowsPerSecond
        )
    }

    private static func top(
        _ rank: ProcessReading.Ranks,
        in reading: HostReading,
        by value: (ProcessReading) -> Double
    ) -> [ProcessReading] {
        let members = reading.processes.filter { $0.ranks.contains(rank) }.map {
            (process: $0, value: value($0))
        }
        let sorted = members.sorted {
            $0.value == $1.value ? $0.process.processID < $1.process.processID : $0.value > $1.value
        }
        return sorted.map(\.process)
    }
}
