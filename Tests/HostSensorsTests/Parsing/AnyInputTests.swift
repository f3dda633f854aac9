import Telemetry
import Testing

@testable import HostSensors

@Suite struct AnyInputTests {
    @Test(.enabled(if: RecordedTrees.exist))
    func `every parser lives through every recorded file`() {
        var count = 0
        for path in RecordedTrees.files(below: RecordedTrees.root) {
            // Memory maps are long and nothing here reads them.
            let bytes = RecordedTrees.read(path)
            EveryParser.run(Array(bytes.prefix(64 << 10)))
            count += 1
        }
        #expect(count > 3000)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `every parser lives through every cut of the files it is for`() {
        let proc = "prometheus-procfs/fixtures/proc/"
        let files = [
            "stat", "loadavg", "meminfo", "diskstats", "pressure/io", "net/dev", "net/sockstat",
            "net/softnet_stat",
            "schedstat", "26231/net/snmp", "26231/net/netstat", "26231/net/snmp6", "26231/mountinfo",
            "26231/stat",
            "26231/status", "26231/io",
        ]
        for file in files {
            let bytes = RecordedTrees.bytes(proc + file)
            #expect(!bytes.isEmpty, "\(file)")
            let limit = min(bytes.count, 1200)
            for end in 0...limit { EveryParser.run(Array(bytes[..<end])) }
        }
    }

    @Test(arguments: [1, 2, 3, 42, 0xdead_beef] as [UInt64])
    func `every parser lives through random bytes`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...300, using: &random)
            EveryParser.run((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        }
    }

    @Test(arguments: [7, 8, 9, 1_000_003] as [UInt64])
    func `every parser lives through random words of the kernel's own making`(seed: UInt64) {
        let words = [
            "cpu", "cpu0", "intr", "Tcp:", "TcpExt:", "some", "full", "avg10=", "total=1", "MemTotal:", "kB",
            "-", ":",
            "/", "(", ")", "8:0", "Read", "rbytes=5", "eth0:", "18446744073709551615", "18446744073709551616",
            "-1",
            "0.25", "1/2", "S", "\n", "\n", "\n", " ", "\t", "\\040", "0-9", ",", "=", "max", "0::/x",
            "ffffffff",
        ]
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text += words[Int.random(in: 0..<words.count, using: &random)]
                if Bool.random(using: &random) { text += " " }
            }
            EveryParser.run(Array(text.utf8))
        }
    }
}
