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

    /// Whether a record is wanted, its service aside.
    package func matches(_ record: ItemRecord) -> Bool {
        record.start >= self.from && record.start <= self.to && record.kind >= self.minSeverity
            && (self.trace == nil || record.trace == self.trace)
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
    /// Nodes that did not answer, sorted; the answer is not complete then.
    package var missing: [String]

    /// An answer with these records.
    package init(logs: [UInt8], count: Int, isComplete: Bool, missing: [String] = []) {
        self.logs = logs
        self.count = count
        self.isComplete = isComplete
        self.missing = missing
    }
}
