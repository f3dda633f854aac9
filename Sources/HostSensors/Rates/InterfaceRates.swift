/// What one network interface moved between two readings.
package struct InterfaceRates: Equatable, Sendable {
    /// The kernel's name of the interface.
    package var name: String
    /// Bytes received.
    package var receivedBytesPerSecond: Double?
    /// Bytes sent.
    package var sentBytesPerSecond: Double?
    /// Packets received.
    package var receivedPacketsPerSecond: Double?
    /// Packets sent.
    package var sentPacketsPerSecond: Double?
    /// Both directions together.
    package var errorsPerSecond: Double?
    /// Both directions together.
    package var dropsPerSecond: Double?
    /// The busier direction against the speed of the link, 0 to 1; nil where the speed is not known.
    package var utilization: Double?

    /// Works out the rates of an interface that is in both readings.
    init(from before: InterfaceReading, to after: InterfaceReading, seconds: Double) {
        func perSecond(_ counter: KeyPath<InterfaceCounters, UInt64?>) -> Double? {
            CounterStep.rate(
                before.counters[keyPath: counter],
                after.counters[keyPath: counter],
                seconds: seconds
            )
        }
        func both(_ one: Double?, _ other: Double?) -> Double? {
            guard one != nil || other != nil else { return nil }
            return (one ?? 0) + (other ?? 0)
        }
        self.name = after.name
        self.receivedBytesPerSecond = perSecond(\.received.bytes)
        self.sentBytesPerSecond = perSecond(\.sent.bytes)
        self.receivedPacketsPerSecond = perSecond(\.received.packets)
        self.sentPacketsPerSecond = perSecond(\.sent.packets)
        self.errorsPerSecond = both(perSecond(\.received.errors), perSecond(\.sent.errors))
        self.dropsPerSecond = both(perSecond(\.received.drops), perSecond(\.sent.drops))
        if let speed = after.link.speedBytesPerSecond {
            let busier = [self.receivedBytesPerSecond, self.sentBytesPerSecond].compactMap { $0 }.max()
            self.utilization = busier.map { min(1, $0 / speed) }
        }
    }
}
