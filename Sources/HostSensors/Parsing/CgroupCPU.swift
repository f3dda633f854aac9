/// Processor time and throttling of one cgroup.
///
/// Sources: `cpu.stat` of both versions, `cpuacct.*` of version 1.
package struct CgroupCPU: Equatable, Sendable {
    /// All processor time, in microseconds.
    package var usageMicroseconds: UInt64?
    /// Time in programs.
    package var userMicroseconds: UInt64?
    /// Time in the kernel on behalf of programs.
    package var systemMicroseconds: UInt64?
    /// Quota periods in which the group had something to run.
    package var periods: UInt64?
    /// Periods in which it was stopped because its quota was used up.
    package var throttledPeriods: UInt64?
    /// Time it was stopped for its quota, summed over cores.
    package var throttledMicroseconds: UInt64?

    /// Starts with nothing known.
    package init() {}

    /// Adds what `cpu.stat` says; version 1 has `throttled_time` in nanoseconds and no usage.
    mutating func read(stat text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.word()
            if name.equals("usage_usec") {
                self.usageMicroseconds = line.number()
            } else if name.equals("user_usec") {
                self.userMicroseconds = line.number()
            } else if name.equals("system_usec") {
                self.systemMicroseconds = line.number()
            } else if name.equals("nr_periods") {
                self.periods = line.number()
            } else if name.equals("nr_throttled") {
                self.throttledPeriods = line.number()
            } else if name.equals("throttled_usec") {
                self.throttledMicroseconds = line.number()
            } else if name.equals("throttled_time") {
                self.throttledMicroseconds = line.number().map { $0 / 1000 }
            }
        }
    }

    /// Adds what version 1's `cpuacct.stat` says: ticks in user and kernel mode.
    mutating func read(accounting text: Span<UInt8>, ticksPerSecond: UInt64) {
        let microsecondsPerTick = 1_000_000 / max(1, ticksPerSecond)
        func microseconds(_ ticks: UInt64) -> UInt64? {
            let (value, overflow) = ticks.multipliedReportingOverflow(by: microsecondsPerTick)
            return overflow ? nil : value
        }
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.word()
            if name.equals("user") {
                self.userMicroseconds = line.number().flatMap(microseconds)
            } else if name.equals("system") {
                self.systemMicroseconds = line.number().flatMap(microseconds)
            }
        }
    }

    /// The quota of `cpu.max`, in cores; nil if there is none.
    static func quotaCores(max text: Span<UInt8>) -> Double? {
        var text = TextCursor(text)
        guard let quota = text.number() else { return nil }
        return Self.cores(quota: quota, period: text.number() ?? 100_000)
    }

    /// A quota in microseconds per period as cores; nil where the period makes no sense.
    static func cores(quota: UInt64, period: UInt64) -> Double? {
        period > 0 && quota > 0 ? Double(quota) / Double(period) : nil
    }
}
