package import Telemetry

/// Which log records are wanted.
package struct LogQuery: Equatable, Sendable {
    package var trace: TraceID?
    package var service: String?
    /// The lowest severity number; 0 for any.
    package var minSeverity: UInt8
    /// Nanoseconds since the Unix epoch.
    package var from: UInt64
    package var to: UInt64
    package var limit: Int

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
    package var count: Int
    package var isComplete: Bool

    package init(logs: [UInt8], count: Int, isComplete: Bool) {
        self.logs = logs
        self.count = count
        self.isComplete = isComplete
    }
}
