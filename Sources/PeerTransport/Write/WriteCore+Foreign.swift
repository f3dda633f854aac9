internal import Cluster
internal import Telemetry

extension WriteCore {
    /// Counts the chunks of a frame that was kept here, and that this node does not own as it sees the cluster now.
    ///
    /// It kept them because an owner was missing, or because whoever made the frame saw another cluster. Chunks that
    /// became foreign later, by a change of the view, are not counted.
    func countForeign(_ frame: SealedFrame) {
        guard let placement = self.replication?.placement else { return }
        let local = self.local.identity.node
        let count = frame.frame.entries.count { !placement.isOwner(local, of: $0.key.partition) }
        if count > 0 { self.tally.noteForeign(count) }
    }

    /// What is under way and what is owed.
    var figures: NodeFigures.Writes {
        NodeFigures.Writes(
            framesUnderWay: UInt64(self.replication?.pendingCount ?? 0),
            bytesUnderWay: UInt64(clamping: self.replication?.bytesUnderWay ?? 0),
            owedFrames: UInt64(self.replication?.underReplicatedCount ?? 0),
            owedPartitions: self.replication?.underReplicatedPartitions ?? [],
            foreignChunks: self.tally.counts.foreignChunks
        )
    }
}
