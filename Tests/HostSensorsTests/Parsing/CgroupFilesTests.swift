import Testing

@testable import HostSensors

@Suite struct CgroupFilesTests {
    @Test func `processor files of both versions are read in their units`() {
        var new = CgroupCPU()
        parse(
            "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 9\nnr_throttled 4\nthrottled_usec 77\n"
        ) {
            new.read(stat: $0)
        }
        #expect(new.usageMicroseconds == 30)
        #expect(new.throttledPeriods == 4)
        #expect(new.throttledMicroseconds == 77)
        var old = CgroupCPU()
        parse("nr_periods 769021\nnr_throttled 1046\nthrottled_time 352597023453\n") { old.read(stat: $0) }
        parse("user 6195\nsystem 773\n") { old.read(accounting: $0, ticksPerSecond: 100) }
        #expect(old.throttledMicroseconds == 352_597_023)
        #expect(old.userMicroseconds == 61_950_000)
        #expect(old.usageMicroseconds == nil)
    }

    @Test(
        arguments: [
            ("max 100000", nil), ("150000 100000", 1.5), ("50000", 0.5), ("50000 0", nil), ("0 100000", nil),
            ("", nil),
        ] as [(String, Double?)]
    )
    func `a quota becomes cores`(text: String, cores: Double?) {
        #expect(parse(text) { CgroupCPU.quotaCores(max: $0) } == cores)
    }

    @Test func `devices without numbers on the same line do not take those of the last`() {
        let text = """
            7:7 7:6 7:5 7:4 rbytes=556032 wbytes=0 rios=78 wios=0 dbytes=0 dios=0
            253:0 rbytes=45931053056 wbytes=211814596608 rios=1078394 wios=21426614 dbytes=0 dios=0
            7:7 7:6
            259:0 rbytes=x

            """
        let devices = parse(text) { CgroupDeviceIO.list(parsing: $0) }
        #expect(devices.map(\.minor) == [4, 0])
        #expect(devices[0].readBytes == 556_032)
        #expect(devices[1].writes == 21_426_614)
    }

    @Test func `version 1 tells reads from writes and ignores sums`() {
        var devices: [CgroupDeviceIO] = []
        let text = "253:1 Read 1638912\n253:1 Write 5\n253:1 Total 1638917\nTotal 1638917\n"
        parse(text) { CgroupDeviceIO.add($0, to: &devices, reads: \.readBytes, writes: \.writtenBytes) }
        parse("253:1 Read 42\n7:0 Read 1\n") {
            CgroupDeviceIO.add($0, to: &devices, reads: \.reads, writes: \.writes)
        }
        #expect(devices.count == 2)
        #expect(devices[0].readBytes == 1_638_912)
        #expect(devices[0].writtenBytes == 5)
        #expect(devices[0].reads == 42)
    }

    @Test func `memory numbers of both versions have their names`() {
        let new = parse("anon 1\nfile 2\ninactive_file 3\npgmajfault 4\nnovelty 5\n") {
            CgroupMemoryStat(parsing: $0)
        }
        #expect(new[.anonymous] == 1)
        #expect(new[.majorFaults] == 4)
        let old = parse("cache 9\ntotal_rss 7\nhierarchical_memory_limit 9223372036854771712\n") {
            CgroupMemoryStat(parsing: $0)
        }
        #expect(old[.totalResident] == 7)
        #expect(old[.hierarchicalLimit] == 9_223_372_036_854_771_712)
        let events = parse("low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n") {
            CgroupMemoryEvents(parsing: $0)
        }
        #expect(events.max == 3)
        #expect(events.kills == 5)
    }
}
