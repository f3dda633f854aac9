internal import Cluster
internal import Telemetry

/// Chunks of which one node is the only holder.
extension ClusterVerifier {
    /// Partitions of which a node holds a chunk that none of others holds: compared by the minute and hour, then by name.
    ///
    /// Who does not answer counts as holding nothing, and so does a store that cannot be read: this errs on the side of care.
    ///
    /// - Parameters:
    ///   - partitions: Those that are looked at.
    ///   - holder: Whose chunks.
    ///   - keepers: Of a partition, who else counts.
    ///   - minutes: Minutes since the Unix epoch.
    /// - Returns: Those of the partitions.
    func partitions(
        _ partitions: [UInt16],
        heldOnlyBy holder: NodeID,
        keepers: (UInt16) -> [NodeID],
        minutes: Range<UInt32>
    ) async -> Set<UInt16> {
        var lone: Set<UInt16> = []
        for start in stride(from: 0, to: partitions.count, by: RepairQuestion.partitionsMax) {
            let some = Array(partitions[start...].prefix(RepairQuestion.partitionsMax))
            let kept = Dictionary(some.map { ($0, keepers($0)) }) { first, _ in first }
            guard let unlike = await self.spans(of: some, unlikeThoseOf: kept, holder, minutes) else {
                lone.formUnion(some)
                continue
            }
            var rest = unlike[...]
            while let first = rest.first {
                let batch = Array(rest.prefix(RepairQuestion.spansMax))
                let known = await self.areHeldAlone(batch, by: holder, kept)
                for (span, isLone) in zip(batch, known) where isLone { lone.insert(span.partition) }
                if known.isEmpty { lone.insert(first.partition) }
                // A side that has too many names tells the first spans; one at least. One chunk is enough of a partition.
                rest = rest.dropFirst(max(known.count, 1)).drop { lone.contains($0.partition) }
            }
        }
        return lone
    }

    /// Hours and minutes of some partitions that a node holds otherwise than each of their keepers; nil where it does not answer.
    private func spans(
        of partitions: [UInt16],
        unlikeThoseOf keepers: [UInt16: [NodeID]],
        _ holder: NodeID,
        _ minutes: Range<UInt32>
    ) async -> [BucketSpan]? {
        let minutesFrom = Self.options.minutesFrom(UInt32(truncatingIfNeeded: self.now().minute))
        let question = RepairQuestion.spans(partitions, minutes: minutes, minutesFrom: minutesFrom)
        let answers = await self.ask(question, of: Set(keepers.values.joined()).union([holder]).sorted())
        let held = answers.compactMapValues { answer -> [BucketSpan: ChunkDigest]? in
            guard case .spans(let digests) = answer else { return nil }
            return Dictionary(digests.map { ($0.span, $0.digest) }) { first, _ in first }
        }
        guard let mine = held[holder] else { return nil }
        return mine.keys.sorted().filter { span in
            !keepers[span.partition, default: []].contains { held[$0]?[span] == mine[span] }
        }
    }

    /// Whether some chunk of each of the first of some spans is held by one node alone.
    private func areHeldAlone(
        _ spans: [BucketSpan],
        by holder: NodeID,
        _ keepers: [UInt16: [NodeID]]
    ) async -> [Bool] {
        let asked = Set(spans.flatMap { keepers[$0.partition, default: []] }).union([holder]).sorted()
        let lists = await self.ask(.names(spans), of: asked).compactMapValues { answer -> [[ChunkName]]? in
            if case .names(let names) = answer { names } else { nil }
        }
        let count = lists.values.map(\.count).min() ?? 0
        guard let mine = lists[holder] else { return [] }
        return (0..<count).map { index in
            let others = keepers[spans[index].partition, default: []].compactMap { lists[$0]?[index] }
            return !Set(mine[index]).subtracting(others.joined()).isEmpty
        }
    }
}
