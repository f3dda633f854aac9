import Testing

@testable import HostSensors

@Suite struct NetworkFilesTests {
    @Test func `a number may stand right after the colon of its interface`() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
              eth0:874354587 1036395    1    2    3     4    5    6 563352563  732147    7    8    9    10
                lo: 1664039048 1566805 0 0 0 0 0 0 1664039048 1566805 0 0 0 0 0 0

            """
        let interfaces = parse(text) { InterfaceCounters.list(parsing: $0) }
        #expect(interfaces.map(\.name) == ["eth0", "lo"])
        #expect(interfaces[0].received.bytes == 874_354_587)
        #expect(interfaces[0].received.multicastOrCompressed == 6)
        #expect(interfaces[0].sent.packets == 732_147)
        #expect(interfaces[0].sent.frameErrorsOrCollisions == 10)
        #expect(interfaces[0].sent.multicastOrCompressed == nil)
    }

    @Test func `tables pair names with numbers and negative ones keep their place`() {
        var network = NetworkCounters()
        parse("Tcp: MaxConn ActiveOpens RetransSegs\nTcp: -1 12 348\n") { network.read(table: $0) }
        #expect(network[.tcpActiveOpens] == 12)
        #expect(network[.tcpRetransmitted] == 348)
        #expect(network[.tcpOutSegments] == nil)
    }

    @Test func `a table whose second line is missing or of another group does not shift the rest`() {
        var network = NetworkCounters()
        parse("Tcp: RetransSegs\nUdp: InErrors NoPorts\nUdp: 5 6\nTcpExt: ListenDrops") {
            network.read(table: $0)
        }
        #expect(network[.tcpRetransmitted] == nil)
        #expect(network[.udpInErrors] == 5)
        #expect(network[.udpNoPorts] == 6)
        #expect(network[.tcpListenDrops] == nil)
    }

    @Test func `fewer numbers than names leave the last names without`() {
        var network = NetworkCounters()
        parse("Tcp: InSegs OutSegs RetransSegs\nTcp: 1 2\n") { network.read(table: $0) }
        #expect(network[.tcpOutSegments] == 2)
        #expect(network[.tcpRetransmitted] == nil)
    }

    @Test func `the list of version 6 splits its names`() {
        var network = NetworkCounters()
        parse("Ip6InOctets 128\nUdpLite6InErrors 3\nIcmp6OutMsgs 9\nUdp6NoPorts x\n6\n") {
            network.read(list: $0)
        }
        #expect(network[.ip6InOctets] == 128)
        #expect(network[.udpLite6InErrors] == 3)
        #expect(network[.icmp6OutMessages] == 9)
        #expect(network[.udp6NoPorts] == nil)
    }

    @Test func `socket counts of both files come together`() {
        var sockets = SocketCounts()
        parse("sockets: used 1602\nTCP: inuse 35 orphan 0 tw 4 alloc 59 mem 22\n") { sockets.read($0) }
        parse("TCP6: inuse 17\nFRAG6: inuse 0 memory 1\n") { sockets.read($0) }
        #expect(sockets[.used] == 1602)
        #expect(sockets[.tcpTimeWait] == 4)
        #expect(sockets[.tcpMemoryPages] == 22)
        #expect(sockets[.tcp6InUse] == 17)
        #expect(sockets[.fragment6Memory] == 1)
    }

    @Test func `softnet lines are hexadecimal and name their core on newer kernels`() {
        let new = "00000010 00000002 000000ff 0 0 0 0 0 0 0 0 0 00000005 0 0\n"
        let old = "0000001A 00000000 00000001 0 0 0 0 0 0\n"
        let cores = parse(new + old + "broken\n") { SoftnetCounters.list(parsing: $0) }
        #expect(cores.map(\.core) == [5, 1])
        #expect(cores.map(\.processed) == [16, 26])
        #expect(cores[0].dropped == 2)
        #expect(cores[0].squeezed == 255)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `recorded files give their numbers`() {
        var network = NetworkCounters()
        let folder = "prometheus-procfs/fixtures/proc/26231/net/"
        parse(RecordedTrees.bytes(folder + "snmp")) { network.read(table: $0) }
        parse(RecordedTrees.bytes(folder + "netstat")) { network.read(table: $0) }
        parse(RecordedTrees.bytes(folder + "snmp6")) { network.read(list: $0) }
        #expect(network[.tcpRetransmitted] == 348)
        #expect(network[.tcpOutSegments] == 594_855)
        #expect(network[.tcpOutResets] == 1038)
        #expect(network[.tcpListenOverflows] == 0)
        #expect(network[.ip6InOctets] != nil)
        let interfaces = parse(RecordedTrees.bytes("prometheus-procfs/fixtures/proc/net/dev")) {
            InterfaceCounters.list(parsing: $0)
        }
        #expect(interfaces.map(\.name) == ["vethf345468", "lo", "docker0", "eth0"])
        let softnet = parse(RecordedTrees.bytes("prometheus-procfs/fixtures/proc/net/softnet_stat")) {
            SoftnetCounters.list(parsing: $0)
        }
        #expect(softnet.first?.processed == 0x0035_8fe3)
    }
}
