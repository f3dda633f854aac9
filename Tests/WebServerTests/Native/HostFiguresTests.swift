import HostSensors
import Storage
import Telemetry
import Testing

@testable import WebServer

/// What is stored about a host, as figures of a range.
@Suite struct HostFiguresTests {
    private static let hostID = "a-host"

    private func line(_ name: String, _ labels: [String: String], _ values: [SlotValue]) -> SeriesLine {
        var kind = Series.Kind.gauge
        if case .counter = values.first { kind = .counter }
        return SeriesLine(
            series: Series(
                name,
                unit: "1",
                kind: kind,
                subject: .host(Self.hostID),
                attributes: labels.map { MetricLabel($0.key, $0.value) }
            ),
            points: values.enumerated().map { SeriesPoint(start: UInt64($0), value: $1) },
            isEstimated: false
        )
    }

    private func gauge(_ name: String, _ labels: [String: String] = [:], _ values: Double...) -> SeriesLine {
        let samples = values.enumerated().map { index, value in
            SlotValue.gauge(GaugeValue(value, at: ClusterTime(nanoseconds: UInt64(index) + 1)))
        }
        return self.line(name, labels, samples)
    }

    private func counter(_ name: String, _ labels: [String: String] = [:], _ values: Double...) -> SeriesLine
    {
        self.line(name, labels, values.map { .counter(nano: ExponentialHistogram.nano($0)) })
    }

    /// Two cores that were watched for 100 s.
    private var watched: [SeriesLine] {
        ["0", "1"].flatMap { core in
            [("user", 30.0), ("idle", 70.0)].map { mode, seconds in
                self.counter(
                    "system.cpu.time",
                    ["cpu.logical_number": core, "cpu.mode": mode],
                    seconds / 2,
                    seconds / 2
                )
            }
        }
    }

    private func figures(_ lines: [SeriesLine], of hostID: String = Self.hostID) -> HostFigures? {
        HostFigures(StoredHost(lines, hostID: hostID), name: "host-1")
    }

    @Test func `nothing stored is no host, and another host's series are not this one's`() {
        #expect(self.figures([]) == nil)
        #expect(self.figures(self.watched, of: "another") == nil)
        #expect(self.figures(self.watched)?.name == "host-1")
    }

