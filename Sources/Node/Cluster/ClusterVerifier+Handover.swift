internal import Cluster
internal import PeerTransport
internal import Telemetry

extension ClusterVerifier {
    /// Nodes that own something, but for this one.
    private var keepers: [NodeID] {
        let local = self.collector.record.node
        return self.collector.view.records.filter { $0.isPlaced && $0.node != local }.map(\.node)
    }

    /// Whether another node is there that does not leave too.
    var hasKeepers: Bool { !self.keepers.isEmpty }

    /// How far this node has come with handing over what it holds.
    ///
    /// Copies on nodes that are leaving too are none: both may go, each trusting in the other.
    func handover() async -> HandoverProgress {
        let local = self.collector.record.node
        let keepers = self.keepers
        let minute = UInt32(truncatingIfNeeded: self.now().minute)
        let minutes = self.store.floor..<max(minute + 1, self.store.floor)
        let question = RepairQuestion.partitions(.everything, minutes: minutes)
        let held = await self.ask(question, of: keepers + [local]).compactMapValues { answer in
            guard case .partitions(let digests, _) = answer else { return [UInt16: ChunkDigest]?.none }
            return Dictionary(digests.map { ($0.partition, $0.digest) }) { first, _ in first }
        }
        let owed = await self.collector.owed().frames + self.collector.underWay().frames
        var progress = HandoverProgress(
            status: self.collector.record.status,
            owedFrames: UInt64(clamping: owed),
            // A store that cannot say what it holds has handed over nothing.
            lonePartitions: UInt64(Key.partitionCount),
            heldPartitions: UInt64(Key.partitionCount)
        )
        guard let mine = held[local] else { return progress }
        let unlike = mine.keys.sorted().filter { number in
            !keepers.contains { held[$0]?[number] == mine[number] }
        }
        let lone = await self.partitions(
            unlike,
            heldOnlyBy: local,
            keepers: { _ in keepers },
            minutes: minutes
        )
        progress.lonePartitions = UInt64(clamping: lone.count)
        progress.heldPartitions = UInt64(clamping: mine.count)
        return progress
    }
}
