import Testing

@testable import HostSensors

@Suite struct MemoryInfoTests {
    @Test func `kibibytes become bytes and counts stay counts`() {
        let memory = parse(
            "MemTotal:  1000 kB\nActive(anon): 3 kB\nHugePages_Total:  5\nHugepagesize: 2048 kB\n"
        ) {
            MemoryInfo(parsing: $0)
        }
        #expect(memory[.memTotal] == 1_024_000)
        #expect(memory[.activeAnonymous] == 3072)
        #expect(memory[.hugePagesTotal] == 5)
        #expect(memory[.hugePageSize] == 2_097_152)
        #expect(memory[.swapTotal] == nil)
    }

    @Test func `a number without its unit, beyond 64 bits or unknown is left out`() {
        let memory = parse("MemTotal: 1000\nMemFree: 18446744073709551615 kB\nNovelty: 1 kB\nCached: x kB\n")
        {
            MemoryInfo(parsing: $0)
        }
        #expect(memory.present.isEmpty)
    }

    @Test func `an old kernel's available memory is estimated below the total`() {
        let memory = parse("MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 30 kB\nShmem: 8 kB\n") {
            MemoryInfo(parsing: $0)
        }
        #expect(memory.availableBytes == 37 * 1024)
        #expect(memory.usedBytes == 63 * 1024)
        let odd = parse("MemTotal: 10 kB\nMemFree: 10 kB\nCached: 99 kB\n") { MemoryInfo(parsing: $0) }
        #expect(odd.availableBytes == 10 * 1024)
        #expect(odd.usedBytes == 0)
    }

    @Test func `swap in use is nil when the numbers contradict each other`() {
        let memory = parse("SwapTotal: 1 kB\nSwapFree: 2 kB\n") { MemoryInfo(parsing: $0) }
        #expect(memory.swapUsedBytes == nil)
        #expect(memory.usedBytes == nil)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `recorded machines have the memory they had`() {
        let files: [(String, UInt64)] = [
            ("prometheus-procfs/fixtures/proc/meminfo", 15_666_184),
            ("gopsutil/mem/testdata/linux/virtualmemory/intelcorei5/proc/meminfo", 16_115_528),
            ("gopsutil/mem/testdata/linux/virtualmemory/issue1002/proc/meminfo", 254_472),
            ("elastic-go-sysinfo/ubuntu1710/proc/meminfo", 4_042_048),
        ]
        for (file, total) in files {
            let memory = parse(RecordedTrees.bytes(file)) { MemoryInfo(parsing: $0) }
            #expect(memory[.memTotal] == total * 1024, "\(file)")
            #expect((memory.usedBytes ?? .max) <= (memory[.memTotal] ?? 0), "\(file)")
        }
        let old = parse(
            RecordedTrees.bytes("elastic-agent-system-metrics/memory/testdata/oldkern/proc/meminfo")
        ) { MemoryInfo(parsing: $0) }
        #expect(old[.memAvailable] == nil)
        #expect((old.availableBytes ?? 0) > 0)
    }
}
