internal import Storage
internal import Telemetry

extension SegmentMerger {
    /// Leaves out old uninteresting traces, whole.
    ///
    /// A trace of which spans are elsewhere stays: a decision about a part would tear it.
    func thinned(
        _ chunks: [Line],
        _ payloads: [FramePayload],
        _ judged: Set<Key>,
        _ removed: inout Removed,
        _ holdsElsewhere: (Key) -> Bool
    ) -> [Line] {
        let tail = self.policy.tail
        var bars = TailRules.SlowBars()
        for (chunk, _) in chunks where chunk.entry.flags.contains(.root) && !judged.contains(chunk.entry.key)
        {
            bars.note(service: chunk.service, rootName: chunk.rootName, nanoseconds: chunk.entry.duration)
        }
        var kept: [Line] = []
        for group in MergedWriter.groups(chunks) {
            guard let key = group.first?.chunk.entry.key else { continue }
            let isYoung = group.contains { line in
                line.chunk.origin.created.nanoseconds.saturatingAdd(tail.after) > self.policy.now.nanoseconds
            }
            let stays =
                isYoung || judged.contains(key) || tail.isInShare(key)
                || group.contains { line in
                    let entry = line.chunk.entry
                    let isSlow =
                        entry.flags.contains(.root)
                        && bars.isSlow(
                            service: line.chunk.service,
                            rootName: line.chunk.rootName,
                            nanoseconds: entry.duration
                        )
                    return isSlow || entry.flags.contains(.error)
                } || self.isFlaggedOrCostly(group, payloads) || holdsElsewhere(key)
            if stays {
                kept.append(contentsOf: group)
            } else {
                removed.thinnedItems += group.reduce(0) { $0 + UInt64($1.chunk.entry.itemCount) }
            }
        }
        return kept
    }

    private func isFlaggedOrCostly(
        _ group: ArraySlice<Line>,
        _ payloads: [FramePayload]
    ) -> Bool {
        var tokens = 0.0
        for (chunk, payload) in group {
            let interest = self.policy.tail.interest(of: payloads[payload], chunk.entry)
            tokens += interest.tokens
            if interest.isFlagged || tokens >= self.policy.tail.costlyTokens { return true }
        }
        return false
    }
}
