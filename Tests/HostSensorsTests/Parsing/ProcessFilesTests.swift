import Testing

@testable import HostSensors

@Suite struct ProcessFilesTests {
    private func line(name: String, resident: String = "868") -> String {
        "68927 (\(name)) S 68044 1 1 34818 1 4194304 165 2 3 4 50 60 0 0 20 0 7 0 "
            + "114413973 9961472 \(resident) 184"
    }

    @Test(arguments: ["bash", "test(cmd).sh", "a) R 1 (b", ")", "", "two words", "((", "new\nline"])
    func `a name may hold anything, parentheses too`(name: String) {
        let stat = parse(self.line(name: name)) { ProcessStat(parsing: $0) }
        #expect(stat?.name == name)
        #expect(stat?.processID == 68927)
        #expect(stat?.state == UInt8(ascii: "S"))
        #expect(stat?.parentID == 68044)
        #expect(stat?.minorFaults == 165)
        #expect(stat?.majorFaults == 3)
        #expect(stat?.userTicks == 50)
        #expect(stat?.systemTicks == 60)
        #expect(stat?.threads == 7)
        #expect(stat?.startTicks == 114_413_973)
        #expect(stat?.virtualBytes == 9_961_472)
        #expect(stat?.residentPages == 868)
        #expect(stat?.isKernelThread == false)
    }

    @Test func `a negative number of resident pages means none`() {
        #expect(parse(self.line(name: "x", resident: "-3")) { ProcessStat(parsing: $0) }?.residentPages == 0)
    }

    @Test(arguments: [
        "", "1", "1 (a", "1 (a)", "1 (a) S", "x (a) S 1", "99999999999 (a) S 1", ") (", "1 a) S 1 1",
    ])
    func `a line that is cut or damaged is no process`(text: String) {
        #expect(parse(text) { ProcessStat(parsing: $0) } == nil)
    }

    @Test func `storage counters need both numbers`() {
        let io = parse("rchar: 1\nread_bytes: 1024\nwrite_bytes: 2048\ncancelled_write_bytes: -1024\n") {
            ProcessIO(parsing: $0)
        }
        #expect(io?.readBytes == 1024)
        #expect(io?.writtenBytes == 2048)
        #expect(parse("read_bytes: 1024\n") { ProcessIO(parsing: $0) } == nil)
    }

    @Test func `status gives what no other file has`() {
        let status = parse(
            "Name:\tx\nVmSwap:\t 79 kB\nvoluntary_ctxt_switches:\t72\nnonvoluntary_ctxt_switches:\t5\n"
        ) {
            ProcessStatus(parsing: $0)
        }
        #expect(status.swapBytes == 79 * 1024)
        #expect(status.voluntarySwitches == 72)
        #expect(status.involuntarySwitches == 5)
    }

    @Test(
        arguments: [
            ("0::/system.slice/a.service\n", "/system.slice/a.service"),
            ("0::/with:colon\n", "/with:colon"),
            ("5:memory:/m\n1:name=systemd:/s\n0::/\n", "/s"),
            ("4:memory:/process_api/x\n2:cpuacct:/\n0::/\n", "/process_api/x"),
            ("6:cpu,cpuacct:/c\n", "/c"), ("0::/\n", "/"), ("", nil), ("x:y:/z\n", nil), ("0::\n", nil),
            ("3\n", nil),
        ] as [(String, String?)]
    )
    func `the most telling cgroup is named`(text: String, expected: String?) {
        #expect(parse(text) { ProcessCgroups(parsing: $0) }.mostTelling == expected)
    }

    @Test func `a controller that no old hierarchy has is served by version 2`() {
        let cgroups = parse("6:cpu,cpuacct:/c\n0::/u\n") { ProcessCgroups(parsing: $0) }
        #expect(cgroups.path(of: "cpuacct") == "/c")
        #expect(cgroups.path(of: "memory") == "/u")
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `recorded processes keep their odd names`() {
        let files = [
            ("prometheus-procfs/fixtures/proc/26231/stat", "vim", 1981),
            ("gopsutil/process/testdata/linux/68927/stat", "test(cmd).sh", 868),
            ("prometheus-procfs/fixtures/proc/584/stat", "(a b ) ( c d) ", 155),
            ("elastic-go-sysinfo/fedora40/proc/33925/stat", "rpc.statd", 664),
        ]
        for (file, name, resident) in files {
            let stat = parse(RecordedTrees.bytes(file)) { ProcessStat(parsing: $0) }
            #expect(stat?.name == name, "\(file)")
            #expect(stat?.residentPages == UInt64(resident), "\(file)")
        }
        let kernelThread = parse(RecordedTrees.bytes("prometheus-procfs/fixtures/proc/26232/stat")) {
            ProcessStat(parsing: $0)
        }
        #expect(kernelThread?.isKernelThread == true)
    }
}
