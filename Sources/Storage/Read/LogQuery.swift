package import Telemetry

/// Which log records are wanted.
package struct LogQuery: Equatable, Sendable {
    /// Only records that name this trace; nil for any.
    package var trace: TraceID?
    /// Only records of this service; nil for any.
    package var service: String?
    /// The lowest severity number; 0 for any.
    package var minSeverity: UInt8
    /// Nanoseconds since the Unix epoch.
    package var from: UInt64
    /// The last instant that fits.
    package var to: UInt64
    /// How many records are enough; see ``LogAnswer/logs``.
    package var limit: Int

    /// A query for everything, but for what is given.
    package init(
        trace: TraceID? = nil,
        service: String? = nil,
        minSeverity: UInt8 = 0,
        from: UInt64 = 0,
        to: UInt64 = .max,
        limit: Int = 100
    ) {
        self.trace = trace
        self.service = service
        self.minSeverity = minSeverity
        self.from = from
        self.to = to
        self.limit = limit
    }
}

/// Log records that fit.
package struct LogAnswer: Sendable {
    /// LogsData; the newest chunks' records, at least the limit where there are as many.
    package var logs: [UInt8]
    /// Records in the answer.
    package var count: Int
    /// Whether no other record fits.
    package var isComplete: Bool

    /// A query for everything, but for what is given.
    package init(logs: [UInt8], count: Int, isComplete: Bool) {
        self.logs = logs
        self.count = count
        self.isComplete = isComplete
    }
}
