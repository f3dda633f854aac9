/// Pressure between two readings: sharper in time than the kernel's averages.
package struct PressureRates: Equatable, Sendable {
    /// What was waited for.
    package var resource: PressureResource
    /// Share of the time in which at least one task waited, 0 to 1.
    package var some: Double?
    /// Share of the time in which all tasks waited, 0 to 1.
    package var full: Double?

    /// Works out the shares from the kernel's totals.
    init(_ resource: PressureResource, from before: Pressure, to after: Pressure, seconds: Double) {
        func share(_ before: Pressure.Stall?, _ after: Pressure.Stall?) -> Double? {
            CounterStep.rate(before?.totalMicroseconds, after?.totalMicroseconds, seconds: seconds)
                .map { min(1, $0 / 1e6) }
        }
        self.resource = resource
        self.some = share(before.some, after.some)
        self.full = share(before.full, after.full)
    }
}
