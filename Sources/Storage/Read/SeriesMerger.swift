package import Telemetry

/// Merges slots into lines: per series and step, over all origins and parts.
package struct SeriesMerger: Sendable {
    private struct Line {
        var steps: [UInt64: SlotValue] = [:]
        var isEstimated = false
    }

    private let query: SeriesQuery
    private var lines: [Series: Line] = [:]

    /// A merger of what fits a query.
    package init(_ query: SeriesQuery) { self.query = query }

    /// Adds a slot where it fits the query.
    package mutating func add(_ slot: Slot) {
        guard self.query.matches(slot) else { return }
        let step = self.query.step(of: slot.start)
        if slot.isEstimated { self.lines[slot.series, default: Line()].isEstimated = true }
        if self.lines[slot.series, default: Line()].steps[step]?.merge(slot.value) == nil {
            self.lines[slot.series, default: Line()].steps[step] = slot.value
        }
    }

    /// Adds a line that answers the same query over other slots.
    package mutating func add(_ line: SeriesLine) {
        if line.isEstimated { self.lines[line.series, default: Line()].isEstimated = true }
        for point in line.points
        where self.lines[line.series, default: Line()].steps[point.start]?.merge(point.value) == nil {
            self.lines[line.series, default: Line()].steps[point.start] = point.value
        }
    }

    /// The lines, sorted by name, subject and attributes.
    package var result: [SeriesLine] {
        self.lines.map { series, line in
            SeriesLine(
                series: series,
                points: line.steps.map { SeriesPoint(start: $0, value: $1) }.sorted { $0.start < $1.start },
                isEstimated: line.isEstimated
            )
        }.sorted { $0.series.sortText.lexicographicallyPrecedes($1.series.sortText) }
    }
}
