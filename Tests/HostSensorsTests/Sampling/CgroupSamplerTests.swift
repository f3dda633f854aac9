import Testing

@testable import HostSensors

@Suite struct CgroupSamplerTests {
    private func sample(_ tree: TemporaryTree, _ cgroup: String) -> HostReading {
        var sampler = HostSampler(options: HostSensorOptions(root: tree.root, cgroup: cgroup))
        return sampler.sample(at: HostInstant(monotonic: .seconds(0), unix: .seconds(0)))
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `a recorded container of version 1 is read from all its controllers`() throws {
        let tree = ZipArchive.tree("docker")
        let path = "/docker/b29faf21b7eff959f64b4192c34d5d67a707fe8561e9eaa608cb27693fba4242"
        let cgroup = try #require(self.sample(tree, path).cgroup)
        #expect(cgroup.version == .v1)
        #expect(cgroup.cpu.usageMicroseconds == 95_996_653)
        #expect(cgroup.cpu.userMicroseconds == 61_950_000)
        #expect(cgroup.cpu.periods == 769_021)
        #expect(cgroup.cpu.throttledPeriods == 1046)
        #expect(cgroup.cpu.throttledMicroseconds == 352_597_023)
        #expect(cgroup.quotaCores == nil)
        #expect(cgroup.cpusetCores == 4)
        #expect((cgroup.memoryCurrentBytes ?? 0) > 0)
        #expect(cgroup.memoryLimitBytes == nil)
        #expect(cgroup.residentBytes != nil)
        #expect((cgroup.workingSetBytes ?? .max) <= (cgroup.memoryCurrentBytes ?? 0))
        let disk = try #require(cgroup.io.first { $0.major == 253 && $0.minor == 1 })
        #expect(disk.readBytes == 1_638_912)
        #expect(disk.reads == 42)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `a recorded container of version 2 is read with its pressure`() throws {
        let tree = ZipArchive.tree("docker2")
        let cgroup = try #require(self.sample(tree, "/user.slice/user-1000.slice/session-520.scope").cgroup)
        #expect(cgroup.version == .v2)
        #expect(cgroup.cpu.usageMicroseconds == 3_611_347_518)
        #expect(cgroup.cpu.throttledPeriods == 0)
        #expect(cgroup.quotaCores == nil)
        #expect(cgroup.memoryCurrentBytes == 10_498_404_352)
        #expect(cgroup.memoryLimitBytes == nil)
        #expect(cgroup.residentBytes == 1_411_100_672)
        #expect(cgroup.workingSetBytes == 10_498_404_352 - 6_685_749_248)
        #expect(cgroup.majorFaults == 14299)
        #expect(cgroup.events.kills == 0)
        #expect(cgroup.pressure.irq?.full?.totalMicroseconds == 29_463_156)
        #expect(cgroup.pressure.memory?.some?.totalMicroseconds == 1_736_583)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `a recorded service of hybrid mode is read from both versions`() throws {
        let tree = ZipArchive.tree("ubuntu1804")
        let cgroup = try #require(self.sample(tree, "/system.slice/networkd-dispatcher.service").cgroup)
        #expect(cgroup.version == .v1)
        #expect((cgroup.memoryCurrentBytes ?? 0) > 0)
        #expect(cgroup.cpu.usageMicroseconds == 184_713)
        #expect(cgroup.pressure.cpu == nil)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `a recorded pod is found by the path that its process names`() throws {
        let tree = ZipArchive.tree("amzn2")
        let membership = parse(RecordedTrees.read(tree.root + "/proc/493239/cgroup")) {
            ProcessCgroups(parsing: $0)
        }
        let path = try #require(membership.path(of: "memory"))
        let reading = self.sample(tree, path)
        let cgroup = try #require(reading.cgroup)
        #expect(cgroup.path.hasPrefix("/kubepods.slice/"))
        #expect((cgroup.cpu.usageMicroseconds ?? 0) > 0)
        #expect((cgroup.memoryCurrentBytes ?? 0) > 0)
        #expect(HostMetrics.metrics(of: reading, rates: nil).contains { $0.name == "container.memory.usage" })
    }

    @Test func `limits of the groups above count, and only processes inside are listed`() throws {
        let tree = TemporaryTree()
        let base = "sys/fs/cgroup/"
        tree.write("proc/1/mountinfo", "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        tree.write("proc/meminfo", "MemTotal: 1000000 kB\nSwapTotal: 1000 kB\nSwapFree: 900 kB\n")
        tree.write("proc/uptime", "100.00 5.00\n")
        tree.write("proc/diskstats", "8 0 sda 9 9 9 9 9 9 9 9 9 9 9\n8 16 sdb 1 1 1 1 1 1 1 1 1 1 1\n")
        tree.write("sys/devices/system/cpu/online", "0-7\n")
        tree.write(base + "a/cpu.max", "150000 100000\n")
        tree.write(base + "a/b/cpu.max", "max 100000\n")
        tree.write(base + "a/memory.max", "102400\n")
        tree.write(base + "a/b/memory.max", "204800\n")
        tree.write(base + "a/b/cpuset.cpus.effective", "0-3\n")
        tree.write(base + "a/b/cpu.stat", "usage_usec 30000000\nuser_usec 20000000\nsystem_usec 10000000\n")
        tree.write(base + "a/b/memory.current", "81920\n")
        tree.write(base + "a/b/memory.stat", "anon 4096\nfile 8192\ninactive_file 40960\n")
        tree.write(base + "a/b/memory.swap.current", "10240\n")
        tree.write(base + "a/b/io.stat", "8:16 rbytes=1024 wbytes=512 rios=2 wios=1\n")
        tree.write(base + "a/b/cgroup.procs", "7\n")
        tree.write(base + "a/b/c/cgroup.procs", "8\n0\n")
        for id in 7...9 {
            tree.write("proc/\(id)/stat", "\(id) (p) R 1 1 1 0 1 0 0 0 0 0 5 0 0 0 20 0 1 0 1 9 3")
        }
        let reading = self.sample(tree, "/a/b")
        let cgroup = try #require(reading.cgroup)
        #expect(cgroup.quotaCores == 1.5)
        #expect(cgroup.cpusetCores == 4)
        #expect(cgroup.memoryLimitBytes == 102_400)
        #expect(reading.capacityCores == 1.5)
        #expect(reading.memory[.memTotal] == 102_400)
        #expect(reading.memory[.memFree] == 20_480)
        #expect(reading.memory[.memAvailable] == 61_440)
        #expect(reading.memory.swapUsedBytes == 10_240)
        #expect(reading.cpu.total?.user == 20_000_000)
        #expect(reading.cpu.total?.system == 10_000_000)
        #expect(reading.cpu.total?.idle == 120_000_000)
        #expect(reading.cpu.cores.isEmpty)
        #expect(reading.disks.map(\.name) == ["sdb"])
        #expect(reading.disks.first?.sectorsRead == 2)
        #expect(reading.processes.map(\.processID) == [7, 8])
        #expect(reading.load == nil)
    }

    @Test func `while the group is missing the host does not stand in for it`() {
        let tree = TemporaryTree()
        tree.write("proc/1/mountinfo", "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        tree.write("proc/stat", "cpu 1 2 3 4\ncpu0 1 2 3 4\n")
        tree.write("proc/meminfo", "MemTotal: 8 kB\n")
        tree.write("proc/7/stat", "7 (p) R 1 1 1 0 1 0 0 0 0 0 5 0 0 0 20 0 1 0 1 9 3")
        let reading = self.sample(tree, "/none")
        #expect(reading.cgroup == nil)
        #expect(reading.cpu == ProcStat())
        #expect(reading.memory.isEmpty)
        #expect(reading.processes.isEmpty)
    }

    @Test func `a group that comes later is found, and one that goes is missed`() {
        let tree = TemporaryTree()
        tree.write("proc/1/mountinfo", "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        var sampler = HostSampler(options: HostSensorOptions(root: tree.root, cgroup: "late"))
        let start = HostInstant(monotonic: .seconds(0), unix: .seconds(0))
        #expect(sampler.sample(at: start).cgroup == nil)
        var exists = sampler.cgroupExists
        #expect(!exists)
        tree.write("sys/fs/cgroup/late/cpu.stat", "usage_usec 5\n")
        #expect(sampler.sample(at: start).cgroup?.cpu.usageMicroseconds == 5)
        exists = sampler.cgroupExists
        #expect(exists)
        tree.remove("sys/fs/cgroup/late")
        #expect(sampler.sample(at: start).cgroup == nil)
    }
}
