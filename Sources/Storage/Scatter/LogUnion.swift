internal import Telemetry

extension LogAnswer {
    /// Puts records together from what several nodes have.
    ///
    /// A chunk that several nodes have is one. Chunks are taken newest first until there are enough records. A node
    /// that left older chunks out had enough records itself, so nothing newer than the last chunk taken is lacking.
    ///
    /// - Parameters:
    ///   - query: What was asked of each.
    ///   - answers: One per node.
    ///   - missing: Nodes that did not answer; the answer is not complete then.
    /// - Returns: The newest chunks' records, at least the limit where there are as many.
    package static func united(
        _ query: LogQuery,
        _ answers: [LogChunks],
        missing: [String] = []
    ) -> LogAnswer {
        var assembler = ItemAssembler(.logs)
        var isComplete = missing.isEmpty && answers.allSatisfy(\.isComplete)
        let chunks = Set(answers.flatMap(\.chunks)).sorted { left, right in
            if left.lastEnd != right.lastEnd { return left.lastEnd > right.lastEnd }
            return left.id == right.id
                ? left.data.lexicographicallyPrecedes(right.data) : left.id < right.id
        }
        for chunk in chunks {
            guard assembler.itemCount < query.limit else {
                isComplete = false
                break
            }
            do throws(WireFailure) { try assembler.add(chunk.data) } catch { isComplete = false }
        }
        return LogAnswer(
            logs: assembler.encoded(),
            count: assembler.itemCount,
            isComplete: isComplete,
            missing: missing
        )
    }
}