    @Test func `gauges are means over the range`() throws {
        let figures = try #require(
            self.figures([
                self.gauge("system.linux.cpu.busy", [:], 0.2, 0.6),
                self.gauge("system.cpu.load_average.1m", [:], 1, 3),
                self.gauge("system.cpu.logical.count", [:], 2, 2),
                self.gauge("system.uptime", [:], 10, 20),
                self.gauge("system.memory.limit", [:], 1000, 1000),
                self.gauge("system.memory.linux.available", [:], 300, 100),
                self.gauge("system.paging.usage", ["system.paging.state": "used"], 10, 30),
                self.gauge("system.paging.usage", ["system.paging.state": "free"], 90, 70),
                self.gauge("system.io.linux.pressure.10s", ["system.pressure.stall_type": "some"], 0.1, 0.3),
                self.gauge("system.linux.clock.synchronized", [:], 1, 0),
            ])
        )
        #expect(!figures.isLive)
        #expect(figures.cpuUtilization == 0.4)
        #expect(figures.load == [2, nil, nil])
        #expect(figures.cores == 2)
        #expect(figures.uptimeSeconds == 20)
        #expect(figures.memory.total == 1000 && figures.memory.available == 200 && figures.memory.used == 800)
        #expect(figures.memory.swapTotal == 100 && figures.memory.swapUsed == 20)
        #expect(figures.pressure.map(\.resource) == [.io])
        #expect(figures.pressure.first?.someAverage10 == 0.2 && figures.pressure.first?.fullAverage10 == nil)
        #expect(figures.clockIsSynchronized == false)
        #expect(figures.top == nil && figures.kernel == nil && figures.distribution == nil)
        #expect(figures.busiestDisk == nil && figures.fullestFilesystem == nil)
        #expect(figures.network.receivedBytesPerSecond == nil)
    }

    @Test func `what a host was called last, and runs, is told where its sensors told it`() throws {
        func info(_ name: String, at second: UInt64) -> SeriesLine {
            let labels = ["host.name": name, "os.version": "6.1", "os.description": "Debian"]
            let sample = GaugeValue(1, at: ClusterTime(nanoseconds: second))
            return self.line("neoscope.host.info", labels, [.gauge(sample)])
        }
        let busy = self.gauge("system.linux.cpu.busy", [:], 0.25, 0.75)
        let figures = try #require(
            self.figures([info("old", at: 5), info("new", at: 9), info("older", at: 1), busy])
        )
        #expect(figures.name == "new" && figures.kernel == "6.1" && figures.distribution == "Debian")
        #expect(figures.cpuUtilization == 0.5 && figures.cpuPeak == 0.75)
    }

    @Test func `counters are divided by the time that was watched`() throws {
        func disk(_ name: String, _ read: Double, _ utilization: Double) -> [SeriesLine] {
            [
                self.counter("system.disk.io", ["system.device": name, "disk.io.direction": "read"], read),
                self.gauge("system.linux.disk.utilization", ["system.device": name], utilization),
            ]
        }
        func traffic(_ name: String, _ direction: String, _ bytes: Double) -> SeriesLine {
            self.counter(
                "system.network.io",
                ["network.interface.name": name, "network.io.direction": direction],
                bytes
            )
        }
        let figures = try #require(
            self.figures(
                self.watched + disk("sda", 1000, 0.1) + disk("sdb", 500, 0.4) + disk("zram0", 9, 1) + [
                    traffic("eth0", "receive", 200), traffic("eth1", "receive", 300),
                    traffic("eth0", "transmit", 100), traffic("lo", "receive", 1e9),
                    traffic("docker0", "receive", 1e9),
                    self.counter("system.linux.tcp.segments", [:], 75),
                    self.counter("system.linux.tcp.retransmits", [:], 25),
                ]
            )
        )
        #expect(figures.busiestDisk?.name == "sdb")
        #expect(figures.busiestDisk?.readBytesPerSecond == 5)
        #expect(figures.busiestDisk?.writtenBytesPerSecond == nil)
        #expect(figures.network.receivedBytesPerSecond == 5)
        #expect(figures.network.sentBytesPerSecond == 1)
        #expect(figures.network.retransmitRatio == 0.25)
        #expect(figures.network.retransmittedPerSecond == 0.25)
        #expect(figures.network.errorsPerSecond == nil)
    }

    @Test func `the uptime tells the time that was watched where cores do not`() {
        let uptime = self.gauge("system.uptime", [:], 100, 110, 120, 130)
        let host = StoredHost([uptime, self.counter("system.disk.io", [:], 80)], hostID: Self.hostID)
        #expect(host.seconds == 40)
        #expect(host.rate("system.disk.io") == 2)
        let once = [self.gauge("system.uptime", [:], 5), self.counter("system.disk.io", [:], 80)]
        #expect(StoredHost(once, hostID: Self.hostID).rate("system.disk.io") == nil)
    }

    @Test func `the fullest filesystem is one that can be written to`() throws {
        func filesystem(_ place: String, _ mode: String, used: Double) -> [SeriesLine] {
            let labels = [
                "system.device": "/dev/sda", "system.filesystem.mountpoint": place,
                "system.filesystem.mode": mode,
            ]
            let free = labels.merging(["system.filesystem.state": "free"]) { $1 }
            return [
                self.gauge("system.filesystem.utilization", labels, used, used),
                self.gauge("system.filesystem.limit", labels, 1000, 1000),
                self.gauge("system.filesystem.usage", free, 1000 * (1 - used), 1000 * (1 - used)),
            ]
        }
        let lines = filesystem("/", "rw", used: 0.25) + filesystem("/data", "rw", used: 0.5)
        let fullest = self.figures(lines + filesystem("/cd", "ro", used: 1))?.fullestFilesystem
        #expect(fullest?.mountPoint == "/data" && fullest?.device == "/dev/sda")
        #expect(fullest?.usedShare == 0.5 && fullest?.sizeBytes == 1000 && fullest?.availableBytes == 500)
        #expect(fullest?.secondsUntilFull == nil)
    }

    @Test func `a live host keeps every figure of its summary`() throws {
        let summary = FakeStatus.sampledHost()
        let figures = HostFigures(of: summary)
        #expect(figures.isLive)
        #expect(figures.kernel == summary.kernel && figures.distribution == summary.distribution)
        #expect(figures.cores == summary.cores && figures.cpuUtilization == summary.cpuUtilization)
        #expect(figures.memory.used == summary.memory.used && figures.load.count == 3)
        #expect(figures.pressure.count == summary.pressure.all.count)
        #expect(figures.busiestDisk?.name == summary.busiestDisk?.name)
        #expect(figures.fullestFilesystem?.usedShare == summary.fullestFilesystem?.usedShare)
        #expect(figures.top?.cpu == summary.topByCPU && figures.top?.memory == summary.topByMemory)
    }
}
