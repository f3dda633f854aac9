/// What one disk did between two readings.
package struct DiskRates: Equatable, Sendable {
    /// The kernel's name of the disk.
    package var name: String
    /// Bytes read.
    package var readBytesPerSecond: Double?
    /// Bytes written.
    package var writtenBytesPerSecond: Double?
    /// Reads finished.
    package var readsPerSecond: Double?
    /// Writes finished.
    package var writesPerSecond: Double?
    /// Time a request took on average, waiting included, in seconds; nil if none finished.
    package var awaitSeconds: Double?
    /// The same for reads alone.
    package var readAwaitSeconds: Double?
    /// The same for writes alone.
    package var writeAwaitSeconds: Double?
    /// Requests under way, on average.
    package var averageQueue: Double?
    /// Share of the time with at least one request under way, 0 to 1.
    ///
    /// A disk that serves many requests at once may have room at 1.
    package var utilization: Double?

    /// Works out the rates of a disk that is in both readings.
    init(from before: DiskCounters, to after: DiskCounters, seconds: Double) {
        func perSecond(_ counter: KeyPath<DiskCounters, UInt64?>) -> Double? {
            CounterStep.rate(before[keyPath: counter], after[keyPath: counter], seconds: seconds)
        }
        func gain(_ counter: KeyPath<DiskCounters, UInt64?>) -> UInt64? {
            CounterStep.gain(before[keyPath: counter], after[keyPath: counter])
        }
        self.name = after.name
        self.readBytesPerSecond = perSecond(\.sectorsRead).map { $0 * Double(DiskCounters.sectorBytes) }
        self.writtenBytesPerSecond = perSecond(\.sectorsWritten).map { $0 * Double(DiskCounters.sectorBytes) }
        self.readsPerSecond = perSecond(\.reads)
        self.writesPerSecond = perSecond(\.writes)
        let reads = gain(\.reads)
        let writes = gain(\.writes)
        let readTime = gain(\.readMilliseconds)
        let writeTime = gain(\.writeMilliseconds)
        self.readAwaitSeconds = CounterStep.ratio(readTime, of: reads).map { $0 / 1000 }
        self.writeAwaitSeconds = CounterStep.ratio(writeTime, of: writes).map { $0 / 1000 }
        if let reads, let writes, let readTime, let writeTime {
            self.awaitSeconds = CounterStep.ratio(readTime &+ writeTime, of: reads &+ writes).map {
                $0 / 1000
            }
        }
        self.averageQueue = perSecond(\.weightedMilliseconds).map { $0 / 1000 }
        // The kernel counts in ticks, so a second may seem to hold a little more than one.
        self.utilization = perSecond(\.ioMilliseconds).map { min(1, $0 / 1000) }
    }
}
