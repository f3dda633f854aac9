import Testing

@testable import HostSensors

@Suite struct HostRatesTests {
    private func reading(
        _ second: Int64,
        stat: String = "",
        disks: String = "",
        net: String = ""
    ) -> HostReading {
        var reading = HostReading.empty(atSecond: second)
        reading.cpu = parse(stat) { ProcStat(parsing: $0) }
        reading.disks = parse(disks) { DiskCounters.list(parsing: $0) }
        let counters = parse(net) { InterfaceCounters.list(parsing: $0) }
        reading.interfaces = counters.map {
            InterfaceReading(counters: $0, link: LinkState(speedMegabits: 8, isDevice: true))
        }
        return reading
    }

    @Test func `without time between them two readings have no rates`() {
        let reading = self.reading(5)
        #expect(HostRates(from: reading, to: reading) == nil)
        #expect(HostRates(from: self.reading(6), to: reading) == nil)
    }

    @Test func `processor time becomes shares that add up`() throws {
        let before = self.reading(0, stat: "cpu 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0\nctxt 10\n")
        let after = self.reading(2, stat: "cpu 50 0 30 80 20 0 10 10\ncpu0 50 0 30 80 20 0 10 10\nctxt 30\n")
        let rates = try #require(HostRates(from: before, to: after))
        #expect(rates.cpu?[.user] == 0.25)
        #expect(rates.cpu?[.steal] == 0.05)
        #expect(rates.cpu?.busy == 0.45)
        #expect(rates.cpu?.top == .user)
        #expect(rates.cores.map(\.number) == [0])
        #expect(rates.contextSwitchesPerSecond == 10)
        #expect(rates.forksPerSecond == nil)
    }

