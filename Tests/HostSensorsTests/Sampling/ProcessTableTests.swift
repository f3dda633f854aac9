import Testing

@testable import HostSensors

@Suite struct ProcessTableTests {
    private func stat(
        _ id: Int32,
        ticks: UInt64 = 0,
        pages: UInt64 = 1,
        start: UInt64 = 1
    ) throws -> ProcessStat {
        let text = "\(id) (p\(id)) S 1 1 1 0 1 0 0 0 0 0 \(ticks) 0 0 0 20 0 2 0 \(start) 4096 \(pages)"
        return try #require(parse(text) { ProcessStat(parsing: $0) })
    }

    private func table(count: Int = 2) -> ProcessTable {
        ProcessTable(count: count, ticksPerSecond: 100, pageBytes: 4096)
    }

    /// One round in which every process asked for answers.
    private func play(
        _ table: inout ProcessTable,
        second: Int64,
        _ processes: [Int32: (ticks: UInt64, pages: UInt64, start: UInt64)]
    ) throws -> [Int32] {
        let asked = table.begin(processes.keys.sorted())
        for id in asked {
            let process = try #require(processes[id])
            let stat = try self.stat(id, ticks: process.ticks, pages: process.pages, start: process.start)
            table.observe(stat, io: nil, at: .seconds(second))
        }
        for id in table.select() { table.describe(id, cgroup: "/g\(id)", status: nil) }
        return asked
    }

    @Test func `new processes are read at once, the others in turn, the top ones each time`() throws {
        var table = self.table(count: 1)
        var processes: [Int32: (ticks: UInt64, pages: UInt64, start: UInt64)] = [:]
        for id in Int32(1)...30 { processes[id] = (0, id == 7 ? 100 : 1, 1) }
        #expect(try self.play(&table, second: 0, processes).count == 30)
        var reads: [Int32: Int] = [:]
        for second in Int64(1)...10 {
            for id in try self.play(&table, second: second, processes) { reads[id, default: 0] += 1 }
        }
        #expect(reads[7] == 10)
        #expect(reads.filter { $0.key != 7 }.values.allSatisfy { $0 == 1 })
        #expect(reads.count == 30)
    }

    @Test func `processor use is measured from reading to reading`() throws {
        var table = self.table()
        _ = try self.play(&table, second: 0, [1: (0, 5, 1), 2: (0, 3, 1)])
        _ = try self.play(&table, second: 2, [1: (100, 5, 1), 2: (0, 3, 1)])
        let readings = table.readings
        #expect(readings.map(\.processID) == [1, 2])
        #expect(readings.first?.cpuCores == 0.5)
        #expect(readings.first?.ranks == [.cpu, .memory])
        #expect(readings.last?.ranks == [.memory])
        #expect(readings.first?.cgroup == "/g1")
        #expect(readings.first?.residentBytes == 5 * 4096)
    }

    @Test func `an id that starts anew is another process`() throws {
        var table = self.table()
        _ = try self.play(&table, second: 0, [1: (1000, 5, 1)])
        _ = try self.play(&table, second: 1, [1: (10, 5, 99)])
        #expect(table.readings.first?.cpuCores == nil)
        #expect(table.readings.first?.startSeconds == 0.99)
    }

    @Test func `counters that go backwards give no rate`() throws {
        var table = self.table()
        _ = try self.play(&table, second: 0, [1: (1000, 5, 1)])
        _ = try self.play(&table, second: 1, [1: (10, 5, 1)])
        #expect(table.readings.first?.cpuCores == nil)
    }

    @Test func `processes that are gone are forgotten whenever it shows`() throws {
        var table = self.table()
        _ = try self.play(&table, second: 0, [1: (0, 5, 1), 2: (0, 3, 1)])
        _ = try self.play(&table, second: 1, [2: (0, 3, 1)])
        #expect(table.readings.map(\.processID) == [2])
        #expect(table.begin([2, 3]) == [2, 3])
        table.forget(2)
        table.forget(3)
        #expect(table.select().isEmpty)
        #expect(table.readings.isEmpty)
        #expect(table.counts.total == 0)
        table.describe(9, cgroup: "/", status: nil)
        #expect(table.readings.isEmpty)
    }

    @Test func `a refusal to show storage counters is not asked again`() throws {
        var table = self.table()
        _ = table.begin([1])
        #expect(table.wantsIO(1, isKernelThread: false))
        #expect(!table.wantsIO(1, isKernelThread: true))
        table.observe(try self.stat(1), io: nil, isIORefused: true, at: .zero)
        #expect(!table.wantsIO(1, isKernelThread: false))
    }

    @Test func `two readings at the same moment keep the rates of before`() throws {
        var table = self.table()
        _ = try self.play(&table, second: 0, [1: (0, 5, 1)])
        _ = try self.play(&table, second: 1, [1: (100, 5, 1)])
        _ = try self.play(&table, second: 1, [1: (900, 5, 1)])
        #expect(table.readings.first?.cpuCores == 1)
    }

    @Test func `states are counted over all processes, not only the top ones`() throws {
        var table = self.table(count: 1)
        _ = try self.play(&table, second: 0, [1: (0, 5, 1), 2: (0, 3, 1), 3: (0, 1, 1)])
        #expect(table.counts.sleeping == 3)
        #expect(table.counts.threads == 6)
        #expect(table.readings.count == 1)
    }

    @Test func `a list of none lists none`() throws {
        var table = self.table(count: 0)
        _ = try self.play(&table, second: 0, [1: (0, 5, 1)])
        #expect(table.readings.isEmpty)
        #expect(!table.wantsIO(1, isKernelThread: false))
    }
}
