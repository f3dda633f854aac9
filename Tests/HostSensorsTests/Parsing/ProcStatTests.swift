import Testing

@testable import HostSensors

@Suite struct ProcStatTests {
    private let text = """
        cpu  301854 612 111922 8979004 3552 2 3944 44 36 36
        cpu0 44490 19 21045 1087069 220 1 3410 2 1 1
        cpu3 47869 23 16474 1110787 591 0 46 3 2 2
        intr 8885917 17 0 0
        ctxt 38014093
        btime 1418183276
        processes 26442
        procs_running 2
        procs_blocked 1
        softirq 5057579 250191

        """

    @Test func `all lines are read and cores keep their numbers`() {
        let stat = parse(self.text) { ProcStat(parsing: $0) }
        #expect(stat.total?.user == 3_018_540_000)
        #expect(stat.total?.steal == 440_000)
        #expect(stat.total?.guestNice == 360_000)
        #expect(stat.cores.map(\.number) == [0, 3])
        #expect(stat.cores.last?.times.iowait == 5_910_000)
        #expect(stat.interrupts == 8_885_917)
        #expect(stat.contextSwitches == 38_014_093)
        #expect(stat.bootTime == 1_418_183_276)
        #expect(stat.forks == 26442)
        #expect(stat.running == 2)
        #expect(stat.blocked == 1)
        #expect(stat.softInterrupts == 5_057_579)
    }

    @Test func `a kernel of four columns has zeros in the others`() {
        let stat = parse("cpu 1 2 3 4\n") { ProcStat(parsing: $0, ticksPerSecond: 100) }
        #expect(stat.total?.idle == 40_000)
        #expect(stat.total?.steal == 0)
    }

    @Test func `a line that lacks the first four is no line`() {
        #expect(parse("cpu 1 2 3\ncpu0 x 1 2 3\ncpu1\n") { ProcStat(parsing: $0) } == ProcStat())
    }

    @Test func `times beyond what fits saturate`() {
        let stat = parse("cpu 18446744073709551615 0 0 0") { ProcStat(parsing: $0) }
        #expect(stat.total?.user == .max)
    }

    @Test func `a unit of zero does not divide by zero`() {
        let stat = parse(self.text) { ProcStat(parsing: $0, ticksPerSecond: 0) }
        #expect(stat.total != nil)
    }

    @Test func `small steps back are undone and large ones begin anew`() {
        var before = CPUTimes()
        before.idle = 10_000_000
        before.iowait = 500
        var after = before
        after.idle = 9_000_000
        after.iowait = 400
        #expect(after.monotonic(after: before) == before)
        after.idle = 1_000_000
        #expect(after.monotonic(after: before) == after)
    }

    @Test func `steps back are undone core by core though one was unplugged`() {
        let before = parse("cpu0 0 0 0 500 9\ncpu1 0 0 0 600 9\n") { ProcStat(parsing: $0) }
        let after = parse("cpu1 0 0 0 700 8\n") { ProcStat(parsing: $0) }
        let steady = after.monotonic(after: before)
        #expect(steady.cores.first?.times.iowait == 90_000)
        #expect(steady.cores.first?.times.idle == 7_000_000)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `recorded machines add up`() {
        let files = [
            ("prometheus-procfs/fixtures/proc/stat", 8), ("elastic-go-sysinfo/fedora30/proc/stat", 4),
            ("elastic-go-sysinfo/ubuntu1710/proc/stat", 4), ("gopsutil/cpu/testdata/linux/424/proc/stat", 4),
        ]
        for (file, cores) in files {
            let stat = parse(RecordedTrees.bytes(file)) { ProcStat(parsing: $0) }
            #expect(stat.total != nil, "\(file)")
            #expect(stat.cores.count >= cores, "\(file)")
            let sum = stat.cores.reduce(UInt64(0)) { $0 &+ $1.times.user }
            // Each core is cut to whole ticks by itself.
            let slack = UInt64(stat.cores.count + 1) * 10_000
            if let total = stat.total?.user, !stat.cores.isEmpty {
                #expect(total + slack >= sum && sum + slack >= total, "\(file)")
            }
        }
    }
}
