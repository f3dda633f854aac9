/// What happened on a host between two readings.
///
/// Pure; every figure is nil where either reading lacks its counters or a counter went backwards. Devices
/// that are in only one of the readings have no entry.
package struct HostRates: Equatable, Sendable {
    /// One core's share of time in each mode.
    package struct Core: Equatable, Sendable {
        /// The kernel's number of the core.
        package var number: Int
        /// How it spent its time.
        package var shares: CPUShares
    }

    /// Time between the readings, in seconds; above zero.
    package var seconds: Double
    /// All cores together, or the cgroup against its capacity.
    package var cpu: CPUShares?
    /// Each core; empty for a cgroup.
    package var cores: [Core]
    /// Switches from one task to another.
    package var contextSwitchesPerSecond: Double?
    /// Interrupts of all kinds together.
    package var interruptsPerSecond: Double?
    /// Processes and threads made.
    package var forksPerSecond: Double?
    /// Seconds that runnable tasks waited for a core, per second; nil without `/proc/schedstat`.
    package var runQueueWaitPerSecond: Double?
    /// Faults and swapping.
    package var paging: PagingRates
    /// In the order of the later reading.
    package var disks: [DiskRates]
    /// In the order of the later reading.
    package var interfaces: [InterfaceRates]
    /// Segments, retransmits and lost connections.
    package var tcp: TCPRates
    /// Packets lost because a core's backlog was full.
    package var softnetDropsPerSecond: Double?
    /// Times a core had to leave packets for later.
    package var softnetSqueezesPerSecond: Double?
    /// Resources with pressure in both readings.
    package var pressure: [PressureRates]
    /// Nil unless a cgroup is reported as the host.
    package var throttling: ThrottlingRates?

    /// Compares two readings of the same host; nil unless the second is later.
    package init?(from before: HostReading, to after: HostReading) {
        let seconds = (after.instant.monotonic - before.instant.monotonic).inSeconds
        guard seconds > 0 else { return nil }
        func perSecond(_ counter: KeyPath<ProcStat, UInt64?>) -> Double? {
            CounterStep.rate(before.cpu[keyPath: counter], after.cpu[keyPath: counter], seconds: seconds)
        }
        self.seconds = seconds
        self.cpu = Self.shares(before.cpu.total, after.cpu.total)
        self.cores = Self.pairs(before.cpu.cores, after.cpu.cores, by: \.number).compactMap { old, new in
            CPUShares(from: old.times, to: new.times).map { Core(number: new.number, shares: $0) }
        }
        self.contextSwitchesPerSecond = perSecond(\.contextSwitches)
        self.interruptsPerSecond = perSecond(\.interrupts)
        self.forksPerSecond = perSecond(\.forks)
        self.runQueueWaitPerSecond = Self.waiting(before.scheduler, after.scheduler, seconds)
        self.paging = PagingRates(from: before.paging, to: after.paging, seconds: seconds)
        self.disks = Self.pairs(before.disks, after.disks, by: \.name).map {
            DiskRates(from: $0, to: $1, seconds: seconds)
        }
        self.interfaces = Self.pairs(before.interfaces, after.interfaces, by: \.name).map {
            InterfaceRates(from: $0, to: $1, seconds: seconds)
        }
        self.tcp = TCPRates(from: before.network, to: after.network, seconds: seconds)
        let cores = Self.pairs(before.softnet, after.softnet, by: \.core)
        self.softnetDropsPerSecond = Self.total(cores.map { ($0.dropped, $1.dropped) }, seconds)
        self.softnetSqueezesPerSecond = Self.total(cores.map { ($0.squeezed, $1.squeezed) }, seconds)
        self.pressure = after.pressure.all.compactMap { resource, pressure in
            before.pressure[resource].map {
                PressureRates(resource, from: $0, to: pressure, seconds: seconds)
            }
        }
        if let old = before.cgroup, let new = after.cgroup, old.path == new.path {
            self.throttling = ThrottlingRates(from: old.cpu, to: new.cpu, seconds: seconds)
        }
    }

    private static func shares(_ before: CPUTimes?, _ after: CPUTimes?) -> CPUShares? {
        guard let before, let after else { return nil }
        return CPUShares(from: before, to: after)
    }

    private static func waiting(
        _ before: [SchedulerCounters],
        _ after: [SchedulerCounters],
        _ seconds: Double
    ) -> Double? {
        let cores = Self.pairs(before, after, by: \.core)
        return Self.total(cores.map { ($0.waitingNanoseconds, $1.waitingNanoseconds) }, seconds).map {
            $0 / 1e9
        }
    }

    /// The gain of several counters together per second; nil if none has one.
    private static func total(_ counters: [(UInt64, UInt64)], _ seconds: Double) -> Double? {
        CounterStep.sum(counters.map { CounterStep.gain($0, $1) }).map { Double($0) / seconds }
    }

    /// The elements of both lists that carry the same key, in the order of the second.
    private static func pairs<Element, Key: Hashable>(
        _ before: [Element],
        _ after: [Element],
        by key: KeyPath<Element, Key>
    ) -> [(Element, Element)] {
        let old = Dictionary(before.map { ($0[keyPath: key], $0) }) { first, _ in first }
        return after.compactMap { new in old[new[keyPath: key]].map { ($0, new) } }
    }
}