    @Test func `a processor that only idled has no top mode`() throws {
        let rates = try #require(
            HostRates(
                from: self.reading(0, stat: "cpu 0 0 0 0\n"),
                to: self.reading(1, stat: "cpu 0 0 0 9\n")
            )
        )
        #expect(rates.cpu?.busy == 0)
        #expect(rates.cpu?.top == nil)
    }

    @Test func `counters that go backwards give no rate, and others still do`() throws {
        let before = self.reading(
            0,
            stat: "cpu 9 9 9 9\nctxt 10\nprocesses 5\n",
            disks: "8 0 sda 9 9 9 9 9 9 9 9 0 9 9\n"
        )
        let after = self.reading(
            1,
            stat: "cpu 1 9 9 19\nctxt 3\nprocesses 7\n",
            disks: "8 0 sda 1 1 1 1 19 9 9 29 0 9 9\n"
        )
        let rates = try #require(HostRates(from: before, to: after))
        #expect(rates.cpu == nil)
        #expect(rates.contextSwitchesPerSecond == nil)
        #expect(rates.forksPerSecond == 2)
        #expect(rates.disks.first?.readsPerSecond == nil)
        #expect(rates.disks.first?.awaitSeconds == nil)
        #expect(rates.disks.first?.writesPerSecond == 10)
        #expect(rates.disks.first?.writeAwaitSeconds == 0.002)
    }

    @Test func `a disk's waiting, queue and utilisation follow from its counters`() throws {
        let before = self.reading(0, disks: "8 0 sda 100 0 0 1000 100 0 0 1000 0 500 2000\n")
        let after = self.reading(
            2,
            disks: "8 0 sda 120 0 200 1100 180 0 400 1900 3 1500 8000\n8 16 new 1 1 1 1 1\n"
        )
        let rates = try #require(HostRates(from: before, to: after))
        #expect(rates.disks.map(\.name) == ["sda"])
        let disk = try #require(rates.disks.first)
        #expect(disk.awaitSeconds == 0.01)
        #expect(disk.readAwaitSeconds == 0.005)
        #expect(disk.averageQueue == 3)
        #expect(disk.utilization == 0.5)
        #expect(disk.readBytesPerSecond == 51_200)
        #expect(disk.writtenBytesPerSecond == 102_400)
    }

    @Test func `a disk without requests has no waiting time`() throws {
        let line = "8 0 sda 1 1 1 1 1 1 1 1 0 1 1\n"
        let rates = try #require(
            HostRates(from: self.reading(0, disks: line), to: self.reading(1, disks: line))
        )
        #expect(rates.disks.first?.awaitSeconds == nil)
        #expect(rates.disks.first?.utilization == 0)
    }

    @Test func `a link's utilisation is that of its busier direction`() throws {
        let before = self.reading(0, net: "eth0: 0 0 1 2 0 0 0 0 0 0 3 4 0 0 0 0\n")
        let after = self.reading(1, net: "eth0: 250000 5 2 4 0 0 0 0 500000 6 3 4 0 0 0 0\n")
        let interface = try #require(HostRates(from: before, to: after)?.interfaces.first)
        #expect(interface.receivedBytesPerSecond == 250_000)
        #expect(interface.utilization == 0.5)
        #expect(interface.errorsPerSecond == 1)
        #expect(interface.dropsPerSecond == 2)
    }

    @Test func `retransmits are a share of all segments sent`() throws {
        var before = HostReading.empty(atSecond: 0)
        var after = HostReading.empty(atSecond: 1)
        parse("Tcp: OutSegs RetransSegs\nTcp: 100 10\n") { before.network.read(table: $0) }
        parse("Tcp: OutSegs RetransSegs\nTcp: 190 20\n") { after.network.read(table: $0) }
        let tcp = try #require(HostRates(from: before, to: after)?.tcp)
        #expect(tcp.retransmitRatio == 0.1)
        #expect(tcp.retransmittedPerSecond == 10)
        #expect(tcp.listenDropsPerSecond == nil)
        #expect(try #require(HostRates(from: after, to: before.later)).tcp.retransmitRatio == nil)
    }

    @Test func `pressure between two readings never exceeds the time`() throws {
        var before = HostReading.empty(atSecond: 0)
        var after = HostReading.empty(atSecond: 1)
        before.pressure.io = parse("some total=0\nfull total=0\n") { Pressure(parsing: $0) }
        after.pressure.io = parse("some total=250000\nfull total=1000100\n") { Pressure(parsing: $0) }
        let rates = try #require(HostRates(from: before, to: after)?.pressure.first)
        #expect(rates.resource == .io)
        #expect(rates.some == 0.25)
        #expect(rates.full == 1)
    }

    @Test func `a cgroup's throttling is a share of its periods`() throws {
        var before = HostReading.empty(atSecond: 0)
        var after = HostReading.empty(atSecond: 2)
        before.cgroup = CgroupReading(path: "/a", version: .v2)
        after.cgroup = before.cgroup
        parse("usage_usec 0\nnr_periods 10\nnr_throttled 1\nthrottled_usec 0\n") {
            before.cgroup?.cpu.read(stat: $0)
        }
        parse("usage_usec 3000000\nnr_periods 30\nnr_throttled 6\nthrottled_usec 500000\n") {
            after.cgroup?.cpu.read(stat: $0)
        }
        let rates = try #require(HostRates(from: before, to: after)?.throttling)
        #expect(rates.throttledRatio == 0.25)
        #expect(rates.throttledPerSecond == 0.25)
        #expect(rates.usedCores == 1.5)
        after.cgroup?.path = "/b"
        #expect(HostRates(from: before, to: after)?.throttling == nil)
    }

    @Test func `major faults and kills are told apart from the rest`() throws {
        var before = HostReading.empty(atSecond: 0)
        var after = HostReading.empty(atSecond: 1)
        before.paging = parse("pgfault 100\npgmajfault 10\noom_kill 0\npgpgin 5\n") {
            PagingCounters(parsing: $0)
        }
        after.paging = parse("pgfault 150\npgmajfault 30\noom_kill 2\npgpgin 7\n") {
            PagingCounters(parsing: $0)
        }
        let paging = try #require(HostRates(from: before, to: after)?.paging)
        #expect(paging.minorFaults == 30)
        #expect(paging.majorFaults == 20)
        #expect(paging.kills == 2)
        #expect(paging.pagedInBytes == 2048)
        #expect(paging.swappedInPages == nil)
    }
}

extension HostReading {
    /// The same numbers, ten seconds later.
    fileprivate var later: HostReading {
        var reading = self
        reading.instant.monotonic += .seconds(10)
        return reading
    }
}
