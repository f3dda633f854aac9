/// What `/proc/stat` says: processor time, run queue and counts since boot.
package struct ProcStat: Equatable, Sendable {
    /// One core that is online.
    package struct Core: Equatable, Sendable {
        /// The kernel's number of the core; numbers of cores that are offline are missing.
        package var number: Int
        /// Its times since boot.
        package var times: CPUTimes
    }

    /// The sum over all cores, those that went offline included.
    package var total: CPUTimes?
    /// The cores that are online, as listed.
    package var cores: [Core] = []
    /// Interrupts served, of all kinds together.
    package var interrupts: UInt64?
    /// Switches from one task to another since boot.
    package var contextSwitches: UInt64?
    /// When the machine started, in Unix seconds.
    package var bootTime: UInt64?
    /// Processes and threads made.
    package var forks: UInt64?
    /// Tasks that run or could run at this moment.
    package var running: UInt64?
    /// Tasks that wait for a disk at this moment.
    package var blocked: UInt64?
    /// Software interrupts served, of all kinds together.
    package var softInterrupts: UInt64?

    /// Starts with nothing known.
    init() {}

    /// Reads the file; lines that are missing or garbled leave their field nil.
    ///
    /// The processor times are in units of `ticksPerSecond`, which is `sysconf(_SC_CLK_TCK)`.
    package init(parsing text: Span<UInt8>, ticksPerSecond: UInt64 = 100) {
        let microsecondsPerTick = 1_000_000 / max(1, ticksPerSecond)
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            if line.skip("cpu") {
                self.readCore(&line, microsecondsPerTick)
                continue
            }
            let name = line.word()
            if name.equals("intr") {
                self.interrupts = line.number()
            } else if name.equals("ctxt") {
                self.contextSwitches = line.number()
            } else if name.equals("btime") {
                self.bootTime = line.number()
            } else if name.equals("processes") {
                self.forks = line.number()
            } else if name.equals("procs_running") {
                self.running = line.number()
            } else if name.equals("procs_blocked") {
                self.blocked = line.number()
            } else if name.equals("softirq") {
                self.softInterrupts = line.number()
            }
        }
    }

    private mutating func readCore(_ line: inout TextCursor, _ microsecondsPerTick: UInt64) {
        let isTotal = line.rest.starts(with: " ")
        let number = isTotal ? nil : line.number()
        guard let times = CPUTimes(parsing: &line, microsecondsPerTick: microsecondsPerTick) else { return }
        if isTotal {
            self.total = times
        } else if let number, number < 1 << 20 {
            self.cores.append(Core(number: Int(number), times: times))
        }
    }

    /// These readings with the times of each core never behind those of `previous`.
    func monotonic(after previous: ProcStat) -> ProcStat {
        var stat = self
        if let total = stat.total, let before = previous.total { stat.total = total.monotonic(after: before) }
        for index in stat.cores.indices {
            let number = stat.cores[index].number
            // Cores are listed in order, so the same place is right unless one was plugged in or out.
            let same = index < previous.cores.count && previous.cores[index].number == number
            let before = same ? previous.cores[index] : previous.cores.first { $0.number == number }
            guard let before else { continue }
            stat.cores[index].times = stat.cores[index].times.monotonic(after: before.times)
        }
        return stat
    }
}
