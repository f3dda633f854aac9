package import Telemetry

/// What the services' series of one closed window add up to, as far as one node knows.
package struct WindowTotals: Equatable, Sendable {
    /// The total of one series.
    package struct Line: Equatable, Sendable {
        /// What it is about.
        package var series: Series
        /// All its slots, merged.
        package var value: SlotValue
        /// How many slots went into it.
        package var slotCount: UInt64
        /// Whether some of it was scaled up from what a client had sampled.
        package var isEstimated: Bool
        /// Whether somebody knows as many other slots, so that more are to come.
        package var isUnsettled: Bool

        /// A total that is known.
        package init(
            series: Series,
            value: SlotValue,
            slotCount: UInt64,
            isEstimated: Bool,
            isUnsettled: Bool = false
        ) {
            self.series = series
            self.value = value
            self.slotCount = slotCount
            self.isEstimated = isEstimated
            self.isUnsettled = isUnsettled
        }
    }

    /// A window is told of so long after its end, in nanoseconds: until then its slots are on their way.
    package static let settleNanoseconds: UInt64 = 4_000_000_000

    /// Which window.
    package var window: Window
    /// Sorted by name, subject and attributes.
    package var lines: [Line]

    /// Totals of a window.
    package init(window: Window, lines: [Line]) {
        self.window = window
        self.lines = lines.sorted { $0.series.sortText.lexicographicallyPrecedes($1.series.sortText) }
    }

    /// The first window that is not told of at an instant; the slots of those before it should be in.
    package static func firstOpen(at now: ClusterTime) -> Window {
        Window(at: ClusterTime(nanoseconds: now.nanoseconds - min(now.nanoseconds, self.settleNanoseconds)))
    }
}

/// Adds slots up to the totals of the newest window among them.
package struct WindowTotalsBuilder {
    private let names: Set<String>
    private let limit: Window
    private var window: Window?
    private var lines: [Series: WindowTotals.Line] = [:]

    /// A builder of nothing.
    ///
    /// - Parameters:
    ///   - names: Of metrics; empty for all.
    ///   - limit: The first window that is passed over, because it is not closed.
    package init(_ names: Set<String>, before limit: Window) {
        self.names = names
        self.limit = limit
    }

    /// Adds a slot; that of a host, of another width, or of an earlier window than the newest is passed over.
    package mutating func add(_ slot: Slot) {
        guard slot.resolution == .tenSeconds, case .service = slot.series.subject else { return }
        let window = Window(at: ClusterTime(nanoseconds: slot.start))
        guard window < self.limit, window >= self.window ?? window else { return }
        if window != self.window {
            self.window = window
            self.lines.removeAll()
        }
        guard self.names.isEmpty || self.names.contains(slot.series.name) else { return }
        if self.lines[slot.series] == nil {
            self.lines[slot.series] = WindowTotals.Line(
                series: slot.series,
                value: slot.value,
                slotCount: 1,
                isEstimated: slot.isEstimated
            )
        } else {
            self.lines[slot.series]?.value.merge(slot.value)
            self.lines[slot.series]?.slotCount += 1
            if slot.isEstimated { self.lines[slot.series]?.isEstimated = true }
        }
    }

    /// The totals; nil where no slot was of a closed window.
    package var totals: WindowTotals? {
        self.window.map { WindowTotals(window: $0, lines: Array(self.lines.values)) }
    }
}
