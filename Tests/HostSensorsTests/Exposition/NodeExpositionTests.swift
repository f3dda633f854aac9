import Telemetry
import Testing

@testable import HostSensors

@Suite struct NodeExpositionTests {
    private func family(_ reading: HostReading, _ name: String) -> MetricFamily? {
        NodeExposition.families(of: reading).first { $0.name == name }
    }

    @Test func `processor seconds carry core and mode, guests counted in user`() throws {
        var reading = HostReading.empty(atSecond: 0)
        reading.cpu = parse("cpu 9 0 0 0\ncpu0 40677 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4\n") {
            ProcStat(parsing: $0)
        }
        let family = try #require(self.family(reading, "node_cpu_seconds_total"))
        #expect(family.kind == .counter)
        #expect(family.readings.count == 16)
        let user = family.readings.first {
            $0.labels == [MetricLabel("cpu", "0"), MetricLabel("mode", "user")]
        }
        #expect(user?.value == 406.77)
        let modes = family.readings.prefix(8).compactMap { $0.labels.last?.value }
        #expect(modes == ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"])
        let guest = try #require(self.family(reading, "node_cpu_guest_seconds_total"))
        #expect(guest.readings.map(\.value) == [0.1, 0.09, 0, 0])
    }

    @Test func `memory names lose their brackets and gain their unit`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.memory = parse("Active(anon): 1 kB\nHugePages_Total: 3\nDirectMap4k: 2 kB\n") {
            MemoryInfo(parsing: $0)
        }
        #expect(self.family(reading, "node_memory_Active_anon_bytes")?.readings.first?.value == 1024)
        #expect(self.family(reading, "node_memory_HugePages_Total")?.readings.first?.value == 3)
        #expect(self.family(reading, "node_memory_DirectMap4k_bytes")?.kind == .gauge)
    }

    @Test func `counters of the kernel's tables are of no stated kind, as there`() {
        var reading = HostReading.empty(atSecond: 0)
        parse("Tcp: RetransSegs\nTcp: 7\n") { reading.network.read(table: $0) }
        reading.paging = parse("pgfault 5\npgscan_direct 6\n") { PagingCounters(parsing: $0) }
        #expect(self.family(reading, "node_netstat_Tcp_RetransSegs")?.kind == .unknown)
        #expect(self.family(reading, "node_vmstat_pgfault")?.kind == .unknown)
        #expect(self.family(reading, "node_vmstat_pgscan_direct") == nil)
    }

    @Test func `socket memory is shown in pages and in bytes`() {
        var reading = HostReading.empty(atSecond: 0)
        parse("TCP: inuse 1 mem 22\n") { reading.sockets.read($0) }
        #expect(self.family(reading, "node_sockstat_TCP_mem")?.readings.first?.value == 22)
        #expect(self.family(reading, "node_sockstat_TCP_mem_bytes")?.readings.first?.value == 90_112)
    }

    @Test func `disks are in seconds and bytes, and absent columns make no family`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.disks = parse("8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n") { DiskCounters.list(parsing: $0) }
        #expect(self.family(reading, "node_disk_read_bytes_total")?.readings.first?.value == 1536)
        #expect(self.family(reading, "node_disk_io_time_seconds_total")?.readings.first?.value == 0.01)
        #expect(self.family(reading, "node_disk_io_now")?.kind == .gauge)
        #expect(self.family(reading, "node_disk_flush_requests_total") == nil)
    }

    @Test func `a filesystem that does not answer has an error and no size`() {
        var reading = HostReading.empty(atSecond: 0)
        reading.filesystems = [
            FilesystemReading(device: "/dev/a", mountPoint: "/a", type: "ext4", isReadOnly: false, space: nil)
        ]
        let names = NodeExposition.families(of: reading).map(\.name)
        #expect(names.filter { $0.hasPrefix("node_filesystem") } == ["node_filesystem_device_error"])
    }

    @Test func `a cgroup in the place of the host has its own label and the names of cAdvisor`() {
        var cgroup = CgroupReading(path: "/a", version: .v2)
        parse("usage_usec 30000000\nnr_periods 5\n") { cgroup.cpu.read(stat: $0) }
        let reading = HostReading.empty(atSecond: 0).scoped(to: cgroup)
        let cpu = self.family(reading, "node_cpu_seconds_total")
        #expect(cpu?.readings.allSatisfy { $0.labels.first == MetricLabel("cpu", "cgroup") } == true)
        #expect(self.family(reading, "container_cpu_usage_seconds_total")?.readings.first?.value == 30)
        #expect(
            self.family(reading, "container_cpu_cfs_periods_total")?.readings.first?.labels.first?.value
                == "/a"
        )
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `names are valid, families come once, and counters end in total`() {
        var sampler = HostSampler(options: HostSensorOptions(root: RecordedTrees.procfs))
        let reading = sampler.sample(at: HostInstant(monotonic: .zero, unix: .seconds(1)))
        let families = NodeExposition.families(of: reading)
        #expect(Set(families.map(\.name)).count == families.count)
        #expect(families.count > 120)
        for family in families {
            #expect(
                family.name.utf8.allSatisfy { $0 == 95 || ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 },
                "\(family.name)"
            )
            #expect(!family.help.isEmpty && !family.readings.isEmpty)
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect(Set(family.readings.map(\.labels)).count == family.readings.count, "\(family.name)")
        }
    }
}
