/// What paging did between two readings, per second.
package struct PagingRates: Equatable, Sendable {
    /// Faults served from memory.
    package var minorFaults: Double?
    /// Faults that waited for storage.
    package var majorFaults: Double?
    /// Bytes read from storage, files included.
    package var pagedInBytes: Double?
    /// Bytes written to storage, files included.
    package var pagedOutBytes: Double?
    /// Pages read back from swap.
    package var swappedInPages: Double?
    /// Pages written to swap.
    package var swappedOutPages: Double?
    /// Processes killed for lack of memory, not per second: how many between the two readings.
    package var kills: UInt64?

    /// Works out the rates.
    init(from before: PagingCounters, to after: PagingCounters, seconds: Double) {
        func perSecond(_ field: PagingField) -> Double? {
            CounterStep.rate(before[field], after[field], seconds: seconds)
        }
        self.majorFaults = perSecond(.majorFaults)
        if let all = CounterStep.gain(before[.faults], after[.faults]), seconds > 0,
            let major = CounterStep.gain(before[.majorFaults], after[.majorFaults]), major <= all
        {
            self.minorFaults = Double(all &- major) / seconds
        }
        self.pagedInBytes = perSecond(.pagedIn).map { $0 * 1024 }
        self.pagedOutBytes = perSecond(.pagedOut).map { $0 * 1024 }
        self.swappedInPages = perSecond(.swappedIn)
        self.swappedOutPages = perSecond(.swappedOut)
        self.kills = CounterStep.gain(before[.oomKill], after[.oomKill])
    }
}
