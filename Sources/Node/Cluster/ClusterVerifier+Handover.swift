internal import Cluster
internal import PeerTransport
internal import Telemetry

extension ClusterVerifier {
    /// How far this node has come with handing over what it holds.
    func handover() async -> HandoverProgress {
        let local = self.collector.record.node
        let minute = UInt32(truncatingIfNeeded: self.now().minute)
        let minutes = self.store.floor..<max(minute + 1, self.store.floor)
        let question = RepairQuestion.partitions(.everything, minutes: minutes)
        let answers = await self.ask(question, of: self.present)
        var held: [NodeID: [UInt16: ChunkDigest]] = [:]
        for (node, answer) in answers {
            guard case .partitions(let digests, _) = answer else { continue }
            held[node] = Dictionary(digests.map { ($0.partition, $0.digest) }) { first, _ in first }
        }
        let mine = held.removeValue(forKey: local) ?? [:]
        let unlike = mine.keys.sorted().filter { number in
            !held.values.contains { $0[number] == mine[number] }
        }
        var lone = 0
        for start in stride(from: 0, to: unlike.count, by: RepairQuestion.partitionsMax) {
            let some = Array(unlike[start...].prefix(RepairQuestion.partitionsMax))
            lone += await self.lonePartitions(some, minutes: minutes)
        }
        let owed = await self.collector.owed().frames + self.collector.underWay().frames
        return HandoverProgress(
            status: self.collector.record.status,
            owedFrames: UInt64(clamping: owed),
            lonePartitions: UInt64(clamping: lone),
            heldPartitions: UInt64(clamping: mine.count)
        )
    }

    /// How many of some partitions hold chunks here that nobody else holds: by the minute and hour, then by name.
    private func lonePartitions(_ partitions: [UInt16], minutes: Range<UInt32>) async -> Int {
        let local = self.collector.record.node
        let minutesFrom = Self.options.minutesFrom(UInt32(truncatingIfNeeded: self.now().minute))
        let question = RepairQuestion.spans(partitions, minutes: minutes, minutesFrom: minutesFrom)
        var held: [NodeID: [BucketSpan: ChunkDigest]] = [:]
        for (node, answer) in await self.ask(question, of: self.present) {
            guard case .spans(let digests) = answer else { continue }
            held[node] = Dictionary(digests.map { ($0.span, $0.digest) }) { first, _ in first }
        }
        let mine = held.removeValue(forKey: local) ?? [:]
        let unlike = mine.keys.sorted().filter { span in
            !held.values.contains { $0[span] == mine[span] }
        }
        var lone: Set<UInt16> = []
        var rest = unlike[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(RepairQuestion.spansMax))
            let known = await self.loneSpans(batch)
            // A side that has too many names tells the first spans; one at least.
            rest = rest.dropFirst(max(known.count, 1))
            for (span, isLone) in zip(batch, known) where isLone { lone.insert(span.partition) }
            if known.isEmpty, let first = batch.first { lone.insert(first.partition) }
        }
        return lone.count
    }

    /// Whether some chunk of each of the first spans is held here alone.
    private func loneSpans(_ spans: [BucketSpan]) async -> [Bool] {
        let local = self.collector.record.node
        var lists: [[[ChunkName]]] = []
        var mine: [[ChunkName]] = []
        for (node, answer) in await self.ask(.names(spans), of: self.present) {
            guard case .names(let names) = answer else { continue }
            if node == local { mine = names } else { lists.append(names) }
        }
        let count = min(mine.count, lists.map(\.count).min() ?? 0)
        return (0..<count).map { index in
            var alone = Set(mine[index])
            for names in lists { alone.subtract(names[index]) }
            return !alone.isEmpty
        }
    }
}
