package import Telemetry

/// Values of one window for series that are named one by one: host readings, tokens, tools, skills.
package struct SeriesCounter: Sendable {
    private let limits: SeriesLimits
    private var values: [Series: Int] = [:]
    private var list: [(series: Series, value: SlotValue, isEstimated: Bool)] = []
    private var perSubject: [Series.Subject: Int] = [:]

    /// Values that went to an overflow series since the last drain.
    package private(set) var overflowCount: UInt64 = 0

    /// A counter of a window that is still empty.
    package init(limits: SeriesLimits) { self.limits = limits }

    /// Whether nothing was added since the last drain.
    package var isEmpty: Bool { self.list.isEmpty }

    /// Adds a value; past a limit it goes to the overflow series of its metric and subject.
    package mutating func add(_ series: Series, _ value: SlotValue, isEstimated: Bool = false) {
        if let index = self.values[series] {
            self.list[index].value.merge(value)
            if isEstimated { self.list[index].isEstimated = true }
            return
        }
        let count = self.perSubject[series.subject, default: 0]
        let isHost = if case .host = series.subject { true } else { false }
        if series[OverflowName.text] == nil,
            self.list.count >= self.limits.seriesMax || !isHost && count >= self.limits.seriesPerServiceMax
                || series.attributes.count > Series.attributesMax
        {
            let overflow = Series(
                series.name,
                unit: series.unit,
                kind: series.kind,
                subject: series.subject,
                attributes: [MetricLabel(OverflowName.text, "true")]
            )
            self.overflowCount += 1
            self.add(overflow, value, isEstimated: isEstimated)
            return
        }
        self.perSubject[series.subject] = count + 1
        self.values[series] = self.list.count
        self.list.append((series, value, isEstimated))
    }

    /// Gives everything in the order first met, and starts afresh.
    package mutating func drain() -> [(series: Series, value: SlotValue, isEstimated: Bool)] {
        defer {
            self.values.removeAll(keepingCapacity: true)
            self.list.removeAll(keepingCapacity: true)
            self.perSubject.removeAll(keepingCapacity: true)
            self.overflowCount = 0
        }
        return self.list
    }
}
