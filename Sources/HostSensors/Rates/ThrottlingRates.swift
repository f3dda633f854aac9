/// How a cgroup's quota slowed it between two readings.
package struct ThrottlingRates: Equatable, Sendable {
    /// Share of the quota periods in which it was stopped, 0 to 1; nil if it had no period.
    package var throttledRatio: Double?
    /// Seconds stopped per second, summed over cores.
    package var throttledPerSecond: Double?
    /// Cores used.
    package var usedCores: Double?

    /// Works out the rates.
    init(from before: CgroupCPU, to after: CgroupCPU, seconds: Double) {
        let periods = CounterStep.gain(before.periods, after.periods)
        let throttled = CounterStep.gain(before.throttledPeriods, after.throttledPeriods)
        self.throttledRatio = CounterStep.ratio(throttled, of: periods).map { min(1, $0) }
        self.throttledPerSecond = CounterStep.rate(
            before.throttledMicroseconds,
            after.throttledMicroseconds,
            seconds: seconds
        ).map { $0 / 1e6 }
        self.usedCores = CounterStep.rate(before.usageMicroseconds, after.usageMicroseconds, seconds: seconds)
            .map { $0 / 1e6 }
    }
}
