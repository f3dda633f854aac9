@testable import HostSensors

/// All parsers of kernel text, to be tried on anything.
enum EveryParser {
    /// Runs each over the bytes; what comes out is not looked at, only that it comes.
    static func run(_ bytes: [UInt8]) {
        for parser in self.all { parser(bytes.span) }
    }

    private static let all: [@Sendable (Span<UInt8>) -> Void] = [
        { _ = ProcStat(parsing: $0) },
        { _ = LoadAverage(parsing: $0) },
        { _ = MemoryInfo(parsing: $0).usedBytes },
        { _ = PagingCounters(parsing: $0) },
        { _ = Pressure(parsing: $0) },
        { _ = DiskCounters.list(parsing: $0).map(\.isWholeDisk) },
        { _ = InterfaceCounters.list(parsing: $0) },
        {
            var network = NetworkCounters()
            network.read(table: $0)
            network.read(list: $0)
        },
        {
            var sockets = SocketCounts()
            sockets.read($0)
        },
        { _ = SoftnetCounters.list(parsing: $0) },
        { _ = SchedulerCounters.list(parsing: $0) },
        { _ = FileHandles(parsing: $0) },
        { _ = MountEntry.list(parsing: $0) },
        { _ = ProcessStat(parsing: $0) },
        { _ = ProcessStatus(parsing: $0) },
        { _ = ProcessIO(parsing: $0) },
        { _ = ProcessCgroups(parsing: $0).mostTelling },
        { _ = OSRelease(parsing: $0) },
        {
            var cpu = CgroupCPU()
            cpu.read(stat: $0)
            cpu.read(accounting: $0, ticksPerSecond: 100)
            _ = CgroupCPU.quotaCores(max: $0)
        },
        { _ = CgroupMemoryStat(parsing: $0) },
        { _ = CgroupMemoryEvents(parsing: $0) },
        {
            var devices = CgroupDeviceIO.list(parsing: $0)
            CgroupDeviceIO.add($0, to: &devices, reads: \.reads, writes: \.writes)
        },
        { _ = Scalars.processors($0) },
        { _ = (Scalars.number($0), Scalars.signedNumber($0), Scalars.decimal($0), Scalars.firstLine($0)) },
    ]
}
