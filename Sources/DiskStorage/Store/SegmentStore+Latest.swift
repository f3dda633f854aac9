package import Storage
internal import Telemetry

extension SegmentStore {
    /// The totals of the newest closed window of the last ten minutes, over all slots that are stored here.
    ///
    /// - Parameter names: Of metrics; empty for all.
    /// - Returns: Nil where there is none.
    @concurrent package func latestTotals(_ names: Set<String>) async -> WindowTotals? {
        let now = self.now()
        // Mostly the last minute has it.
        for seconds: Int64 in [60, 600] {
            var builder = WindowTotalsBuilder(names, before: WindowTotals.firstOpen(at: now))
            self.forEachSlotFrame(since: now.advanced(byNanoseconds: -seconds * 1_000_000_000)) {
                frame,
                payload in
                for entry in frame.entries where !entry.flags.contains(.rolledUp) {
                    try? payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                        var reader = WireReader(payload.bytes.raw, range)
                        builder.add(try Slot(from: &reader))
                    }
                }
            }
            if let totals = builder.totals { return totals }
        }
        return nil
    }
}
