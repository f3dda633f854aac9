internal import Telemetry

extension StoredTrace {
    /// Puts a trace together from what several nodes have of it.
    ///
    /// A chunk that several nodes have (same frame, same signal, same bytes) is one. Spans are then deduped as on one
    /// node; ``duplicateCount`` says how many were stored twice under different frames, or in one.
    ///
    /// - Parameters:
    ///   - answers: One per node.
    ///   - missing: Nodes that did not answer.
    /// - Returns: nil where no node has an item of it.
    package static func united(_ answers: [TraceChunks], missing: [String] = []) -> StoredTrace? {
        var spans = ItemAssembler(.spans)
        var logs = ItemAssembler(.logs)
        var damaged = answers.reduce(0) { $0.addingReportingOverflow($1.damagedFrames).partialValue }
        let chunks = Set(answers.flatMap(\.chunks)).sorted { left, right in
            (left.frame, left.signal.rawValue) == (right.frame, right.signal.rawValue)
                ? left.data.lexicographicallyPrecedes(right.data)
                : (left.frame, left.signal.rawValue) < (right.frame, right.signal.rawValue)
        }
        for chunk in chunks {
            do throws(WireFailure) {
                switch chunk.signal {
                case .spans: try spans.add(chunk.data)
                case .logs: try logs.add(chunk.data)
                case .points, .slots: break
                }
            } catch { damaged += 1 }
        }
        guard spans.itemCount + logs.itemCount > 0 else { return nil }
        return StoredTrace(
            spans: spans.encoded(),
            logs: logs.encoded(),
            spanCount: spans.itemCount,
            logCount: logs.itemCount,
            duplicateCount: spans.duplicateCount,
            damagedFrames: damaged,
            missing: missing
        )
    }
}
