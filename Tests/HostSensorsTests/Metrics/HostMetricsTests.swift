import Telemetry
import Testing

@testable import HostSensors

@Suite struct HostMetricsTests {
    private func value(
        _ metrics: [HostMetric],
        _ name: String,
        _ attributes: [String: String] = [:]
    ) -> Double? {
        metrics.first { metric in
            metric.name == name
                && attributes.allSatisfy { metric.attributes.contains(MetricLabel($0.key, $0.value)) }
        }?.value
    }

    @Test func `processor time carries mode and core under the conventional names`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.cpu = parse("cpu 1 2 3 4 5 6 7 8\ncpu3 1 2 3 4 5 6 7 8\n") { ProcStat(parsing: $0) }
        let metrics = HostMetrics.metrics(of: reading, rates: nil)
        let times = metrics.filter { $0.name == "system.cpu.time" }
        #expect(times.count == 8)
        #expect(times.allSatisfy { $0.kind == .counter && $0.unit == "s" })
        let irq = ["cpu.mode": "interrupt", "cpu.logical_number": "3"]
        #expect(self.value(metrics, "system.cpu.time", irq) == 0.06)
        #expect(self.value(metrics, "system.cpu.logical.count") == 1)
    }

    @Test func `memory states add up to the limit`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.memory = parse(
            "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 30 kB\nSReclaimable: 4 kB\n"
                + "SUnreclaim: 1 kB\n"
        ) { MemoryInfo(parsing: $0) }
        let metrics = HostMetrics.metrics(of: reading, rates: nil)
        let usage = metrics.filter { $0.name == "system.memory.usage" }
        #expect(usage.reduce(0) { $0 + $1.value } == 102_400)
        #expect(self.value(metrics, "system.memory.usage", ["system.memory.state": "used"]) == 52_224)
        #expect(self.value(metrics, "system.memory.utilization", ["system.memory.state": "cached"]) == 0.34)
        #expect(
            self.value(
                metrics,
                "system.memory.linux.slab.usage",
                ["system.memory.linux.slab.state": "unreclaimable"]
            )
                == 1024
        )
    }

    @Test func `pressure has one series per resource and kind`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.pressure.irq = parse("full avg10=1.00 avg60=0.00 avg300=0.00 total=1500000\n") {
            Pressure(parsing: $0)
        }
        let metrics = HostMetrics.metrics(of: reading, rates: nil)
        #expect(
            metrics.map(\.name) == ["total", "10s", "1m", "5m"].map { "system.irq.linux.pressure." + $0 }
        )
        #expect(
            self.value(metrics, "system.irq.linux.pressure.total", ["system.pressure.stall_type": "full"])
                == 1.5
        )
        #expect(self.value(metrics, "system.irq.linux.pressure.10s") == 0.01)
    }

    @Test func `swap of zero bytes has no utilisation`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.memory = parse("SwapTotal: 0 kB\nSwapFree: 0 kB\n") { MemoryInfo(parsing: $0) }
        let metrics = HostMetrics.metrics(of: reading, rates: nil)
        #expect(self.value(metrics, "system.paging.usage", ["system.paging.state": "used"]) == 0)
        #expect(self.value(metrics, "system.paging.utilization") == nil)
    }

    @Test func `a process is named by id, program and cgroup, never by its command line`() throws {
        var reading = HostReading.empty(atSecond: 0)
        reading.topology = CPUTopology(processors: [(0, 0), (0, 1)])
        reading.uptimeSeconds = 100
        let text = "7 (worker) S 1 1 1 0 1 0 0 0 0 0 50 25 0 0 20 0 3 0 1000 4096 3"
        let stat = try #require(parse(text) { ProcessStat(parsing: $0) })
        var entry = ProcessEntry(stat: stat, io: nil, at: .zero, sample: 1)
        entry.cgroup = "/g"
        entry.cpuCores = 0.5
        reading.processes = [entry.reading(ranks: .cpu, ticksPerSecond: 100, pageBytes: 4096)]
        let metrics = HostMetrics.metrics(of: reading, rates: nil).filter { $0.name.hasPrefix("process.") }
        let names = ["process.pid", "process.executable.name", "process.linux.cgroup"]
        #expect(metrics.allSatisfy { $0.attributes.prefix(3).map(\.name) == names })
        #expect(self.value(metrics, "process.cpu.utilization") == 0.25)
        #expect(self.value(metrics, "process.cpu.time", ["cpu.mode": "system"]) == 0.25)
        #expect(self.value(metrics, "process.uptime") == 90)
        #expect(self.value(metrics, "process.disk.io") == nil)
    }

    @Test func `a cgroup in the place of the host adds the names of containers`() {
        var cgroup = CgroupReading(path: "/a", version: .v2)
        parse("usage_usec 30\nuser_usec 20000000\nsystem_usec 10\nnr_throttled 4\n") {
            cgroup.cpu.read(stat: $0)
        }
        cgroup.memoryCurrentBytes = 4096
        let reading = HostReading.empty(atSecond: 0).scoped(to: cgroup)
        let metrics = HostMetrics.metrics(of: reading, rates: nil)
        let own = ["container.linux.cgroup": "/a"]
        #expect(self.value(metrics, "container.cpu.time", own.merging(["cpu.mode": "user"]) { $1 }) == 20)
        #expect(self.value(metrics, "container.linux.cpu.throttled_periods", own) == 4)
        #expect(self.value(metrics, "container.memory.working_set", own) == 4096)
        #expect(self.value(metrics, "container.cpu.usage", own) == nil)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `no name comes twice with the same attributes, and each has one kind and unit`() throws {
        var sampler = HostSampler(options: HostSensorOptions(root: RecordedTrees.procfs))
        let before = sampler.sample(at: HostInstant(monotonic: .seconds(0), unix: .zero))
        let after = sampler.sample(at: HostInstant(monotonic: .seconds(1), unix: .zero))
        // The recording lists two disks named sdb and sdc once each, and every mount once.
        let metrics = HostMetrics.metrics(of: after, rates: HostRates(from: before, to: after))
        var seen: Set<String> = []
        var kinds: [String: String] = [:]
        for metric in metrics {
            let labels = metric.attributes.map { $0.name + "=" + $0.value }.joined(separator: ",")
            #expect(seen.insert(metric.name + "{" + labels + "}").inserted, "\(metric.name) \(labels)")
            let kind = metric.kind.rawValue + " " + metric.unit
            #expect(kinds.updateValue(kind, forKey: metric.name) ?? kind == kind, "\(metric.name)")
        }
        #expect(metrics.count > 200)
    }
}
