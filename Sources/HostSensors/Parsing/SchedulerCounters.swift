/// How long tasks ran on a core and waited for it.
///
/// Source: `/proc/schedstat`, where the kernel has it.
package struct SchedulerCounters: Equatable, Sendable {
    /// The kernel's number of the core.
    package var core: Int
    /// Time that tasks ran on this core.
    package var runningNanoseconds: UInt64
    /// Time that runnable tasks waited for this core.
    package var waitingNanoseconds: UInt64
    /// Turns that tasks had on this core.
    package var timeslices: UInt64

    /// Reads the file: the seventh to ninth number of each `cpu` line.
    package static func list(parsing text: Span<UInt8>) -> [SchedulerCounters] {
        var cores: [SchedulerCounters] = []
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            guard line.skip("cpu"), let core = line.number(), core < 1 << 20 else { continue }
            line.skipWords(6)
            guard let running = line.number(), let waiting = line.number(), let slices = line.number() else {
                continue
            }
            cores.append(
                SchedulerCounters(
                    core: Int(core),
                    runningNanoseconds: running,
                    waitingNanoseconds: waiting,
                    timeslices: slices
                )
            )
        }
        return cores
    }
}
