package import Telemetry

/// How finely old slots are kept: ten seconds, then a minute, then an hour.
package struct RollupPolicy: Equatable, Sendable {
    /// Windows of ten seconds live this long, in nanoseconds (the longest a late slot may take).
    package var tenSecondsAge: UInt64
    /// Windows of a minute live this long.
    package var minuteAge: UInt64

    /// The ages of the product, but for those given.
    package init(tenSecondsAge: UInt64 = 6 * 3_600_000_000_000, minuteAge: UInt64 = 3 * 86_400_000_000_000) {
        self.tenSecondsAge = tenSecondsAge
        self.minuteAge = minuteAge
    }

    /// The resolution that a window which started then has by now.
    package func resolution(ofStart start: UInt64, at now: ClusterTime) -> Resolution {
        let age = now.nanoseconds - min(start, now.nanoseconds)
        return age > self.minuteAge ? .hour : age > self.tenSecondsAge ? .minute : .tenSeconds
    }

    /// The slots as they are kept by now: a function of the set given, in a fixed order.
    ///
    /// Slots that are not old enough stay as they are, with their parts; the others are merged over origins and
    /// parts into part 0 of the coarser window.
    package func rolledUp(_ slots: [Slot], at now: ClusterTime) -> [Slot] {
        var kept: [Slot] = []
        var merged: [Identity: Slot] = [:]
        for slot in slots {
            let target = self.resolution(ofStart: slot.start, at: now)
            guard target.rawValue > slot.resolution.rawValue else {
                kept.append(slot)
                continue
            }
            let start = slot.start / target.nanoseconds * target.nanoseconds
            let identity = Identity(series: slot.series, resolution: target, start: start)
            if merged[identity]?.value.merge(slot.value) == nil {
                merged[identity] = Slot(
                    series: slot.series,
                    resolution: target,
                    start: start,
                    part: 0,
                    isEstimated: slot.isEstimated,
                    value: slot.value
                )
            } else if slot.isEstimated {
                merged[identity]?.isEstimated = true
            }
        }
        let rolled = merged.values.sorted { left, right in
            (left.start, left.resolution.rawValue) == (right.start, right.resolution.rawValue)
                ? left.series.sortText.lexicographicallyPrecedes(right.series.sortText)
                : (left.start, left.resolution.rawValue) < (right.start, right.resolution.rawValue)
        }
        return kept + rolled
    }

    private struct Identity: Hashable {
        var series: Series
        var resolution: Resolution
        var start: UInt64
    }
}

extension Series {
    /// What series are sorted by: name, then labels; unit and kind last, so that no two series are equal in it.
    package var sortText: [String] {
        [self.name] + self.labels.flatMap { [$0.name, $0.value] } + [self.unit, String(self.kind.rawValue)]
    }
}
