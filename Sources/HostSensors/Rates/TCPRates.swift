/// What TCP did between two readings.
package struct TCPRates: Equatable, Sendable {
    /// Segments sent for the first time.
    package var sentSegmentsPerSecond: Double?
    /// Segments sent again.
    package var retransmittedPerSecond: Double?
    /// Segments sent again per segment sent; nil if none was sent.
    package var retransmitRatio: Double?
    /// Connections lost because a program did not accept them in time.
    package var listenOverflowsPerSecond: Double?
    /// Connections lost on the way to a listening program, overflows included.
    package var listenDropsPerSecond: Double?
    /// Connections that this side broke off.
    package var resetsSentPerSecond: Double?

    /// Works out the rates.
    init(from before: NetworkCounters, to after: NetworkCounters, seconds: Double) {
        func perSecond(_ field: NetworkField) -> Double? {
            CounterStep.rate(before[field], after[field], seconds: seconds)
        }
        func gain(_ field: NetworkField) -> UInt64? { CounterStep.gain(before[field], after[field]) }
        self.sentSegmentsPerSecond = perSecond(.tcpOutSegments)
        self.retransmittedPerSecond = perSecond(.tcpRetransmitted)
        // The kernel leaves segments that it sends again out of OutSegs.
        if let sent = gain(.tcpOutSegments), let again = gain(.tcpRetransmitted) {
            self.retransmitRatio = CounterStep.ratio(again, of: sent &+ again)
        }
        self.listenOverflowsPerSecond = perSecond(.tcpListenOverflows)
        self.listenDropsPerSecond = perSecond(.tcpListenDrops)
        self.resetsSentPerSecond = perSecond(.tcpOutResets)
    }
}
