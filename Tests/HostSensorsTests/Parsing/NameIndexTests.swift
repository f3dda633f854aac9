import Testing

@testable import HostSensors

@Suite struct NameIndexTests {
    @Test func `every name is found at its place and nothing else is`() {
        let index = NetworkField.index
        for (ordinal, field) in NetworkField.allCases.enumerated() {
            #expect(parse(field.rawValue) { index.ordinal(of: $0) } == ordinal)
        }
        for name in ["", "Tcp", "Tcp_", "Tcp_RetransSeg", "Tcp_RetransSegsX", "tcp_RetransSegs"] {
            #expect(parse(name) { index.ordinal(of: $0) } == nil)
        }
    }

    @Test func `a name in two parts is the same as in one`() {
        let group = Array("TcpExt".utf8)
        let member = Array("ListenDrops".utf8)
        let ordinal = NetworkField.index.ordinal(of: member.span, in: group.span)
        #expect(ordinal == NetworkField.allCases.firstIndex(of: .tcpListenDrops))
        #expect(NetworkField.index.ordinal(of: group.span, in: member.span) == nil)
    }

    @Test func `numbers are kept apart by name and in the order of the list`() {
        var numbers = PagingCounters()
        #expect(numbers.isEmpty)
        numbers[.majorFaults] = 7
        numbers[.oomKill] = 1
        #expect(numbers[.majorFaults] == 7)
        #expect(numbers[.faults] == nil)
        #expect(numbers.present.map(\.field) == [.oomKill, .majorFaults])
        numbers.set(10_000, 1)
        #expect(numbers.present.count == 2)
    }
}
