import Testing

@testable import HostSensors

@Suite struct HostSummaryTests {
    private func reading(_ second: Int64, busy: Int) -> HostReading {
        var reading = HostReading.empty(atSecond: second)
        reading.cpu = parse("cpu \(busy) 0 0 \(100 * second - Int64(busy)) 0 0 0 0\ncpu0 1 1 1 1\n") {
            ProcStat(parsing: $0)
        }
        reading.memory = parse("MemTotal: 100 kB\nMemAvailable: 40 kB\nMemFree: 9 kB\n") {
            MemoryInfo(parsing: $0)
        }
        let disks =
            "8 0 sda 0 0 0 0 0 0 0 0 0 \(second * 100) 0\n252 0 zram0 0 0 0 0 0 0 0 0 0 \(second * 900) 0\n"
        reading.disks = parse(disks + "8 16 sdb 0 0 0 0 0 0 0 0 0 \(second * 500) 0\n") {
            DiskCounters.list(parsing: $0)
        }
        let bytes = second * 1000
        let rest = "0 0 0 0 0 0 0 \(bytes) 0 0 0 0 0 0 0\n"
        let net = "eth0: \(bytes) \(rest)docker0: \(bytes) \(rest)"
        let counters = parse(net) { InterfaceCounters.list(parsing: $0) }
        reading.interfaces = counters.map {
            InterfaceReading(counters: $0, link: LinkState(isDevice: $0.name == "eth0"))
        }
        let space = FilesystemReading.Space(
            sizeBytes: 100,
            freeBytes: 30,
            availableBytes: 20,
            files: 9,
            filesFree: 9
        )
        var fuller = space
        fuller.freeBytes = 5
        fuller.availableBytes = 5
        reading.filesystems = [
            FilesystemReading(
                device: "/dev/a",
                mountPoint: "/",
                type: "ext4",
                isReadOnly: false,
                space: space
            ),
            FilesystemReading(
                device: "/dev/b",
                mountPoint: "/b",
                type: "ext4",
                isReadOnly: false,
                space: fuller
            ),
            FilesystemReading(
                device: "/dev/c",
                mountPoint: "/c",
                type: "ext4",
                isReadOnly: true,
                space: fuller
            ),
        ]
        return reading
    }

    @Test func `the figures people look at first follow from two readings`() {
        let summary = HostSummary(of: self.reading(1, busy: 75), since: self.reading(0, busy: 0))
        #expect(summary.hostName == "test")
        #expect(summary.cores == 1)
        #expect(summary.cpuUtilization == 0.75)
        #expect(summary.topMode == .user)
        #expect(summary.topModeShare == 0.75)
        #expect(summary.memory.used == 60 * 1024)
        #expect(summary.busiestDisk?.name == "sdb")
        #expect(summary.busiestDisk?.utilization == 0.5)
        #expect(summary.fullestFilesystem?.mountPoint == "/b")
        #expect(summary.fullestFilesystem?.usedShare == 0.95)
        #expect(summary.fullestFilesystem?.secondsUntilFull == nil)
        #expect(summary.network.receivedBytesPerSecond == 1000)
        #expect(summary.network.retransmitRatio == nil)
    }

    @Test func `one reading alone has no rates but all amounts`() {
        let summary = HostSummary(of: self.reading(1, busy: 75), since: nil)
        #expect(summary.cpuUtilization == nil)
        #expect(summary.busiestDisk == nil)
        #expect(summary.network.receivedBytesPerSecond == nil)
        #expect(summary.memory.total == 102_400)
        #expect(summary.fullestFilesystem != nil)
    }

    @Test func `top lists are in order and hold only those ranked for them`() throws {
        var reading = self.reading(1, busy: 1)
        reading.processes = try [(Int32(1), 0.1, 9), (2, 0.7, 1), (3, 0.7, 5)].map { id, cores, pages in
            let text = "\(id) (p) S 1 1 1 0 1 0 0 0 0 0 1 1 0 0 20 0 1 0 1 1 \(pages)"
            let stat = try #require(parse(text) { ProcessStat(parsing: $0) })
            var entry = ProcessEntry(stat: stat, io: nil, at: .zero, sample: 1)
            entry.cpuCores = cores
            return entry.reading(ranks: id == 2 ? .cpu : [.cpu, .memory], ticksPerSecond: 100, pageBytes: 1)
        }
        let summary = HostSummary(of: reading, since: nil)
        #expect(summary.topByCPU.map(\.processID) == [2, 3, 1])
        #expect(summary.topByMemory.map(\.processID) == [1, 3])
        #expect(summary.topByIO.isEmpty)
    }
}
