package import Telemetry

/// One series over time.
package struct SeriesLine: Equatable, Sendable {
    /// What it is about.
    package var series: Series
    /// Ascending by start.
    package var points: [SeriesPoint]
    /// Whether some of it was scaled up from what a client had sampled.
    package var isEstimated: Bool

    /// A line with these points.
    package init(series: Series, points: [SeriesPoint], isEstimated: Bool) {
        self.series = series
        self.points = points
        self.isEstimated = isEstimated
    }
}

/// The value of one step.
package struct SeriesPoint: Equatable, Sendable {
    /// Start of the step, nanoseconds since the Unix epoch.
    package var start: UInt64
    /// All slots of the step, merged.
    package var value: SlotValue

    /// A point.
    package init(start: UInt64, value: SlotValue) {
        self.start = start
        self.value = value
    }
}

/// Lines, and who did not contribute to them.
package struct SeriesAnswer: Equatable, Sendable {
    /// Sorted by name, subject and attributes.
    package var lines: [SeriesLine]
    /// Nodes that did not answer, sorted; the lines may lack what only they hold.
    package var missing: [String]

    /// An answer with these lines.
    package init(lines: [SeriesLine], missing: [String] = []) {
        self.lines = lines
        self.missing = missing
    }
}
