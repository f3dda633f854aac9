package import Telemetry

/// Answers what was stored: one node's disk, or later the whole cluster.
package protocol TelemetryReader: Sendable {
    /// Everything stored under a trace id; nil where nothing is.
    func trace(_ id: TraceID) async throws -> StoredTrace?

    /// Traces that fit, latest start first.
    func search(_ query: SearchQuery) async throws -> SearchAnswer

    /// The distinct values of a field, sorted, at most `limit`.
    func values(_ field: Term.Field, limit: Int) async throws -> [String]

    /// Log records that fit, as LogsData.
    func logs(_ query: LogQuery) async throws -> LogAnswer

    /// Slots that fit, merged per series and step.
    func series(_ query: SeriesQuery) async throws -> [SeriesLine]
}

/// One trace as stored: its spans and the log records that name it, as OTLP bytes.
package struct StoredTrace: Sendable {
    /// TracesData.
    package var spans: [UInt8]
    /// LogsData.
    package var logs: [UInt8]
    package var spanCount: Int
    package var logCount: Int
    /// Spans that were stored more than once.
    package var duplicateCount: Int
    /// Frames that could not be read; the answer lacks what they held.
    package var damagedFrames: Int

    package init(
        spans: [UInt8],
        logs: [UInt8],
        spanCount: Int,
        logCount: Int,
        duplicateCount: Int,
        damagedFrames: Int
    ) {
        self.spans = spans
        self.logs = logs
        self.spanCount = spanCount
        self.logCount = logCount
        self.duplicateCount = duplicateCount
        self.damagedFrames = damagedFrames
    }
}

/// What a search found.
package struct SearchAnswer: Sendable {
    package var hits: [TraceHit]
    /// Whether nothing better can exist; false where the work budget ended first.
    package var isComplete: Bool

    package init(hits: [TraceHit], isComplete: Bool) {
        self.hits = hits
        self.isComplete = isComplete
    }
}

/// One trace of a search, put together from all its chunks.
package struct TraceHit: Equatable, Sendable {
    package var trace: TraceID
    /// Nanoseconds since the Unix epoch.
    package var start: UInt64
    package var end: UInt64
    package var spanCount: Int
    package var errorCount: Int
    /// Service of the root span, else of the first span; nil where neither is known.
    package var rootService: String?
    package var rootName: String?

    package init(trace: TraceID) {
        self.trace = trace
        self.start = .max
        self.end = 0
        self.spanCount = 0
        self.errorCount = 0
    }

    /// Nanoseconds from the first start to the last end.
    package var duration: UInt64 { self.end > self.start ? self.end - self.start : 0 }

    /// Adds what a chunk's index entry knows.
    package mutating func add(_ entry: ChunkEntry, in frame: Frame) {
        self.start = min(self.start, entry.firstStart)
        self.end = max(self.end, entry.lastEnd)
        self.spanCount += Int(entry.itemCount)
        self.errorCount += Int(entry.errorCount)
        if entry.flags.contains(.root) || self.rootService == nil {
            self.rootService = frame.name(entry.service) ?? self.rootService
            self.rootName = frame.name(entry.rootName) ?? self.rootName
        }
    }
}

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

/// Which slots are wanted, and how finely.
package struct SeriesQuery: Sendable {
    /// Metric names; empty for all.
    package var names: Set<String>
    package var subject: Series.Subject?
    /// Window starts, nanoseconds since the Unix epoch.
    package var from: UInt64
    package var to: UInt64
    /// Windows are merged into steps of this many nanoseconds; nil merges the whole range into one.
    package var step: UInt64?

    package init(
        names: Set<String> = [],
        subject: Series.Subject? = nil,
        from: UInt64 = 0,
        to: UInt64 = .max,
        step: UInt64? = nil
    ) {
        self.names = names
        self.subject = subject
        self.from = from
        self.to = to
        self.step = step
    }

    package func matches(_ slot: Slot) -> Bool {
        slot.start >= self.from && slot.start <= self.to
            && (self.names.isEmpty || self.names.contains(slot.series.name))
            && (self.subject == nil || self.subject == slot.series.subject)
    }

    /// The start of the step a slot belongs to.
    package func step(of start: UInt64) -> UInt64 {
        guard let step = self.step, step > 0 else { return self.from }
        return start / step * step
    }
}

/// One series over time.
package struct SeriesLine: Sendable {
    package var series: Series
    /// Ascending by start.
    package var points: [SeriesPoint]
    package var isEstimated: Bool

    package init(series: Series, points: [SeriesPoint], isEstimated: Bool) {
        self.series = series
        self.points = points
        self.isEstimated = isEstimated
    }
}

package struct SeriesPoint: Sendable {
    package var start: UInt64
    package var value: SlotValue

    package init(start: UInt64, value: SlotValue) {
        self.start = start
        self.value = value
    }
}
