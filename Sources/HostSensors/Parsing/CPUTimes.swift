/// Time one core, or all of them, has spent in each mode since boot, in microseconds.
///
/// The kernel counts guest time in `user` and guest nice time in `nice` as well, and so does this; `guest`
/// and `guestNice` say how much of these it was. Source: proc(5), `/proc/stat`.
package struct CPUTimes: Equatable, Sendable {
    /// Ordinary programs, guests included.
    package var user: UInt64 = 0
    /// Programs with lowered priority, guests included.
    package var nice: UInt64 = 0
    /// The kernel on behalf of programs.
    package var system: UInt64 = 0
    /// Nothing to do.
    package var idle: UInt64 = 0
    /// Nothing to do while a task of this core waited for a disk.
    package var iowait: UInt64 = 0
    /// Hardware interrupts.
    package var irq: UInt64 = 0
    /// Software interrupts.
    package var softirq: UInt64 = 0
    /// Runnable here while the hypervisor ran somebody else.
    package var steal: UInt64 = 0
    /// The part of `user` that ran virtual machines.
    package var guest: UInt64 = 0
    /// The part of `nice` that ran virtual machines.
    package var guestNice: UInt64 = 0

    /// Time in one mode.
    package subscript(mode: CPUMode) -> UInt64 {
        switch mode {
        case .user: self.user
        case .nice: self.nice
        case .system: self.system
        case .idle: self.idle
        case .iowait: self.iowait
        case .irq: self.irq
        case .softirq: self.softirq
        case .steal: self.steal
        }
    }

    /// Reads the numbers of a `cpu` line after its name; nil without the first four.
    ///
    /// Kernels before 2.6.33 print fewer columns; those are zero.
    init?(parsing line: inout TextCursor, microsecondsPerTick: UInt64) {
        func next() -> UInt64? {
            line.number().map {
                let (value, overflow) = $0.multipliedReportingOverflow(by: microsecondsPerTick)
                return overflow ? .max : value
            }
        }
        guard let user = next(), let nice = next(), let system = next(), let idle = next() else { return nil }
        self.user = user
        self.nice = nice
        self.system = system
        self.idle = idle
        self.iowait = next() ?? 0
        self.irq = next() ?? 0
        self.softirq = next() ?? 0
        self.steal = next() ?? 0
        self.guest = next() ?? 0
        self.guestNice = next() ?? 0
    }

    /// Starts with no time in any mode.
    init() {}

    /// These times, with small steps back undone.
    ///
    /// Idle and iowait of a core are estimates that the kernel now and then corrects downwards; a counter
    /// must not follow. A step back of idle by more than three seconds means that the core was unplugged and
    /// counts anew. node_exporter does the same.
    func monotonic(after previous: CPUTimes) -> CPUTimes {
        let hotplugStep: UInt64 = 3_000_000
        guard self.idle &+ hotplugStep >= previous.idle else { return self }
        var times = self
        times.user = max(times.user, previous.user)
        times.nice = max(times.nice, previous.nice)
        times.system = max(times.system, previous.system)
        times.idle = max(times.idle, previous.idle)
        times.iowait = max(times.iowait, previous.iowait)
        times.irq = max(times.irq, previous.irq)
        times.softirq = max(times.softirq, previous.softirq)
        times.steal = max(times.steal, previous.steal)
        times.guest = max(times.guest, previous.guest)
        times.guestNice = max(times.guestNice, previous.guestNice)
        return times
    }
}
