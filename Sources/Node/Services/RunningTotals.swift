internal import Synchronization
package import Telemetry

/// What all closed windows of this process add up to, per series: the counters that `/metrics` shows.
package final class RunningTotals: Sendable {
    private struct State {
        var values: [Series: SlotValue] = [:]
        var hidden: UInt64 = 0
    }

    private let seriesMax: Int
    private let state = Mutex(State())

    /// - Parameter seriesMax: Further series are counted and left out.
    package init(seriesMax: Int = 10_000) { self.seriesMax = seriesMax }

    /// Adds the slots of a frame that is safe.
    package func add(_ frame: SealedFrame) {
        guard let payload = try? frame.frame.payload(frame.bytes.raw) else { return }
        for entry in frame.frame.entries {
            try? payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                var reader = WireReader(payload.bytes.raw, range)
                self.add(try Slot(from: &reader))
            }
        }
    }

    /// Series of services with their totals, sorted by name and labels; host series are shown live instead.
    package var services: [(series: Series, value: SlotValue)] {
        self.state.withLock { Array($0.values) }
            .map { ($0.key, $0.value) }
            .sorted { left, right in
                let leftText = [left.0.name] + left.0.labels.map(\.value)
                let rightText = [right.0.name] + right.0.labels.map(\.value)
                return leftText.lexicographicallyPrecedes(rightText)
            }
    }

    /// Values that found no room.
    package var hiddenCount: UInt64 { self.state.withLock { $0.hidden } }

    private func add(_ slot: Slot) {
        guard case .service = slot.series.subject else { return }
        self.state.withLock { state in
            if state.values[slot.series]?.merge(slot.value) != nil { return }
            guard state.values.count < self.seriesMax else {
                state.hidden += 1
                return
            }
            state.values[slot.series] = slot.value
        }
    }
}
