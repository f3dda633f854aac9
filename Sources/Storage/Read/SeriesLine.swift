package import Telemetry

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
