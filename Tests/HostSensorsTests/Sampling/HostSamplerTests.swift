import Glibc
import Telemetry
import Testing

@testable import HostSensors

@Suite struct HostSamplerTests {
    private static let isLinux = unsafe access("/proc/stat", R_OK) == 0

    private func instant(_ second: Int64) -> HostInstant {
        HostInstant(monotonic: .seconds(second), unix: .seconds(second))
    }

    @Test func `an empty root is a host of which nothing is known`() {
        let tree = TemporaryTree()
        var sampler = HostSampler(options: HostSensorOptions(root: tree.root, cgroup: "/x"))
        for second in Int64(0)..<70 {
            let reading = sampler.sample(at: self.instant(second))
            #expect(reading.cpu == ProcStat())
            #expect(reading.memory.isEmpty)
            #expect(reading.processes.isEmpty)
            #expect(reading.cgroup == nil)
            #expect(HostMetrics.metrics(of: reading, rates: nil).isEmpty)
            #expect(NodeExposition.families(of: reading).map(\.name) == ["node_time_seconds"])
        }
        let exists = sampler.cgroupExists
        #expect(!exists)
    }

    @Test func `a tree elsewhere is read instead of this machine`() {
        let tree = TemporaryTree()
        tree.write("proc/stat", "cpu 1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nctxt 9\n")
        tree.write("proc/meminfo", "MemTotal: 8 kB\nMemFree: 4 kB\n")
        tree.write("proc/1/net/dev", "eth9: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n")
        tree.write("proc/net/dev", "lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n")
        tree.write("etc/hostname", "elsewhere\n")
        tree.write("proc/sys/kernel/osrelease", "2.6.32\n")
        tree.write("sys/class/net/eth9/speed", "1000\n")
        tree.write("sys/devices/system/cpu/online", "0-1\n")
        for cpu in 0...1 {
            tree.write("sys/devices/system/cpu/cpu\(cpu)/topology/core_id", "0\n")
            tree.write("sys/devices/system/cpu/cpu\(cpu)/topology/physical_package_id", "0\n")
        }
        tree.write("proc/7/stat", "7 (old) S 1 1 1 0 1 0 0 0 0 0 5 0 0 0 20 0 1 0 1 4096 3")
        tree.write("proc/7/cgroup", "0::/g\n")
        var sampler = HostSampler(options: HostSensorOptions(root: tree.root))
        let reading = sampler.sample(at: self.instant(0))
        #expect(reading.cpu.total?.steal == 80_000)
        #expect(reading.memory[.memTotal] == 8192)
        #expect(reading.interfaces.map(\.name) == ["eth9"])
        #expect(reading.interfaces.first?.link.speedBytesPerSecond == 125_000_000)
        #expect(reading.identity.hostName == "elsewhere")
        #expect(reading.identity.kernelRelease == "2.6.32")
        #expect(reading.identity.machine == "")
        #expect(reading.topology.logical == 2)
        #expect(reading.topology.physical == 1)
        #expect(reading.clock == nil)
        #expect(reading.filesystems.isEmpty)
        #expect(reading.processes.map(\.name) == ["old"])
        #expect(reading.processes.first?.cgroup == "/g")
        #expect(reading.processCounts.sleeping == 1)
    }

    @Test func `processes that vanish between two samples leave without a trace`() {
        let tree = TemporaryTree()
        for id in 1...5 {
            tree.write("proc/\(id)/stat", "\(id) (p) R 1 1 1 0 1 0 0 0 0 0 5 0 0 0 20 0 1 0 1 9 3")
        }
        var sampler = HostSampler(options: HostSensorOptions(root: tree.root))
        #expect(sampler.sample(at: self.instant(0)).processes.count == 5)
        tree.remove("proc/2")
        tree.remove("proc/3/stat")
        let reading = sampler.sample(at: self.instant(1))
        #expect(reading.processes.map(\.processID) == [1, 4, 5])
        #expect(reading.processCounts.running == 3)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `another machine's recording is that machine`() {
        var sampler = HostSampler(options: HostSensorOptions(root: RecordedTrees.procfs))
        let reading = sampler.sample(at: self.instant(0))
        #expect(reading.cpu.cores.count == 8)
        #expect(reading.load?.oneMinute == 0.02)
        #expect(reading.memory[.memTotal] == 15_666_184 * 1024)
        #expect(reading.pressure.memory?.full?.totalMicroseconds == 25)
        #expect(reading.sockets[.tcp6InUse] == 17)
        #expect(reading.scheduler.count == 2)
        #expect(reading.processes.map(\.name).contains("vim"))
        #expect(reading.filesystems.isEmpty)
        #expect(!HostMetrics.metrics(of: reading, rates: nil).isEmpty)
    }

    @Test(.enabled(if: Self.isLinux))
    func `this machine is read, and its counters only rise`() throws {
        var sampler = HostSampler()
        var previous = sampler.sample(at: HostSampler.now())
        let exists = sampler.cgroupExists
        #expect(exists)
        #expect(previous.cpu.total != nil)
        #expect(!previous.cpu.cores.isEmpty)
        #expect((previous.memory[.memTotal] ?? 0) > 0)
        #expect(!previous.identity.kernelRelease.isEmpty)
        #expect(previous.processes.contains { $0.residentBytes > 0 })
        for _ in 0..<25 {
            let reading = sampler.sample(at: HostSampler.now())
            let rates = try #require(HostRates(from: previous, to: reading))
            for (before, after) in zip(previous.cpu.cores, reading.cpu.cores)
            where before.number == after.number {
                for mode in CPUMode.allCases { #expect(after.times[mode] >= before.times[mode]) }
            }
            if let cpu = rates.cpu {
                let sum = CPUMode.allCases.reduce(0) { $0 + cpu[$1] }
                #expect(abs(sum - 1) < 1e-9)
            }
            for metric in HostMetrics.metrics(of: reading, rates: rates) where metric.unit == "1" {
                #expect(metric.value >= 0, "\(metric.name)")
            }
            previous = reading
        }
    }

    @Test(.enabled(if: Self.isLinux))
    func `this process is among those of this machine`() {
        // So many that nobody is left out.
        var sampler = HostSampler(options: HostSensorOptions(topProcesses: 100))
        let own = sampler.sample(at: HostSampler.now()).processes.first { $0.processID == getpid() }
        #expect(own.map { $0.residentBytes > 1 << 20 } ?? true)
        #expect(own?.parentID ?? getppid() == getppid())
    }

    @Test func `options bring the number of processes into its limits`() {
        #expect(HostSensorOptions(topProcesses: -1).topProcesses == 0)
        #expect(HostSensorOptions(topProcesses: 100_000).topProcesses == HostSensorOptions.topProcessesMax)
        #expect(HostSensorOptions().topProcesses == 10)
    }
}
